"""Hold at a real exchange: the caller hears its music, whichever bridge it uses."""

from __future__ import annotations

import pytest
from tests.pbx.conftest import Agent, Extension
from tests.support.asterisk import MUSIC_HZ
from tests.support.pbx_steps import answered, one_row, registered, talk_to
from tests.support.sip_desk import until

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(120)]

SPEECH_HZ = 1000


@pytest.mark.parametrize("bridge", ["pbx", "native_pbx"])
def test_the_caller_hears_music_while_held(
    agent: Agent, extension: Extension, request: pytest.FixtureRequest, bridge: str
) -> None:
    exchange = request.getfixturevalue(bridge)
    office = registered(agent(at=exchange))
    caller = extension("202", at=exchange)
    call_id, leg = answered(office, caller, "201")
    caller.hears_no_tone(leg, MUSIC_HZ)
    # a conversation first, as with people
    caller("tone", leg=leg, hz=SPEECH_HZ)
    until(lambda: office.hears(call_id), "the caller's voice")
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    caller.hears_tone(leg, MUSIC_HZ)
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    caller.hears_no_tone(leg, MUSIC_HZ)
    until(lambda: office.hears(call_id), "the caller's voice again")
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    caller.hears_tone(leg, MUSIC_HZ)
    caller("hangup", leg=leg)
    one_row(office, call_id)


def test_held_by_the_other_side_the_agent_hears_music(agent: Agent, extension: Extension) -> None:
    office = registered(agent())
    colleague = extension("202")
    call_id = talk_to(office, "202")
    leg = int(colleague.wait("incoming")["leg"])
    colleague("hold", leg=leg)
    # the exchange plays to us itself: our line is not on hold for it
    colleague.wait("media", leg=leg, status="local_hold")
    until(lambda: office.hears(call_id), "music")
    assert office.call(call_id).phase is Phase.TALKING
    colleague("unhold", leg=leg)
    colleague.wait("media", leg=leg, status="active")
    assert office.call(call_id).phase is Phase.TALKING


def test_a_second_call_holds_the_first_with_music(agent: Agent, extension: Extension) -> None:
    office = registered(agent())
    first, second = extension("202"), extension("203")
    first_id, first_leg = answered(office, first, "201")
    second_id, _leg = answered(office, second, "201")
    assert office.call(first_id).phase is Phase.HELD
    assert office.call(second_id).phase is Phase.TALKING
    first.hears_tone(first_leg, MUSIC_HZ)
