"""The protected minute after a distressing call (R9): asked for, counted down, over by itself.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Iterable

from ctidesk.calls import flag_events as fl
from ctidesk.calls.agent import RECOVERY, RESTING
from ctidesk.calls.agent_events import AgentStateChanged
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.flag_events import Excuse
from ctidesk.calls.ports import Clock


class RecoveryMinute:
    """Not ready, and nobody's fault: the time is excused. Extendable once. All of it is in the
    log."""

    def __init__(self, desk: CallDesk, clock: Clock, seconds: float) -> None:
        self._desk = desk
        self._clock = clock
        self._seconds = seconds
        self._began: float | None = None
        self._call_id = ""
        self.extended = False
        self.offered = False
        """An emergency ended, and nobody has said yes or no to a minute yet."""
        desk.subscribe(self._changed)

    @property
    def running(self) -> bool:
        return self._began is not None

    @property
    def asked(self) -> bool:
        """It follows the current work."""
        return self._desk.agent.recovery_next

    @property
    def until_mono(self) -> float:
        """When it ends by itself; 0 while none runs."""
        lasts = self._seconds * (2 if self.extended else 1)
        return self._began + lasts if self._began is not None else 0.0

    # ----------------------------------------------------------------- intents

    def ask(self, call_id: str = "") -> None:
        """At once, or after the work that is open."""
        if self.running or self.asked:
            return
        self._note(fl.RecoveryAsked(call_id=call_id, wanted=True, **self._now()))
        self._move(self._desk.agent.recover())

    def decline(self) -> None:
        """Not wanted, or not any more."""
        if self.running:
            self._move(self._desk.agent.end_recovery())
        elif self.asked or self.offered:
            self._desk.agent.recovery_next = False
            self._note(fl.RecoveryAsked(call_id=self._call_id, wanted=False, **self._now()))

    def extend(self) -> None:
        """Once as long again, once."""
        if self.running and not self.extended:
            self._note(fl.RecoveryExtended(call_id=self._call_id, **self._now()))

    def tick(self) -> None:
        """Once a second."""
        if self.running and self._clock.mono() >= self.until_mono:
            self._move(self._desk.agent.end_recovery())

    def take_log(self, log: Iterable[object]) -> None:
        """What an earlier desk had begun."""
        asked = False
        for event in log:
            self._fold(event)
            if isinstance(event, fl.RecoveryAsked):
                asked = event.wanted
            elif isinstance(event, AgentStateChanged) and event.reason == RECOVERY:
                asked = False
        if asked and not self.running:
            self._move(self._desk.agent.recover())
        self.tick()

    # ----------------------------------------------------------------- private

    def _changed(self, change: Change) -> None:
        ran = self.running
        self._fold(change)
        if self.running != ran:
            excuse = fl.TimeExcused(
                call_id=self._call_id, reason=Excuse.RECOVERY, running=self.running, **self._now()
            )
            self._note(excuse)

    def _fold(self, event: object) -> None:
        match event:
            case AgentStateChanged() if event.reason == RECOVERY:
                if self._began is None:
                    self._began, self.extended = event.t_mono, False
            case AgentStateChanged() if event.state in RESTING:
                self._began = None
            case fl.RecoveryExtended():
                self.extended = True
            case fl.RecoveryAsked():
                self._call_id, self.offered = event.call_id, False
            case fl.RedFlagEnded():
                self._call_id, self.offered = event.call_id, True

    def _move(self, change: AgentStateChanged | None) -> None:
        if change is not None:
            self._desk.note(change)

    def _note(self, event: fl.AnyFlagEvent) -> None:
        self._desk.note(event)

    def _now(self) -> dict[str, float]:
        return {"t_mono": self._clock.mono(), "t_wall": self._clock.wall()}
