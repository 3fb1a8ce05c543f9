"""Carries out the emergency protocol: nurse lines in turn, check-backs, fallback, the lead's alarm.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from ctidesk.calls import flag_events as fl
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.call import Call
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.flag_events import Excuse, LineRole
from ctidesk.calls.ports import Clock
from ctidesk.calls.text import plain
from ctidesk.care.lead_alert import LeadAlarm, LeadAlert
from ctidesk.care.line_joining import JoinLine, LineJoiner
from ctidesk.care.red_flag import FlagProtocol, RedFlag, after

E = TypeVar("E", bound=fl.FlagEvent)
LOCATION_CHARS = 200


class RedFlagDesk:
    """One emergency at a time. All of it is in the log, so that a new desk goes on with it."""

    def __init__(
        self,
        desk: CallDesk,
        actions: DeskActions,
        clock: Clock,
        joiner: LineJoiner,
        protocol: FlagProtocol,
        lead: LeadAlert,
    ) -> None:
        self._desk = desk
        self._actions = actions
        self._clock = clock
        self._joiner = joiner
        self.protocol = protocol
        self._lead = lead
        self.flag: RedFlag | None = None
        """The emergency that runs, or the last one."""
        self._next: tuple[LineRole, JoinLine] | None = None
        """Who is called as soon as the line that rings now is gone."""
        desk.subscribe(self._changed)

    @property
    def running(self) -> bool:
        return self.flag is not None and self.flag.open

    @property
    def call(self) -> Call | None:
        """The caller's call, None once it is gone."""
        call = self._desk.calls.get(self.flag.call_id) if self.flag is not None else None
        return call if call is not None and call.connected else None

    # ----------------------------------------------------------------- intents

    def raise_flag(self, call_id: str) -> bool:
        """The call is an emergency from now on. False where none is connected."""
        call = self._desk.calls.get(call_id)
        if self.running or call is None or not call.connected:
            return False
        self._note(fl.RedFlagRaised, call_id)
        self._note(fl.TimeExcused, call_id, reason=Excuse.EMERGENCY, running=True)
        self._note(fl.RecordingPinned, call_id, reason="red_flag")
        self._alert("red_flag")
        self.tick()
        return True

    def note_location(self, text: str) -> None:
        flag, location = self.flag, plain(text, LOCATION_CHARS)
        if flag is not None and flag.open and location != flag.location:
            self._note(fl.LocationNoted, flag.call_id, location=location)

    def repeated_back(self) -> None:
        """The caller confirmed the location; the nurse is called now."""
        flag = self.flag
        if flag is not None and flag.open and flag.location and not flag.repeated_back:
            self._note(fl.LocationRepeatedBack, flag.call_id)
            if not flag.trying and not flag.joined and not flag.nurse_tries:
                self.call_nurse()

    def call_nurse(self) -> None:
        """The next nurse line, now; what rings is given up for it."""
        flag = self.flag
        if flag is None or not flag.open or flag.joined:
            return
        if not self.protocol.lines:
            self._fall_back("no_line")
            return
        self._bring(
            LineRole.NURSE, self.protocol.lines[flag.nurse_tries % len(self.protocol.lines)]
        )

    def next_nurse(self) -> None:
        """Give up the line that rings for the next one."""
        flag = self.flag
        if flag is not None and flag.trying and self.protocol.lines:
            line = self.protocol.lines[flag.nurse_tries % len(self.protocol.lines)]
            self._bring(LineRole.NURSE, line)

    def call_lead(self) -> None:
        if self.protocol.lead is not None:
            self._bring(LineRole.LEAD, self.protocol.lead)

    def call_emergency(self) -> None:
        if self.protocol.emergency is not None:
            self._bring(LineRole.EMERGENCY, self.protocol.emergency)

    def stop_calling(self) -> None:
        """End what rings, or let go who is in the call; nobody is called by itself then."""
        self._next = None
        if self.flag is not None:
            self._joiner.give_up(self.flag.call_id)

    def checked_back(self, answered: bool = True) -> None:
        """The caller is there, or did not answer."""
        flag = self.flag
        if flag is None or not flag.open or flag.joined:
            return
        self._note(fl.CheckedBack, flag.call_id, answered=answered)
        if not answered:
            self._fall_back("no_answer")

    def end(self, outcome: str) -> None:
        """It is over, with an outcome of the protocol. Who is in the call stays in it."""
        flag = self.flag
        if flag is None or not flag.open or outcome not in dict(self.protocol.outcomes):
            return
        self._next = None
        if flag.trying:
            self._joiner.give_up(flag.call_id)
        self._note(fl.RedFlagEnded, flag.call_id, outcome=outcome)
        self._note(fl.TimeExcused, flag.call_id, reason=Excuse.EMERGENCY, running=False)

    # -------------------------------------------------------------------- time

    def tick(self) -> None:
        """Once a second: what is due by itself."""
        flag = self.flag
        if flag is None or not flag.open or flag.joined or self.call is None:
            return
        now, protocol = self._clock.mono(), self.protocol
        if flag.prompted_mono is None and now - flag.contact_mono >= protocol.check_back_s:
            self._note(fl.CheckBackPrompted, flag.call_id)
        if not flag.fallback and now - flag.raised_mono >= protocol.fallback_s:
            self._fall_back("time")
        elif self._nurse_due(now):
            self.call_nurse()

    def take_log(self, log: Iterable[object]) -> None:
        """What an earlier desk had begun."""
        for event in log:
            self.flag = after(self.flag, event)
        self.tick()

    # ----------------------------------------------------------------- private

    def _nurse_due(self, now: float) -> bool:
        flag = self.flag
        if flag is None or flag.trying or flag.fallback or flag.given_up or flag.left:
            return False
        if not flag.nurse_tries:
            return flag.repeated_back or now - flag.raised_mono >= self.protocol.call_nurse_s
        whole_round = flag.nurse_tries % max(1, len(self.protocol.lines)) == 0
        return not whole_round or now - flag.failed_mono >= self.protocol.next_round_s

    def _changed(self, change: Change) -> None:
        if not isinstance(change, fl.FlagEvent):
            return
        self.flag = after(self.flag, change)
        mine = self.flag is not None and change.call_id == self.flag.call_id
        if mine and isinstance(change, fl.LineFailed):
            wanted, self._next = self._next, None
            if wanted is not None:
                self._bring(*wanted)
            elif self._nurse_due(self._clock.mono()):
                self.call_nurse()

    def _bring(self, role: LineRole, line: JoinLine) -> None:
        flag = self.flag
        if flag is None or not flag.open or self.call is None:
            return
        if flag.trying:
            self._next = (role, line)
            self._joiner.give_up(flag.call_id)
            return
        if self._joiner.why_not(flag.call_id):
            return
        self._joiner.ring_s = self.protocol.ring_s
        self._joiner.bring_in(flag.call_id, role, line)

    def _fall_back(self, why: str) -> None:
        if self.flag is not None and not self.flag.fallback:
            self._note(fl.FallbackReached, self.flag.call_id, why=why)
            self._alert("fallback")

    def _alert(self, about: str) -> None:
        if self.flag is None:
            return
        call_id = self.flag.call_id

        def told(outcome: KnownError | None) -> None:
            problem = outcome.code if outcome is not None else ""
            self._note(fl.LeadAlerted, call_id, about=about, told=outcome is None, problem=problem)

        self._lead.alert(LeadAlarm(about=about, call_id=call_id), told)

    def _note(self, kind: type[E], call_id: str, **what: object) -> None:
        now, wall = self._clock.mono(), self._clock.wall()
        self._desk.note(kind(call_id=call_id, t_mono=now, t_wall=wall, **what))  # type: ignore[arg-type]
