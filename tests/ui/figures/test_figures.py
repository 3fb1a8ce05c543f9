"""Handle time by reason and by party, live for the call at hand, from the log alone."""

from __future__ import annotations

from tests.support.desk_doubles import Happenings, SpyJournal
from tests.support.fake_clock import FakeClock

from ctidesk.calls import agent_events as ag, events as ev
from ctidesk.calls.agent import READY
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.flag_events import Excuse, TimeExcused
from ctidesk.metrics.shift import ShiftStatistics
from ctidesk.ui.figures.presenter import FiguresPresenter

LABELS = {"refill": "Refill ordered", "billing": "Why must I pay?"}


class Shift:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.desk = CallDesk(self.clock, SpyJournal())
        self.statistics = ShiftStatistics()
        self.desk.subscribe(self._count)
        self.presenter = FiguresPresenter(
            self.desk, self.statistics, self.clock, lambda code: LABELS[code], lambda call: "Jane"
        )
        self.h = Happenings(self.clock)
        ready = self.desk.agent.choose(READY)
        assert ready is not None
        self.desk.note(ready)

    def _count(self, change: Change) -> None:
        if isinstance(change, ev.CallEvent | ag.AgentEvent):
            self.statistics.add(change)

    def stamp(self) -> dict[str, float]:
        return {"t_mono": self.clock.mono(), "t_wall": self.clock.wall()}

    def talk(self, call_id: str, talk_s: float, hold_s: float) -> None:
        self.desk.handle(self.h.offered(call_id))
        self.desk.handle(self.h.make(ev.CallAnswered, call_id))
        self.clock.advance(talk_s)
        if hold_s:
            self.desk.handle(self.h.make(ev.HoldRequested, call_id))
            self.desk.handle(self.h.make(ev.CallHeld, call_id))
            self.clock.advance(hold_s)

    def wrap_up(self, call_id: str, seconds: float, code: str, party: str) -> None:
        self.desk.handle(self.h.ended(call_id))
        self.clock.advance(seconds)
        stamp = ag.WrapUpSaved(
            call_id=call_id,
            t_mono=self.clock.mono(),
            t_wall=self.clock.wall(),
            code=code,
            party=party,
            by="agent",
        )
        self.desk.note_stored(stamp)
        self.desk.forget(call_id)


def test_each_reason_and_each_party_has_its_own_average() -> None:
    shift = Shift()
    for call_id, talk_s, code, party in (
        ("a", 60, "refill", "member"),
        ("b", 120, "refill", "provider"),
        ("c", 200, "billing", "member"),
    ):
        shift.talk(call_id, talk_s, 30)
        shift.wrap_up(call_id, 10, code, party)
    state = shift.presenter.live.state
    assert (state.shift.count, state.shift.total, state.shift.hold) == ("3", "2:47", "0:30")
    assert [(one.name, one.count, one.total) for one in state.by_reason] == [
        ("Refill ordered", "2", "2:10"),
        ("Why must I pay?", "1", "4:00"),
    ]
    assert {(one.name, one.count, one.talk) for one in state.by_party} == {
        ("Member", "2", "2:10"),
        ("Provider", "1", "2:00"),
    }


def test_the_call_at_hand_runs_apart_from_the_averages() -> None:
    shift = Shift()
    shift.talk("a", 65, 5)
    (now,) = shift.presenter.live.state.now
    assert (now.name, now.talk, now.hold, now.wrap_up, now.count) == (
        "Jane",
        "1:05",
        "0:05",
        "0:00",
        "",
    )
    shift.clock.advance(60)
    (later,) = shift.presenter.live.state.now
    assert (later.talk, later.hold) == ("1:05", "1:05")
    assert shift.presenter.live.state.shift.total == "–"


def test_before_the_first_call_there_is_no_figure_and_no_zero() -> None:
    state = Shift().presenter.live.state
    assert (state.shift.total, state.occupancy, state.now, state.by_reason) == ("–", "–", (), ())


def test_nobody_looks_nothing_is_computed() -> None:
    shift = Shift()
    told: list[object] = []
    shift.presenter.live.watch(told.append)
    shift.talk("a", 5, 0)
    assert len(told) == 1
    shift.presenter.shown = True
    shift.presenter.tick()
    assert len(told) == 2


def test_excused_time_has_lines_of_its_own() -> None:
    shift = Shift()
    shift.talk("c1", 60, 0)
    excuse = {"call_id": "c1", "reason": Excuse.INTERPRETER}
    shift.desk.note(TimeExcused(**shift.stamp(), running=True, **excuse))  # type: ignore[arg-type]
    shift.clock.advance(40)
    now = shift.presenter.live.state.now
    assert [(one.name, one.total) for one in now] == [
        ("Jane", "1:40"),
        ("of it excused: interpreter", "0:40"),
    ]
    shift.desk.note(TimeExcused(**shift.stamp(), running=False, **excuse))  # type: ignore[arg-type]
    shift.wrap_up("c1", 20, "refill", "member")
    state = shift.presenter.live.state
    assert state.shift.total == "2:00"
    assert [(one.name, one.count, one.total) for one in state.unexcused] == [
        ("Without excused time", "1", "1:20"),
        ("Excused time in all", "1", "0:40"),
    ]
