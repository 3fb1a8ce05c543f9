"""What else an exchange does in calls: refusals, early media, digits, redirection, pick-up,
parking, listening in."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.pbx.conftest import Agent, Extension
from tests.support.asterisk import MUSIC_HZ, Asterisk
from tests.support.pbx_steps import answered, dial, hang_up, one_row, registered, rings, talk_to
from tests.support.sip_desk import until
from tests.support.sip_sound import write_tone

from ctidesk.calls import commands as cmd, events as ev

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(120)]

AGENT_HZ, CALLER_HZ, LEAD_HZ = 1500, 700, 1900


@pytest.mark.parametrize(("number", "code"), [("602", 486), ("603", 503), ("604", 403)])
def test_refusals(agent: Agent, number: str, code: int) -> None:
    office = registered(agent())
    ended = office.desk.wait(ev.CallEnded, dial(office, number))
    assert (ended.code, ended.by) == (code, "remote")


def test_early_media_then_no_such_number(agent: Agent) -> None:
    office = registered(agent())
    call_id = dial(office, "606")
    office.desk.wait(ev.CallRang, call_id, early_media=True)
    ended = office.desk.wait(ev.CallEnded, call_id, patience_s=40)
    assert (ended.code, ended.by) == (404, "remote")
    assert "CallAnswered" not in office.desk.story(call_id)


def test_a_redirection_is_not_followed(agent: Agent, extension: Extension) -> None:
    office, elsewhere = registered(agent()), extension("202")
    ended = office.desk.wait(ev.CallEnded, dial(office, "480"))
    assert (ended.code, ended.by) == (302, "remote")
    assert not [said for said in elsewhere.said if said["event"] == "incoming"]


@pytest.mark.parametrize("method", ["rfc4733", "info"])
def test_digits_arrive(agent: Agent, pbx: Asterisk, method: str) -> None:
    office = registered(agent())
    call_id = talk_to(office, "607")
    office.desk.do(cmd.SendDtmf(call_id=call_id, digits="40*7", method=method))
    until(lambda: pbx.control.variable("PRESSED") == "40*7", "the digits at the exchange")
    assert office.desk.wait(ev.DtmfSent, call_id).count == 4


def test_pick_up_of_a_colleagues_call(agent: Agent, extension: Extension) -> None:
    office, caller, colleague = registered(agent()), extension("202"), extension("203")
    colleague("policy", answer="180")
    leg = rings(caller, "203")
    theirs = int(colleague.wait("incoming")["leg"])
    call_id = talk_to(office, "**203")
    colleague.wait("state", leg=theirs, state="disconnected")
    caller.wait("state", leg=leg, state="confirmed")
    caller("tone", leg=leg, hz=CALLER_HZ)
    until(lambda: office.hears(call_id), "the caller's voice")


def test_pick_up_of_nothing(agent: Agent, extension: Extension) -> None:
    office, _colleague = registered(agent()), extension("203")
    ended = office.desk.wait(ev.CallEnded, dial(office, "**203"))
    assert ended.by == "remote"
    assert ended.code >= 400


def test_park_and_retrieve(agent: Agent, extension: Extension) -> None:
    office, caller = registered(agent()), extension("202")
    call_id, leg = answered(office, caller, "201")
    office.desk.do(cmd.TransferBlind(call_id=call_id, target="700"))
    office.desk.wait(ev.TransferCompleted, call_id)
    one_row(office, call_id)
    caller.hears_tone(leg, MUSIC_HZ)
    back = talk_to(office, "701")
    caller.hears_no_tone(leg, MUSIC_HZ)
    hang_up(office, back)
    caller.wait("state", leg=leg, state="disconnected")


@pytest.mark.parametrize(
    ("code", "agent_hears", "caller_hears"),
    [("*91", False, False), ("*92", True, False), ("*93", True, True)],
    ids=["listen", "whisper", "barge"],
)
def test_a_lead_in_a_live_call(
    agent: Agent,
    extension: Extension,
    tmp_path: Path,
    code: str,
    agent_hears: bool,
    caller_hears: bool,
) -> None:
    """The lead speaks all the time. The supervised agent is a bare telephone here: it can tell
    what it hears."""
    write_tone(tmp_path / "lead.wav", hz=LEAD_HZ)
    lead = registered(agent("290", "udp", "--mic-file", str(tmp_path / "lead.wav")))
    caller, colleague = extension("202"), extension("203")
    leg = rings(caller, "203")
    theirs = int(colleague.wait("incoming")["leg"])
    caller.wait("state", leg=leg, state="confirmed")
    call_id = talk_to(lead, f"{code}203")
    caller("tone", leg=leg, hz=CALLER_HZ)
    until(lambda: lead.hears(call_id), "the lead hears the call")
    caller("tone", leg=leg, hz=0)
    until(lambda: not lead.hears(call_id), "silence again")
    colleague("tone", leg=theirs, hz=AGENT_HZ)
    until(lambda: lead.hears(call_id), "the agent too")
    for phone, its_leg, hears in ((colleague, theirs, agent_hears), (caller, leg, caller_hears)):
        (phone.hears_tone if hears else phone.hears_no_tone)(its_leg, LEAD_HZ)
    hang_up(lead, call_id)
    colleague.hears_no_tone(theirs, LEAD_HZ)
