"""The computer's clock is put while calls are up: durations stay what they are, and a desk that
starts after it takes up the same work."""

from __future__ import annotations

import time

import pytest
from tests.support import wall_clock
from tests.support.crm_people import SHARED
from tests.support.flow_centre import Centre
from tests.support.flow_looks import rows, stored_drafts, wrap_up
from tests.support.sip_desk import until
from tests.support.wall_clock import WallClock

pytestmark = [
    pytest.mark.kills,
    pytest.mark.slow,
    pytest.mark.skipif(not wall_clock.can_be_put(), reason="no gcc here to put the clock with"),
]

NUMBER = SHARED.replace(" ", "")
NOTE = "Typed before the clock was put"
PUTS = [pytest.param(86_400, id="a day on"), pytest.param(-86_400, id="a day back")]


@pytest.fixture
def clock(centre: Centre) -> WallClock:
    clock = WallClock(centre.folder)
    centre.environment.update(clock.environment)
    return clock


def shows_no_day(centre: Centre, talked: float) -> None:
    """The call's row has the time that it took."""
    (call,) = rows(centre)["calls"]
    assert call.talk_s == pytest.approx(talked, abs=2.0)
    assert 0 <= call.wrap_up_s < 120
    assert (call.hold_s, call.dial_s) == (0, 0)


@pytest.mark.parametrize("put", PUTS)
def test_put_in_a_call(centre: Centre, clock: WallClock, put: int) -> None:
    desk = centre.desk()
    leg = centre.talking(desk, NUMBER)
    answered = time.monotonic()
    clock.put(put)
    desk.choose("candidates", "Jane Doe")
    desk.until_call("the chosen card", member="M-1001")
    desk.until_grown()
    centre.phones[NUMBER]("hangup", leg=leg)
    desk.until(lambda state: len(state["wrap_ups"]) == 1, "wrap-up")
    talked = time.monotonic() - answered
    wrap_up(desk)
    desk.shows("1 handled")
    assert desk.quit() == 0
    shows_no_day(centre, talked)


@pytest.mark.parametrize("put", PUTS)
def test_put_while_no_desk_is_there(centre: Centre, clock: WallClock, put: int) -> None:
    desk = centre.desk()
    leg = centre.talking(desk, NUMBER)
    answered = time.monotonic()
    desk.choose("candidates", "Jane Doe")
    call_id = desk.until_call("the chosen card", member="M-1001")["call_id"]
    desk.enter("wrap_up_note", NOTE)
    until(lambda: stored_drafts(centre).get(call_id) == NOTE, "the note on the disk")
    desk.kill()
    clock.put(put)
    again = centre.desk()
    again.until_call("the same call and card", phase="talking", member="M-1001", call_id=call_id)
    again.shows("Jane Doe", NOTE)
    again.until(lambda state: state["agent"] == "talking", "the agent on the call")
    centre.phones[NUMBER]("hangup", leg=leg)
    again.until(lambda state: state["wrap_ups"] == [call_id], "wrap-up")
    talked = time.monotonic() - answered
    wrap_up(again)
    again.shows("1 handled")
    assert again.quit() == 0
    shows_no_day(centre, talked)
