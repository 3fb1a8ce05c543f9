"""A call missed at night stands on the morning's list, with attempts, until it is closed."""

from __future__ import annotations

import pytest
from tests.support.flow_centre import Centre
from tests.support.flow_desk import DeskProcess
from tests.support.flow_looks import rows, wrap_up
from tests.support.sip_desk import until

pytestmark = pytest.mark.slow

BUSY, ANSWERS = "205", "201"
"""Numbers of the demo centre: a line that is always busy, and one that takes the call."""


def missed(centre: Centre, desk: DeskProcess, number: str, so_far: int) -> None:
    leg = centre.ring(number)
    desk.until_call("an offer", phase="offered")
    centre.phones[number]("hangup", leg=leg)
    desk.until(lambda state: state["missed"] == so_far + 1, "a missed call")


def call_back(desk: DeskProcess, number: str) -> None:
    """Choose the item of `number` and dial it."""
    desk.choose("work_items", number)
    desk.ask("perform", "work.open")
    desk.press("work_call")


def item_of(centre: Centre, number: str) -> tuple[str, str, list[str]]:
    """State, outcome, and what was tried."""
    found = rows(centre)
    (item,) = [one for one in found["work_items"] if one.number == number]
    tried = [one.outcome for one in found["work_attempts"] if one.item_ref == item.id]
    return item.state, item.outcome, tried


def test_a_call_missed_at_night_is_worked_until_it_is_closed(
    centre: Centre, colleagues: int
) -> None:
    centre.settle(account={"domain": f"127.0.0.1:{colleagues}"})
    night = centre.desk()
    missed(centre, night, BUSY, 0)
    missed(centre, night, ANSWERS, 1)
    until(lambda: len(rows(centre)["work_items"]) == 2, "an item for each")
    night.kill()  # nobody logged out, nobody saved anything

    morning = centre.desk()
    morning.shows("Missed call")
    assert item_of(centre, BUSY) == ("open", "", [])
    call_back(morning, BUSY)
    until(lambda: item_of(centre, BUSY)[2] == ["busy"], "the attempt")
    morning.shows("1 try")
    assert item_of(centre, BUSY)[0] == "open", "a try closes nothing"

    call_back(morning, ANSWERS)
    morning.until_call("connected", phase="talking")
    morning.press("call_end")
    morning.until(lambda state: bool(state["wrap_ups"]), "wrap-up")
    morning.ask("perform", "work.outcome_1")
    until(lambda: item_of(centre, ANSWERS)[0] == "done", "closed by its outcome")
    assert item_of(centre, ANSWERS)[1:] == ("reached", ["reached"])
    wrap_up(morning, "refill")
    # the other one is on the list of the next desk too
    morning.kill()
    centre.desk().shows("1 try")
    assert item_of(centre, BUSY)[0] == "open"
