"""Somebody brought into a call by one key: consulted, and merged as soon as they answer.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from ctidesk.calls import events as ev, flag_events as fl
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.call import Call, Phase
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.flag_events import LineRole
from ctidesk.calls.ports import Clock
from ctidesk.calls.text import plain

E = TypeVar("E", bound=fl.FlagEvent)

RING_S = 20.0
"""So long a line may ring before the next one is tried."""
IN_TURN = (LineRole.NURSE, LineRole.INTERPRETER)
"""Those of whom there are several. Whoever was chosen by the agent rings until she ends it."""
START_S = 6.0
"""So long the hold of the caller and the dialling may take."""
AGAIN_S = 4.0
"""A merge that did not come about is asked for once more."""
BUSY = (486, 600, 603)
SILENT = (408, 480, 487)
_LINE = re.compile(r"\s*([^<>]{1,64}?)\s*<([0-9+*#][0-9*#]{0,31})>\s*")


@dataclass(frozen=True, slots=True)
class JoinLine:
    """Somebody who can be brought in. `number` as it is dialled."""

    name: str
    number: str


def lines_of(entries: Iterable[str]) -> tuple[JoinLine, ...]:
    """From "Name <number>" each; what is none is left out."""
    found = (_LINE.fullmatch(entry) for entry in entries)
    return tuple(JoinLine(plain(one[1]), one[2]) for one in found if one is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """The line that is tried for a call, or in it (`joined`). `consult_id`: its leg, "" before it
    is dialled."""

    call_id: str
    role: LineRole
    line: str
    number: str
    tried_mono: float
    language: str = ""
    consult_id: str = ""
    joined: bool = False
    since_mono: float = 0.0


class LineJoiner:
    """At most one line for each call. The caller is resumed while it rings: nobody in need is left
    on hold. What comes of it are `LineTried`, `LineFailed`, `LineJoined`, `LineLeft` in the log;
    whoever wants another line next listens to those."""

    def __init__(
        self, desk: CallDesk, actions: DeskActions, clock: Clock, ring_s: float = RING_S
    ) -> None:
        self._desk = desk
        self._actions = actions
        self._clock = clock
        self.ring_s = ring_s
        self.joinings: dict[str, Joining] = {}
        """By call_id."""
        self._owed: set[str] = set()
        """Calls that we have put on hold and that nobody has resumed yet."""
        self._resumed_at: dict[str, float] = {}
        self._merged_at: dict[str, float] = {}
        self._ending: dict[str, str] = {}
        """Legs that we have ended, with the outcome of the attempt."""
        desk.subscribe(self._changed)

    # ----------------------------------------------------------------- intents

    def why_not(self, call_id: str) -> str:
        """Why nobody can be brought into this call now, "" if it can be tried."""
        call = self._desk.calls.get(call_id)
        if call is None or not call.connected:
            return "There is no connected call."
        if call_id in self.joinings or self._desk.consult_of(call_id) is not None:
            return "Somebody is being consulted already."
        return ""

    def bring_in(self, call_id: str, role: LineRole, line: JoinLine, language: str = "") -> bool:
        """Call `line` and merge it; whether it was begun."""
        if self.why_not(call_id):
            return False
        self._owed.add(call_id)
        self._resumed_at.pop(call_id, None)
        self._note(
            fl.LineTried, call_id, role=role, line=line.name, number=line.number, language=language
        )
        self._actions.start_consult(call_id, line.number)
        return True

    def give_up(self, call_id: str, outcome: str = "given_up") -> None:
        """End the attempt, or let go who is in the call."""
        joining = self.joinings.get(call_id)
        if joining is None or joining.consult_id in self._ending:
            return
        if joining.consult_id and joining.consult_id in self._desk.calls:
            # told once the leg is really gone: only then there is room for another
            self._ending[joining.consult_id] = outcome
            self._actions.cancel_consult(call_id)
        else:
            self._actions.cancel_consult(call_id)
            self._over(joining, outcome)

    def tick(self) -> None:
        """Once a second."""
        for joining in list(self.joinings.values()):
            self._advance(joining)

    def take_log(self, log: Iterable[object]) -> None:
        """What an earlier desk had begun."""
        for event in log:
            self._fold(event)
        self._owed |= {key for key, one in self.joinings.items() if not one.joined}
        self.tick()

    # ----------------------------------------------------------------- private

    def _changed(self, change: Change) -> None:
        if isinstance(change, ev.TELEMETRY) or not isinstance(change, ev.CallEvent):
            if isinstance(change, fl.FlagEvent):
                self._fold(change)
            return
        if isinstance(change, ev.CallResumed):
            self._owed.discard(change.call_id)
        if isinstance(change, ev.CallEnded):
            self._ended(change)
        self._fold(change)
        if isinstance(change, ev.ConferenceMerged):
            self._joined(change)
        elif isinstance(change, ev.HoldFailed) and change.wanted == "hold":
            self._hold_failed(change.call_id)
        for call_id in self._concerned(change.call_id):
            joining = self.joinings.get(call_id)
            if joining is not None:
                self._advance(joining)
            else:
                self._resume(call_id)

    def _concerned(self, call_id: str) -> list[str]:
        found = [
            one.call_id
            for one in self.joinings.values()
            if call_id in (one.call_id, one.consult_id)
        ]
        return found or ([call_id] if call_id in self._owed else list(self._owed))

    def _fold(self, event: object) -> None:
        """Keep what the log says about the attempts; `LineTried` is the first of each."""
        if isinstance(event, fl.LineTried):
            self.joinings[event.call_id] = Joining(
                call_id=event.call_id,
                role=event.role,
                line=event.line,
                number=event.number,
                tried_mono=event.t_mono,
                language=event.language,
            )
        elif isinstance(event, fl.LineFailed | fl.LineLeft):
            self.joinings.pop(event.call_id, None)
        elif isinstance(event, fl.LineJoined):
            self._set(event.call_id, joined=True, since_mono=event.t_mono)
        elif isinstance(event, ev.CallDialled) and event.consult_of in self.joinings:
            joining = self.joinings[event.consult_of]
            if not joining.consult_id:
                self._set(event.consult_of, consult_id=event.call_id)

    def _set(self, call_id: str, **changed: object) -> None:
        if call_id in self.joinings:
            self.joinings[call_id] = replace(self.joinings[call_id], **changed)  # type: ignore[arg-type]

    def _advance(self, joining: Joining) -> None:
        """The next step towards a call of three, if it is time for one."""
        now = self._clock.mono()
        call = self._desk.calls.get(joining.call_id)
        if call is None or call.ended:
            self._over(joining, "given_up")
            return
        consult = self._desk.calls.get(joining.consult_id) if joining.consult_id else None
        if joining.joined:
            if consult is None or consult.ended:
                self._over(joining, "")
        elif consult is None:
            if joining.consult_id or now - joining.tried_mono >= START_S:
                self._over(joining, "unreachable")
        elif not consult.connected:
            self._resume(joining.call_id)
            if joining.role in IN_TURN and now - consult.began_mono >= self.ring_s:
                self.give_up(joining.call_id, "no_answer")
        elif call.conference_with:
            self._note(fl.LineJoined, joining.call_id, role=joining.role, line=joining.line)
        else:
            self._merge(call, consult, now)

    def _merge(self, call: Call, consult: Call, now: float) -> None:
        settled = (Phase.TALKING, Phase.HELD)
        if call.phase not in settled or consult.phase not in settled:
            return
        if now - self._merged_at.get(consult.call_id, float("-inf")) >= AGAIN_S:
            self._merged_at[consult.call_id] = now
            self._actions.merge(call.call_id)

    def _joined(self, event: ev.ConferenceMerged) -> None:
        joining = self.joinings.get(event.call_id)
        if joining is not None and not joining.joined:
            self._owed.discard(event.call_id)
            self._note(fl.LineJoined, event.call_id, role=joining.role, line=joining.line)

    def _ended(self, event: ev.CallEnded) -> None:
        """The leg of a line, or the caller's call, is over."""
        for joining in list(self.joinings.values()):
            if event.call_id == joining.consult_id:
                self._over(joining, self._ending.pop(event.call_id, "") or _outcome(event))

    def _hold_failed(self, call_id: str) -> None:
        joining = self.joinings.get(call_id)
        if joining is not None and not joining.consult_id:
            self._over(joining, "unreachable")

    def _over(self, joining: Joining, outcome: str) -> None:
        what = {"role": joining.role, "line": joining.line}
        self._merged_at.pop(joining.consult_id, None)
        if self.joinings.get(joining.call_id) != joining:
            return
        if joining.joined:
            self._note(fl.LineLeft, joining.call_id, **what)
        else:
            self._note(fl.LineFailed, joining.call_id, outcome=outcome, **what)
        # whoever listened may have begun the next line already: then the caller waits for that
        if joining.call_id not in self.joinings:
            self._resume(joining.call_id)

    def _resume(self, call_id: str) -> None:
        """Talk to the caller again, once for each hold of ours."""
        call = self._desk.calls.get(call_id)
        if call is None or call.ended:
            self._owed.discard(call_id)
            return
        held = call_id in self._owed and call.phase is Phase.HELD
        if held and self._resumed_at.get(call_id) != call.phase_since_mono:
            self._resumed_at[call_id] = call.phase_since_mono
            self._actions.toggle_hold(call_id)

    def _note(self, kind: type[E], call_id: str, **what: object) -> None:
        now, wall = self._clock.mono(), self._clock.wall()
        self._desk.note(kind(call_id=call_id, t_mono=now, t_wall=wall, **what))  # type: ignore[arg-type]


def _outcome(event: ev.CallEnded) -> str:
    if event.code in BUSY:
        return "busy"
    return "no_answer" if event.code in SILENT or event.by == "remote" else "unreachable"
