"""The figures of the agent's shift, kept up event by event from the log alone.

Runs in: desk process, Qt main thread. Pure. A shift begins where the log says that the agent
left LOGGED_OUT (or with the first state it tells of) and lasts until the next such login; a call
belongs to the shift in which it began. Without any state in the log everything counts.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass

from ctidesk.calls.agent_events import AgentState, AgentStateChanged, LogEvent
from ctidesk.metrics.handle_time import CallTimeline, HandleTime, HandleTimes
from ctidesk.metrics.spans import Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Sums and averages in seconds over the handled (stamped) calls that were asked for.

    Averages are None without a handled call: "no figure" and never zero. `occupancy` 0–1 is
    busy / (busy + ready), live, where `busy_s` counts time with several calls at once only once;
    None for a selection by reason or party, and before there was either. `open_calls`: answered
    and not stamped yet; not in any average.
    """

    handled: int
    open_calls: int
    dial_s: float
    talk_s: float
    hold_s: float
    wrap_up_s: float
    excused_s: float = 0.0
    excused_calls: int = 0
    busy_s: float | None = None
    ready_s: float | None = None

    @property
    def aht_s(self) -> float | None:
        """Average handling time: (dialling + talk + hold + wrap-up) / handled."""
        return self._average(self.dial_s + self.talk_s + self.hold_s + self.wrap_up_s)

    @property
    def unexcused_aht_s(self) -> float | None:
        """AHT without the time that has an excuse (R24)."""
        whole = self.dial_s + self.talk_s + self.hold_s + self.wrap_up_s
        return self._average(max(0.0, whole - self.excused_s))

    @property
    def average_dial_s(self) -> float | None:
        return self._average(self.dial_s)

    @property
    def average_talk_s(self) -> float | None:
        return self._average(self.talk_s)

    @property
    def average_hold_s(self) -> float | None:
        return self._average(self.hold_s)

    @property
    def average_wrap_up_s(self) -> float | None:
        return self._average(self.wrap_up_s)

    @property
    def occupancy(self) -> float | None:
        if self.busy_s is None or self.ready_s is None:
            return None
        whole = self.busy_s + self.ready_s
        return self.busy_s / whole if whole > 0 else None

    def _average(self, total_s: float) -> float | None:
        return total_s / self.handled if self.handled else None


@dataclass(slots=True)
class _Sum:
    handled: int = 0
    dial_s: float = 0.0
    talk_s: float = 0.0
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    excused_s: float = 0.0
    excused_calls: int = 0

    def take(self, time: HandleTime) -> None:
        self.handled += 1
        self.dial_s += time.dial_s
        self.talk_s += time.talk_s
        self.hold_s += time.hold_s
        self.wrap_up_s += time.wrap_up_s
        self.excused_s += time.excused_s
        self.excused_calls += time.excused_s > 0

    def join(self, other: _Sum) -> None:
        self.handled += other.handled
        self.dial_s += other.dial_s
        self.talk_s += other.talk_s
        self.hold_s += other.hold_s
        self.wrap_up_s += other.wrap_up_s
        self.excused_s += other.excused_s
        self.excused_calls += other.excused_calls


class ShiftStatistics:
    """All figures of the running shift. `add` takes every event of the log, live and reloaded, in
    any order and more than once; its cost does not grow with the shift, but for late corrections.
    Owned by the desk, Qt main thread."""

    def __init__(self) -> None:
        self._times = HandleTimes()
        self._states: list[tuple[float, float, str]] = []  # (t_wall, t_mono, state)
        self._start_wall = float("-inf")
        self._ready_until_last_s = 0.0
        self._clear()

    def _clear(self) -> None:
        self._sums: dict[tuple[str, str], _Sum] = {}
        self._stamped: dict[str, HandleTime] = {}
        self._open: dict[str, CallTimeline] = {}
        self._busy = Spans()

    def add(self, event: LogEvent) -> bool:
        """True if a figure may have changed."""
        if isinstance(event, AgentStateChanged):
            return self._add_state(event)
        timeline = self._times.add(event)
        if timeline is None:
            return False
        self._place(timeline)
        return True

    @property
    def shift_start_wall(self) -> float | None:
        """Seconds since the epoch of the login, None while the log tells of none."""
        return None if self._start_wall == float("-inf") else self._start_wall

    def call(self, call_id: str, now_mono: float) -> HandleTime | None:
        """The live durations of one call; None if the log doesn't know it."""
        return self._times.of(call_id, now_mono)

    def reasons(self) -> tuple[str, ...]:
        """The codes with a handled call in this shift, most frequent first."""
        count: dict[str, int] = {}
        for (code, _), part in self._sums.items():
            count[code] = count.get(code, 0) + part.handled
        return tuple(sorted(count, key=lambda code: (-count[code], code)))

    def parties(self) -> tuple[str, ...]:
        return tuple(sorted({party for _, party in self._sums}))

    def figures(
        self, now_mono: float, reason: str | None = None, party: str | None = None
    ) -> Figures:
        """The figures at `now_mono`, of all calls or of those with this code and this party."""
        whole = _Sum()
        for (code, of), part in self._sums.items():
            if reason in (None, code) and party in (None, of):
                whole.join(part)
        selected = reason is not None or party is not None
        return Figures(
            handled=whole.handled,
            open_calls=0 if selected else len(self._open),
            dial_s=whole.dial_s,
            talk_s=whole.talk_s,
            hold_s=whole.hold_s,
            wrap_up_s=whole.wrap_up_s,
            excused_s=whole.excused_s,
            excused_calls=whole.excused_calls,
            busy_s=None if selected else self._busy_s(now_mono),
            ready_s=None if selected else self._ready_s(now_mono),
        )

    def _busy_s(self, now: float) -> float:
        live = (each.handle_start for each in self._open.values())
        starts = [each for each in live if each is not None]
        if not starts:
            return self._busy.total_s
        return self._busy.total_with(min(starts), now)

    def _ready_s(self, now: float) -> float:
        since_last = 0.0
        if self._states and self._states[-1][2] == AgentState.READY:
            since_last = max(0.0, now - self._states[-1][1])
        return self._ready_until_last_s + since_last

    def _place(self, timeline: CallTimeline) -> None:
        """Count the call where it belongs now."""
        call_id = timeline.call_id
        if timeline.first_wall is not None and timeline.first_wall < self._start_wall:
            return
        self._open.pop(call_id, None)
        start = timeline.handle_start
        if start is None:  # not answered, or a consulting leg
            return
        if timeline.saved is None:
            self._open[call_id] = timeline
            return
        time = timeline.at(timeline.saved)
        if call_id in self._stamped:
            if self._stamped[call_id] != time:
                # a late event corrected a stamped call: rare, so everything is counted again
                self._recount()
            return
        self._stamped[call_id] = time
        self._sums.setdefault((time.code, time.party), _Sum()).take(time)
        self._busy.add(start, timeline.saved)

    def _recount(self) -> None:
        self._clear()
        for timeline in self._times.timelines():
            self._place(timeline)

    def _add_state(self, event: AgentStateChanged) -> bool:
        state = (event.t_wall, event.t_mono, event.state.value)
        place = bisect_left(self._states, state)
        if place < len(self._states) and self._states[place] == state:
            return False
        insort(self._states, state)
        if place < len(self._states) - 1:
            self._replay_states()
            return True
        self._follow(place)
        return True

    def _replay_states(self) -> None:
        """A late state changes what lies behind it: all of them again."""
        before = self._start_wall
        self._start_wall, self._ready_until_last_s = float("-inf"), 0.0
        for place in range(len(self._states)):
            self._follow(place, recount=False)
        if self._start_wall != before:
            self._recount()

    def _follow(self, place: int, *, recount: bool = True) -> None:
        """Take over the state at `place`, the newest so far."""
        wall, mono, state = self._states[place]
        last = self._states[place - 1] if place else None
        if state != AgentState.LOGGED_OUT and (last is None or last[2] == AgentState.LOGGED_OUT):
            self._start_wall, self._ready_until_last_s = wall, 0.0
            if recount:
                self._recount()
        elif last is not None and last[2] == AgentState.READY:
            # less than nothing: the machine was started anew in between, nobody knows how long
            self._ready_until_last_s += max(0.0, mono - last[1])
