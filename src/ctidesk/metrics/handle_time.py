"""Handling time of each call, from the event log alone: dialling, talk, hold and wrap-up apart.

Runs in: desk process, Qt main thread. Pure. Definitions:

- dialling: outbound only, from the INVITE to the answer (or the end);
- hold: the caller on hold after the connection, as the peer confirmed it, consulting included;
  in a three-party conference nobody is on hold;
- talk: connected without hold;
- wrap-up: from the end of the conversation until the code is saved;
- handled: answered, in or out. Stamped when the code is saved;
- excused: handling time with a reason that is not the agent's (interpreter, emergency, batch),
  each second once. It stays part of the other durations: it is told, not taken away.

So talk + hold + wrap-up is always the time from the answer to the stamp. Each fact is kept once
however often and in whatever order the log tells it, so a new desk gets the same figures. All
times are seconds of the monotonic clock; a call is never compared across a reboot.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from enum import StrEnum

from ctidesk.calls import agent_events as agent, events as ev, flag_events as flag
from ctidesk.calls.agent_events import LogEvent
from ctidesk.calls.call import Direction


class Stage(StrEnum):
    """What the agent's time on the call is counted as at the moment."""

    WAITING = "waiting"  # offered here, not answered yet
    DIALLING = "dialling"
    TALK = "talk"
    HOLD = "hold"
    WRAP_UP = "wrap_up"
    DONE = "done"  # stamped, or ended without an answer and without wrap-up


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleTime:
    """The durations of one call in seconds, apart. `consult_of`: the call that it consults about;
    such a leg is part of that call's hold and never handled itself."""

    call_id: str
    direction: Direction | None  # None: the log begins after the call did
    stage: Stage
    dial_s: float
    talk_s: float
    hold_s: float
    wrap_up_s: float
    excused_s: float = 0.0
    excuses: tuple[str, ...] = ()
    answered: bool
    stamped: bool
    consult_of: str = ""
    party: str = ""
    code: str = ""
    coded_by: str = ""

    @property
    def handled(self) -> bool:
        return self.answered and self.stamped and not self.consult_of

    @property
    def total_s(self) -> float:
        return self.dial_s + self.talk_s + self.hold_s + self.wrap_up_s


# what switches between talk and hold: (which of the two, its value after the event)
_SWITCHES: dict[type[object], tuple[str, bool]] = {
    ev.CallHeld: ("held", True),
    ev.CallResumed: ("held", False),
    ev.ConferenceMerged: ("merged", True),
    ev.ConferenceSplit: ("merged", False),
}


@dataclass(slots=True)
class CallTimeline:
    """The facts about one call that count for its times. Changed only by `add`."""

    call_id: str
    direction: Direction | None = None
    consult_of: str = ""
    first_wall: float | None = None
    began: float | None = None
    answered: float | None = None
    ended: float | None = None
    wrap_up_started: float | None = None
    saved: float | None = None
    _switches: list[tuple[float, str, bool]] = field(default_factory=list)
    _excused: list[tuple[float, bool, str]] = field(default_factory=list)
    _party: tuple[float, str] = (float("-inf"), "")
    _code: tuple[float, str, str, str] = (float("-inf"), "", "", "")

    def add(self, event: LogEvent) -> bool:
        """True if the event told something new that counts."""
        if self.began is None:
            wall = event.t_wall
            self.first_wall = wall if self.first_wall is None else min(self.first_wall, wall)
        switch = _SWITCHES.get(type(event))
        if switch is not None:
            return self._note_switch((event.t_mono, *switch))
        match event:
            case ev.CallOffered():
                return self._begin(event, Direction.INBOUND, "")
            case ev.CallDialled():
                return self._begin(event, Direction.OUTBOUND, event.consult_of)
            case ev.CallAnswered():
                return self._note_first("answered", event)
            case ev.CallEnded():
                return self._note_first("ended", event)
            case agent.WrapUpStarted():
                return self._note_first("wrap_up_started", event)
            case agent.WrapUpSaved():
                return self._note_saved(event)
            case flag.TimeExcused():
                return self._note_excuse((event.t_mono, event.running, event.reason.value))
            case agent.PartySet() if (event.t_mono, event.party) > self._party:
                self._party = (event.t_mono, event.party)
                return True
        return False

    @property
    def over(self) -> float | None:
        """When the conversation (or the attempt) ended."""
        stamps = [each for each in (self.ended, self.wrap_up_started) if each is not None]
        return min(stamps) if stamps else None

    @property
    def handle_start(self) -> float | None:
        """Where the handling of an answered call begins: at the answer, outbound at dialling."""
        if self.answered is None or self.consult_of:
            return None
        if self.direction is Direction.OUTBOUND and self.began is not None:
            return min(self.began, self.answered)
        return self.answered

    def at(self, now: float) -> HandleTime:
        """The durations as they stand at `now` (monotonic seconds)."""
        over = now if self.over is None else self.over
        wrap_up_end = now if self.saved is None else self.saved
        talk_s, hold_s = self._talk_and_hold(over)
        wraps = self.over is not None and self._has_wrap_up()
        _, saved_party, code, by = self._code
        return HandleTime(
            call_id=self.call_id,
            direction=self.direction,
            stage=self._stage(),
            dial_s=self._dial_s(over),
            talk_s=talk_s,
            hold_s=hold_s,
            wrap_up_s=max(0.0, wrap_up_end - over) if wraps else 0.0,
            excused_s=self._excused_s(wrap_up_end if wraps else over),
            excuses=tuple(sorted({reason for _, running, reason in self._excused if running})),
            answered=self.answered is not None,
            stamped=self.saved is not None,
            consult_of=self.consult_of,
            party=saved_party if self.saved is not None else self._party[1],
            code=code,
            coded_by=by,
        )

    def _has_wrap_up(self) -> bool:
        """A consulting leg and a call that nobody answered have none, unless the log says so."""
        wanted = self.answered is not None and not self.consult_of
        return wanted or self.wrap_up_started is not None or self.saved is not None

    def _stage(self) -> Stage:
        if self.saved is not None:
            return Stage.DONE
        if self.over is not None:
            return Stage.WRAP_UP if self._has_wrap_up() else Stage.DONE
        if self.answered is None:
            outbound = self.direction is Direction.OUTBOUND
            return Stage.DIALLING if outbound else Stage.WAITING
        held = merged = False
        for _, which, value in self._switches:
            held, merged = (value, merged) if which == "held" else (held, value)
        return Stage.HOLD if held and not merged else Stage.TALK

    def _dial_s(self, over: float) -> float:
        if self.direction is not Direction.OUTBOUND or self.began is None:
            return 0.0
        until = over if self.answered is None else self.answered
        return max(0.0, until - self.began)

    def _talk_and_hold(self, over: float) -> tuple[float, float]:
        if self.answered is None:
            return 0.0, 0.0
        hold_s, since = 0.0, self.answered
        held = merged = False
        for t, which, value in self._switches:
            here = min(max(t, self.answered), max(over, self.answered))
            if held and not merged:
                hold_s += here - since
            since = here
            held, merged = (value, merged) if which == "held" else (held, value)
        connected_s = max(0.0, over - self.answered)
        if held and not merged:
            hold_s += max(0.0, over - since)
        # rounding of sums must not make a talk time of minus a femtosecond
        hold_s = min(hold_s, connected_s)
        return connected_s - hold_s, hold_s

    def _excused_s(self, until: float) -> float:
        start = self.handle_start
        if start is None:
            return 0.0
        excused_s, since = 0.0, start
        reasons: set[str] = set()
        for t, running, reason in self._excused:
            here = min(max(t, start), max(until, start))
            if reasons:
                excused_s += here - since
            since = here
            (reasons.add if running else reasons.discard)(reason)
        return excused_s + max(0.0, until - since) if reasons else excused_s

    def _begin(self, event: ev.CallEvent, direction: Direction, consult_of: str) -> bool:
        if self.direction is not None and self.began is not None and self.began <= event.t_mono:
            return False
        self.direction, self.consult_of = direction, consult_of
        self.began = event.t_mono
        self.first_wall = event.t_wall
        return True

    def _note_first(self, name: str, event: ev.CallEvent | agent.WrapUpStarted) -> bool:
        known: float | None = getattr(self, name)
        if known is not None and known <= event.t_mono:
            return False
        setattr(self, name, event.t_mono)
        return True

    def _note_switch(self, switch: tuple[float, str, bool]) -> bool:
        if switch in self._switches:
            return False
        insort(self._switches, switch)
        return True

    def _note_excuse(self, excuse: tuple[float, bool, str]) -> bool:
        if excuse in self._excused:
            return False
        insort(self._excused, excuse)
        return True

    def _note_saved(self, event: agent.WrapUpSaved) -> bool:
        """The first saving is the stamp; a later one corrects code and party."""
        told = (event.t_mono, event.party, event.code, event.by)
        first = event.t_mono if self.saved is None else min(self.saved, event.t_mono)
        changed = first != self.saved or told > self._code
        self.saved = first
        self._code = max(self._code, told)
        return changed


class HandleTimes:
    """The handling times of all calls of a log. Owned by the desk, Qt main thread."""

    def __init__(self) -> None:
        self._calls: dict[str, CallTimeline] = {}

    def add(self, event: LogEvent) -> CallTimeline | None:
        """The call's timeline if the event told something new, else None. Constant time."""
        if not event.call_id or type(event) not in _COUNTED:
            return None
        timeline = self._calls.get(event.call_id)
        if timeline is None:
            timeline = self._calls[event.call_id] = CallTimeline(event.call_id)
        return timeline if timeline.add(event) else None

    def of(self, call_id: str, now_mono: float) -> HandleTime | None:
        """The call's durations at `now_mono`, live; None for a call that the log doesn't know."""
        timeline = self._calls.get(call_id)
        return timeline.at(now_mono) if timeline else None

    def timelines(self) -> tuple[CallTimeline, ...]:
        return tuple(self._calls.values())

    def forget(self, call_id: str) -> None:
        self._calls.pop(call_id, None)


_COUNTED: frozenset[type[object]] = frozenset(
    {
        *_SWITCHES,
        ev.CallOffered,
        ev.CallDialled,
        ev.CallAnswered,
        ev.CallEnded,
        agent.WrapUpStarted,
        agent.WrapUpSaved,
        agent.PartySet,
        flag.TimeExcused,
    }
)
