"""The engine at a real exchange: registration, echo, hold, both transfers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.support import sip_desk
from tests.support.sip_desk import until
from tests.support.sip_office import ACCOUNT, Office
from tests.support.sip_phone import Phone

from ctidesk.calls import commands as cmd
from ctidesk.calls import events as ev
from ctidesk.calls.call import Phase
from ctidesk.calls.events import Registration

if TYPE_CHECKING:
    from tests.pbx.conftest import Pbx

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(120)]

Agent = Callable[..., Office]
Extension = Callable[[str], Phone]


def registered(office: Office) -> None:
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)


def dial(office: Office, call_id: str, number: str) -> None:
    office.desk.do(cmd.Dial(call_id=call_id, account_id=ACCOUNT, target=number))


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_registers_and_hears_its_own_echo(agent: Agent, pbx: Pbx, transport: str) -> None:
    office = agent(transport=transport, tls_ca_file=pbx.ca if transport == "tls" else "")
    registered(office)
    dial(office, "echo", "600")
    office.desk.wait(ev.CallAnswered, "echo")
    assert office.call("echo").codec


def test_encrypted_extension(agent: Agent, pbx: Pbx) -> None:
    office = agent("2001", "tls", tls_ca_file=pbx.ca, srtp=cmd.Srtp.MANDATORY)
    registered(office)
    dial(office, "echo", "600")
    office.desk.wait(ev.CallAnswered, "echo")
    assert office.call("echo").encrypted


def test_exchange_with_a_certificate_that_nobody_trusts(agent: Agent, pbx: Pbx) -> None:
    office = agent(transport="tls", registrar=f"127.0.0.1:{pbx.tls_rogue}", tls_ca_file=pbx.ca)
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "tls"


def test_wrong_password(agent: Agent) -> None:
    office = agent(password="wrong")
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REFUSED)
    assert told.problem == "wrong_password"


def test_hold_and_resume_with_the_tone_coming_back(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    # it measures what it hears more often
    monkeypatch.setattr(sip_desk, "ENGINE_MODULE", "tests.support.sip_brisk_engine")
    office = agent()
    registered(office)
    dial(office, "tone", "604")
    office.desk.wait(ev.CallAnswered, "tone")

    def loud() -> bool:
        measured = office.desk.last(ev.QualityMeasured, "tone")
        return measured is not None and measured.speaker_level > 0.05

    until(loud, "the tone")
    office.desk.do(cmd.Hold(call_id="tone"))
    office.desk.wait(ev.CallHeld, "tone")
    until(lambda: not loud(), "silence on hold")
    office.desk.do(cmd.Resume(call_id="tone"))
    office.desk.wait(ev.CallResumed, "tone")
    until(loud, "the tone again")


@pytest.mark.parametrize(("number", "code"), [("605", 486), ("606", 503), ("611", 403)])
def test_refusals_of_the_exchange(agent: Agent, number: str, code: int) -> None:
    office = agent()
    registered(office)
    dial(office, "no", number)
    ended = office.desk.wait(ev.CallEnded, "no")
    assert (ended.code, ended.by) == (code, "remote")


def test_early_media_then_not_found(agent: Agent) -> None:
    office = agent()
    registered(office)
    dial(office, "early", "608")
    office.desk.wait(ev.CallRang, "early", early_media=True)
    office.desk.wait(ev.CallEnded, "early", patience_s=40)


def test_blind_transfer(agent: Agent, extension: Extension) -> None:
    office, caller, target = agent(), extension("1002"), extension("1003")
    registered(office)
    call_id, leg = from_extension(office, caller)
    office.desk.do(cmd.TransferBlind(call_id=call_id, target="1003"))
    office.desk.wait(ev.TransferCompleted, call_id)
    assert office.desk.wait(ev.CallEnded, call_id)
    target.wait("state", state="confirmed")
    caller("tone", leg=leg, hz=440)
    target.hears(1)


def test_blind_transfer_to_a_busy_number_comes_back(agent: Agent, extension: Extension) -> None:
    office, caller = agent(), extension("1002")
    registered(office)
    call_id, _leg = from_extension(office, caller)
    office.desk.do(cmd.TransferBlind(call_id=call_id, target="9999"))
    office.desk.wait(ev.TransferFailed, call_id)
    assert office.call(call_id).phase is Phase.HELD
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)


def test_attended_transfer(agent: Agent, extension: Extension) -> None:
    office, caller, colleague = agent(), extension("1002"), extension("1003")
    registered(office)
    call_id, leg = from_extension(office, caller)
    office.desk.do(cmd.StartConsult(call_id=call_id, consult_id="c", target="1003"))
    office.desk.wait(ev.CallAnswered, "c")
    office.desk.do(cmd.CompleteTransfer(call_id=call_id))
    office.desk.wait(ev.TransferCompleted, call_id)
    office.desk.wait(ev.CallEnded, call_id)
    office.desk.wait(ev.CallEnded, "c")
    caller("tone", leg=leg, hz=440)
    colleague.hears(1)


def test_reclaim_of_a_call_through_the_exchange(agent: Agent) -> None:
    office = agent()
    registered(office)
    dial(office, "first", "604")
    office.desk.wait(ev.CallAnswered, "first")
    dialog = office.call("first").dialog
    assert dialog is not None
    office.desk.do(cmd.Reclaim(call_id="again", account_id=ACCOUNT, dialog=dialog))
    until(lambda: {"CallAnswered", "CallEnded"} & set(office.desk.story("again")), "an answer")
    assert "CallAnswered" in office.desk.story("again")


def from_extension(office: Office, caller: Phone) -> tuple[str, int]:
    caller("call", to=f"sip:1001@{caller.registrar}")
    leg = int(caller.wait("calling")["leg"])
    call_id = office.desk.wait(ev.CallOffered).call_id
    assert office.call(call_id).remote.number == caller.user
    office.desk.do(cmd.Answer(call_id=call_id))
    office.desk.wait(ev.CallAnswered, call_id)
    caller.wait("state", leg=leg, state="confirmed")
    return call_id, leg
