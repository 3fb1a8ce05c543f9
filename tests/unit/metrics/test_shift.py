"""The figures of the shift: definitions, restarts, selections, and consistency under disorder."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings, strategies as st
from tests.support.call_log import WALL, Story, inbound, state

from ctidesk.calls.agent_events import AgentState, LogEvent
from ctidesk.calls.flag_events import Excuse, TimeExcused
from ctidesk.metrics.shift import Figures, ShiftStatistics
from ctidesk.metrics.spans import Spans

S = AgentState


def shift(*logs: list[LogEvent]) -> ShiftStatistics:
    made = ShiftStatistics()
    for log in logs:
        for event in log:
            made.add(event)
    return made


def call(name: str, t: float, code: str = "refill", party: str = "member") -> list[LogEvent]:
    """60 s talk, 20 s hold, 30 s wrap-up; rings at t, answered at t + 5, saved at t + 115."""
    story = Story(name).offered(t).answered(t + 5).held(t + 25).resumed(t + 45).ended(t + 85)
    return story.wrap_up(t + 85).saved(t + 115, code, party).log


def test_aht_and_averages() -> None:
    outbound = Story("c2").dialled(200).answered(210).ended(250).wrap_up(250).saved(260).log
    figures = shift(call("c1", 0), outbound).figures(1_000)
    assert figures.handled == 2
    assert (figures.dial_s, figures.talk_s, figures.hold_s, figures.wrap_up_s) == (10, 100, 20, 40)
    assert figures.aht_s == (110 + 60) / 2
    assert figures.average_talk_s == 50
    assert figures.average_hold_s == 10
    assert figures.average_wrap_up_s == 20
    assert figures.average_dial_s == 5


def test_without_a_call_there_is_no_figure_and_never_zero() -> None:
    figures = ShiftStatistics().figures(100)
    assert (figures.handled, figures.aht_s, figures.average_talk_s) == (0, None, None)
    assert figures.occupancy is None
    assert ShiftStatistics().shift_start_wall is None


def test_only_stamped_calls_count() -> None:
    missed = Story("c2").offered(200).ended(220, 487).log
    not_reached = Story("c3").dialled(300).ended(320, 486).wrap_up(320).saved(330, "busy").log
    consulting = Story("c4").dialled(30, consult_of="c1").answered(33).ended(44).log
    running = inbound("c5").log
    figures = shift(call("c1", 0), missed, not_reached, consulting, running).figures(1_000)
    assert (figures.handled, figures.open_calls) == (1, 1)
    assert figures.aht_s == 110


def test_per_reason_and_per_party() -> None:
    made = shift(
        call("c1", 0),
        call("c2", 200, "claim", "carer"),
        call("c3", 400, "claim", "member"),
        call("c4", 600, "claim", "carer"),
    )
    assert made.reasons() == ("claim", "refill")
    assert made.parties() == ("carer", "member")
    assert made.figures(999, reason="claim").handled == 3
    assert made.figures(999, party="member").handled == 2
    assert made.figures(999, reason="claim", party="carer").handled == 2
    nothing = made.figures(999, reason="refill", party="carer")
    assert (nothing.handled, nothing.aht_s, nothing.occupancy) == (0, None, None)


def test_occupancy_is_busy_against_idle_ready() -> None:
    states = [
        state(0, S.NOT_READY),
        state(100, S.READY),
        state(190, S.OFFERED),
        state(195, S.TALKING),
        state(275, S.ACW),
        state(305, S.READY),
        state(325, S.NOT_READY),
    ]
    figures = shift(states, call("c1", 190)).figures(10_000)
    assert figures.busy_s == 110  # answered at 195, saved at 305
    assert figures.ready_s == 90 + 20  # neither not-ready nor ringing
    assert figures.occupancy == 0.5


def test_occupancy_is_live() -> None:
    made = shift([state(0, S.READY)])
    assert made.figures(60).ready_s == 60
    made.add(state(100, S.OFFERED))
    for event in Story("c1").offered(100).answered(110).log:
        made.add(event)
    figures = made.figures(210)
    assert (figures.ready_s, figures.busy_s, figures.occupancy) == (100, 100, 0.5)
    assert (figures.handled, figures.open_calls, figures.aht_s) == (0, 1, None)


def test_two_calls_at_once_are_one_busy_agent() -> None:
    first = inbound("c1").held(30).resumed(90).ended(100).saved(110)
    second = Story("c2").offered(25).answered(30).ended(80).saved(85)
    made = shift(first.log, second.log)
    figures = made.figures(1_000)
    assert figures.busy_s == 100
    assert figures.handled == 2
    assert figures.aht_s == (100 + 55) / 2  # each call has its own time all the same
    third = Story("c3").offered(95).answered(100)
    assert shift(first.log, second.log, third.log).figures(150).busy_s == 140


def test_a_shift_starts_with_the_login() -> None:
    made = shift(
        [state(0, S.LOGGED_OUT), state(10, S.NOT_READY), state(20, S.READY)],
        call("c1", 100),
        [state(300, S.LOGGED_OUT)],
    )
    assert made.shift_start_wall == WALL + 10
    assert made.figures(400).handled == 1  # the figures stay to be read after the logout
    made.add(state(500, S.NOT_READY))
    assert made.shift_start_wall == WALL + 500
    figures = made.figures(600)
    assert (figures.handled, figures.ready_s, figures.busy_s) == (0, 0, 0)
    for event in call("c2", 700):
        made.add(event)
    assert made.figures(900).handled == 1


def test_a_call_of_the_old_shift_does_not_come_into_the_new_one() -> None:
    log = inbound("c1").ended(60)
    made = shift([state(0, S.NOT_READY)], log.log)
    made.add(state(70, S.LOGGED_OUT))
    made.add(state(100, S.NOT_READY))
    made.add(Story("c1").saved(120).log[0])
    assert made.figures(200).handled == 0
    assert made.figures(200).open_calls == 0


def test_a_restart_of_the_desk_gives_the_same_figures() -> None:
    log = [
        state(0, S.LOGGED_OUT),
        state(5, S.READY),
        *call("c1", 10),
        state(200, S.READY),
        *call("c2", 300, "claim"),
        *inbound("c3").log,
    ]
    old = shift(log)
    new = shift(log, log[3:9])  # reloaded, and some told again by the engine
    assert new.figures(500) == old.figures(500)
    assert new.call("c3", 500) == old.call("c3", 500)


def test_a_reboot_in_the_shift_counts_no_unknown_time() -> None:
    made = shift([state(50_000, S.READY)])
    # the machine started anew: monotonic time begins again, wall time went on
    made.add(state(30, S.NOT_READY, wall_offset=WALL + 50_100))
    made.add(state(40, S.READY, wall_offset=WALL + 50_100))
    assert made.figures(100).ready_s == 60
    assert made.figures(10).ready_s == 0


def test_a_late_event_corrects_a_stamped_call() -> None:
    log = call("c1", 0)
    held = log.pop(2)
    made = shift(log)
    assert made.figures(500).hold_s == 0
    assert made.add(held)
    assert made.figures(500) == shift(call("c1", 0)).figures(500)


def test_a_later_code_moves_the_call() -> None:
    made = shift(call("c1", 0, "not_coded"))
    made.add(Story("c1").saved(400, "claim", "carer").log[0])
    assert made.reasons() == ("claim",)
    assert made.figures(500, party="carer").handled == 1
    assert made.figures(500).wrap_up_s == 30


def test_what_does_not_count_changes_nothing() -> None:
    made = shift(call("c1", 0))
    assert not made.add(Story("c1").transfer_started(20).log[0])
    assert not made.add(call("c1", 0)[0])


@st.composite
def shifts(draw: st.DrawFn) -> list[LogEvent]:
    """A day: calls that may overlap, states, consulting legs, calls nobody answered."""
    log: list[LogEvent] = [state(0, S.NOT_READY)]
    for number in range(draw(st.integers(0, 6))):
        steps = sorted(draw(st.sets(st.integers(1, 3_000), min_size=6, max_size=6)))
        kind = draw(st.sampled_from(["in", "out", "missed", "consult", "open"]))
        story = Story(f"c{number}")
        if kind in ("in", "open", "missed"):
            story.offered(steps[0])
        else:
            story.dialled(steps[0], consult_of="c0" if kind == "consult" else "")
        if kind != "missed":
            story.answered(steps[1]).held(steps[2]).resumed(steps[3])
        if kind != "open":
            story.ended(steps[4])
        if kind in ("in", "out"):
            code = draw(st.sampled_from(["refill", "claim"]))
            party = draw(st.sampled_from(["member", "carer"]))
            story.wrap_up(steps[4]).saved(steps[5], code, party)
        log += story.log
    for t in draw(st.sets(st.integers(1, 3_000), max_size=6)):
        log.append(state(t, draw(st.sampled_from([S.READY, S.NOT_READY, S.TALKING]))))
    return sorted(log, key=lambda event: event.t_mono)


@given(shifts(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=timedelta(seconds=20))
def test_order_and_repetition_change_nothing(log: list[LogEvent], order: random.Random) -> None:
    shuffled = [*log, *order.sample(log, len(log) // 2)]
    order.shuffle(shuffled)
    straight, mixed = shift(log), shift(shuffled)
    for now in (0.0, 1_500.0, 4_000.0):
        assert _close(straight.figures(now), mixed.figures(now))
    for reason in ("refill", "claim"):
        assert _close(straight.figures(9, reason=reason), mixed.figures(9, reason=reason))


@given(shifts())
@settings(max_examples=150, deadline=timedelta(seconds=20))
def test_parts_make_the_whole_and_nothing_is_negative(log: list[LogEvent]) -> None:
    made = shift(log)
    whole = made.figures(4_000)
    parts = [made.figures(4_000, reason=code) for code in made.reasons()]
    assert sum(each.handled for each in parts) == whole.handled
    assert sum(each.talk_s for each in parts) == pytest.approx(whole.talk_s)
    assert sum(each.wrap_up_s for each in parts) == pytest.approx(whole.wrap_up_s)
    assert whole.busy_s is not None
    assert whole.ready_s is not None
    assert min(whole.dial_s, whole.talk_s, whole.hold_s, whole.wrap_up_s) >= 0
    assert 0 <= whole.busy_s <= 4_000
    assert 0 <= whole.ready_s <= 4_000
    assert whole.occupancy is None or 0 <= whole.occupancy <= 1


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12))
@settings(max_examples=200, deadline=None)
def test_spans_count_every_second_once(pairs: list[tuple[int, int]]) -> None:
    spans = Spans()
    covered: set[int] = set()
    for start, end in pairs:
        extra = covered | set(range(start, end))
        assert spans.total_with(start, end) == len(extra)
        spans.add(start, end)
        covered = extra
        assert spans.total_s == len(covered)


def _close(one: Figures, other: Figures) -> bool:
    """Equal but for the rounding of sums in another order."""
    names = ("dial_s", "talk_s", "hold_s", "wrap_up_s", "busy_s", "ready_s")
    counts = (one.handled, one.open_calls) == (other.handled, other.open_calls)
    return counts and all(
        getattr(one, name) == pytest.approx(getattr(other, name)) for name in names
    )


def excused(call_id: str, t: float, running: bool, reason: Excuse = Excuse.EMERGENCY) -> LogEvent:
    return TimeExcused(call_id=call_id, t_mono=t, t_wall=WALL + t, reason=reason, running=running)


def test_excused_time_is_told_beside_the_handle_time_and_never_taken_from_it() -> None:
    log = [*call("c1", 0), excused("c1", 30, True), excused("c1", 70, False), *call("c2", 200)]
    made = shift(log)
    figures = made.figures(1_000)
    assert (figures.aht_s, figures.excused_s, figures.excused_calls) == (110, 40, 1)
    assert figures.unexcused_aht_s == (110 + 110 - 40) / 2
    assert made.figures(1_000, reason="claim").unexcused_aht_s is None
    assert shift(log[::-1]).figures(1_000) == figures


def test_two_excuses_at_once_count_each_second_once_and_end_with_the_stamp() -> None:
    log = [
        *call("c1", 0),
        excused("c1", 2, True, Excuse.INTERPRETER),
        excused("c1", 65, True),
        excused("c1", 80, False, Excuse.INTERPRETER),
    ]
    figures = shift(log).figures(1_000)
    # from the answer (5) to the stamp (115): what began before it counts from there
    assert figures.excused_s == 110
    assert figures.unexcused_aht_s == 0
