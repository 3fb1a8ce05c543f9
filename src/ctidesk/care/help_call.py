"""An agent's call for help: one reason, told to the lead, open until answered or withdrawn (R9).

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Iterable

from ctidesk.calls import flag_events as fl
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock
from ctidesk.care.lead_alert import LeadAlarm, LeadAlert

REASONS = ("policy", "clinical", "system", "distress")


class HelpCall:
    """At most one is open; all of it is in the log."""

    def __init__(self, desk: CallDesk, clock: Clock, lead: LeadAlert) -> None:
        self._desk = desk
        self._clock = clock
        self._lead = lead
        self.open: fl.HelpRequested | None = None
        self.told: bool | None = None
        """Whether the lead has it; None until that is known."""
        desk.subscribe(self._changed)

    def ask(self, reason: str, call_id: str = "") -> None:
        """For one of `REASONS`."""
        if self.open is not None or reason not in REASONS:
            return
        self._desk.note(fl.HelpRequested(call_id=call_id, reason=reason, **self._now()))

        def told(outcome: KnownError | None) -> None:
            problem = outcome.code if outcome is not None else ""
            self._desk.note(
                fl.LeadAlerted(
                    call_id=call_id,
                    about="help",
                    told=outcome is None,
                    problem=problem,
                    **self._now(),
                )
            )

        self._lead.alert(LeadAlarm(about="help", call_id=call_id, reason=reason), told)

    def end(self, by: str) -> None:
        """ "answered" or "withdrawn"."""
        if self.open is not None:
            self._desk.note(fl.HelpEnded(call_id=self.open.call_id, by=by, **self._now()))

    def take_log(self, log: Iterable[object]) -> None:
        for event in log:
            self._fold(event)

    def _changed(self, change: Change) -> None:
        self._fold(change)

    def _fold(self, event: object) -> None:
        if isinstance(event, fl.HelpRequested):
            self.open, self.told = event, None
        elif isinstance(event, fl.HelpEnded):
            self.open = self.told = None
        elif isinstance(event, fl.LeadAlerted) and event.about == "help":
            self.told = event.told

    def _now(self) -> dict[str, float]:
        return {"t_mono": self._clock.mono(), "t_wall": self._clock.wall()}
