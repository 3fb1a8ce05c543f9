"""Transfers at a real exchange: completed, refused, given up, encrypted."""

from __future__ import annotations

import uuid

import pytest
from tests.pbx.conftest import Agent, Extension, Record
from tests.support.asterisk import MUSIC_HZ
from tests.support.pbx_steps import answered, one_row, registered
from tests.support.sip_desk import until
from tests.support.sip_office import Office
from tests.support.sip_phone import Phone

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase, TransferState

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(120)]

CALLER_HZ = 700


def joined(caller: Phone, leg: int, target: Phone, target_leg: int) -> None:
    """Both hear each other, without the agent."""
    caller("tone", leg=leg, hz=CALLER_HZ)
    target.hears_tone(target_leg, CALLER_HZ)


def consulted(office: Office, call_id: str, number: str) -> str:
    """A colleague is rung about the call; the consult_id."""
    consult_id = uuid.uuid4().hex
    office.desk.do(cmd.StartConsult(call_id=call_id, consult_id=consult_id, target=number))
    office.desk.wait(ev.CallDialled, consult_id)
    return consult_id


def still_ours(office: Office, caller: Phone, call_id: str, leg: int) -> None:
    """The call came back: held, with music, and it can be talked on."""
    assert office.call(call_id).phase is Phase.HELD
    assert office.call(call_id).transfer is TransferState.FAILED
    caller.hears_tone(leg, MUSIC_HZ)
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    caller.hears_no_tone(leg, MUSIC_HZ)


def test_blind(agent: Agent, extension: Extension) -> None:
    office, caller, target = registered(agent()), extension("202"), extension("203")
    call_id, leg = answered(office, caller, "201")
    office.desk.do(cmd.TransferBlind(call_id=call_id, target="203"))
    office.desk.wait(ev.TransferCompleted, call_id)
    one_row(office, call_id)
    joined(caller, leg, target, int(target.wait("incoming")["leg"]))


def test_attended(agent: Agent, extension: Extension) -> None:
    office, caller, target = registered(agent()), extension("202"), extension("203")
    call_id, leg = answered(office, caller, "201")
    consult_id = consulted(office, call_id, "203")
    office.desk.wait(ev.CallAnswered, consult_id)
    caller.hears_tone(leg, MUSIC_HZ)
    office.desk.do(cmd.CompleteTransfer(call_id=call_id))
    office.desk.wait(ev.TransferCompleted, call_id)
    one_row(office, call_id)
    one_row(office, consult_id)
    joined(caller, leg, target, int(target.wait("incoming")["leg"]))


def test_while_the_colleague_is_still_ringing(agent: Agent, extension: Extension) -> None:
    office, caller, target = registered(agent()), extension("202"), extension("203")
    target("policy", answer="180")
    call_id, leg = answered(office, caller, "201")
    consult_id = consulted(office, call_id, "203")
    office.desk.wait(ev.CallRang, consult_id)
    asked = int(target.wait("incoming")["leg"])
    office.desk.do(cmd.CompleteTransfer(call_id=call_id))
    # the question is taken back, the caller rings there in its place
    target.wait("state", leg=asked, state="disconnected")
    one_row(office, consult_id)
    rung = int(target.wait("incoming")["leg"])
    target("respond", leg=rung, code=200)
    office.desk.wait(ev.TransferCompleted, call_id)
    one_row(office, call_id)
    joined(caller, leg, target, rung)


@pytest.mark.parametrize("way", ["blind", "attended"])
def test_between_encrypted_telephones(agent: Agent, extension: Extension, way: str) -> None:
    office = registered(agent("301", "tls", srtp=cmd.Srtp.MANDATORY))
    caller, target = extension("302", srtp="mandatory"), extension("303", srtp="mandatory")
    call_id, leg = answered(office, caller, "301")
    assert office.call(call_id).encrypted
    if way == "blind":
        office.desk.do(cmd.TransferBlind(call_id=call_id, target="303"))
    else:
        office.desk.wait(ev.CallAnswered, consulted(office, call_id, "303"))
        office.desk.do(cmd.CompleteTransfer(call_id=call_id))
    office.desk.wait(ev.TransferCompleted, call_id)
    one_row(office, call_id)
    target_leg = int(target.wait("incoming")["leg"])
    assert target.wait("media", leg=target_leg, status="active")["srtp"]
    joined(caller, leg, target, target_leg)


@pytest.mark.parametrize("answer", ["486", "603", "480"])
def test_blind_to_somebody_who_refuses(
    agent: Agent, extension: Extension, answer: str, record_property: Record
) -> None:
    """Asterisk has sent the caller to the target's extension for good: what happens now is its
    dial plan's business (this one hangs up), and the agent is not told that the caller waits. What
    its NOTIFY says depends on which of its threads is first: mostly 503, at times even 200."""
    office, caller, target = registered(agent()), extension("202"), extension("203")
    target("policy", answer=f"180,{answer}")
    call_id, leg = answered(office, caller, "201")
    office.desk.do(cmd.TransferBlind(call_id=call_id, target="203"))
    caller.wait("state", leg=leg, state="disconnected")
    ended = office.desk.wait(ev.CallEnded, call_id)
    one_row(office, call_id)
    story = office.desk.story(call_id)
    if "TransferFailed" in story:
        failed = office.desk.wait(ev.TransferFailed, call_id)
        record_property(f"{answer} of the target is told as", f"{failed.code} {failed.reason}")
        assert ended.by == "remote"
    else:
        record_property(f"{answer} of the target is told as", "200")
        assert "TransferCompleted" in story


def test_a_dial_plan_that_brings_a_refused_transfer_back(
    agent: Agent, extension: Extension
) -> None:
    office, caller, target = registered(agent()), extension("202"), extension("203")
    target("policy", answer="180,486")
    call_id, leg = answered(office, caller, "201")
    # by this prefix the test's dial plan rings whoever transferred, as many real ones do
    office.desk.do(cmd.TransferBlind(call_id=call_id, target="8203"))
    again = office.desk.wait(ev.CallOffered).call_id
    assert office.call(again).remote.number == "202"
    office.desk.do(cmd.Answer(call_id=again))
    office.desk.wait(ev.CallAnswered, again)
    # whoever took the caller, the transfer is over for the exchange
    office.desk.wait(ev.TransferCompleted, call_id)
    one_row(office, call_id)
    caller("tone", leg=leg, hz=CALLER_HZ)
    until(lambda: office.hears(again), "the caller's voice")


def test_blind_to_a_number_that_does_not_exist(agent: Agent, extension: Extension) -> None:
    office, caller = registered(agent()), extension("202")
    call_id, leg = answered(office, caller, "201")
    office.desk.do(cmd.TransferBlind(call_id=call_id, target="999"))
    failed = office.desk.wait(ev.TransferFailed, call_id)
    assert failed.code == 404
    still_ours(office, caller, call_id, leg)


def test_consulting_somebody_who_is_busy(agent: Agent, extension: Extension) -> None:
    office, caller, target = registered(agent()), extension("202"), extension("203")
    target("policy", answer="486")
    call_id, leg = answered(office, caller, "201")
    consult_id = consulted(office, call_id, "203")
    assert office.desk.wait(ev.CallEnded, consult_id).code == 486
    assert office.call(call_id).phase is Phase.HELD
    caller.hears_tone(leg, MUSIC_HZ)
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)


def test_the_caller_hangs_up_while_a_colleague_is_asked(agent: Agent, extension: Extension) -> None:
    office, caller, target = registered(agent()), extension("202"), extension("203")
    call_id, leg = answered(office, caller, "201")
    consult_id = consulted(office, call_id, "203")
    office.desk.wait(ev.CallAnswered, consult_id)
    caller("hangup", leg=leg)
    one_row(office, call_id)
    assert office.call(consult_id).phase is Phase.TALKING
    assert int(target.wait("incoming")["leg"]) == 1
