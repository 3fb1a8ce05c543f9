"""What an emergency, an interpreter and a call for help leave behind: audit rows, pins.

Runs in: desk process, store thread.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from ctidesk.calls import flag_events as fl
from ctidesk.crm import audit
from ctidesk.crm.flag_schema import recording_pins

_HUMP = re.compile(r"(?<!^)(?=[A-Z])")


def noted(connection: Connection, event: fl.FlagEvent, who: str) -> None:
    """In the transaction that adds `event` to the log."""
    audit.record(
        connection,
        t_wall=event.t_wall,
        who=who,
        action=_HUMP.sub("_", type(event).__name__).lower(),
        subject_id=event.call_id,
        result=_result(event),
        purpose=_purpose(event),
    )
    if isinstance(event, fl.RecordingPinned):
        row = {"pinned_wall": event.t_wall, "reason": event.reason, "who": who}
        connection.execute(
            insert(recording_pins).values(call_id=event.call_id, **row).on_conflict_do_nothing()
        )


def is_pinned(connection: Connection, call_id: str) -> bool:
    """Whether the recording of this call has to stay."""
    found = select(recording_pins.c.call_id).where(recording_pins.c.call_id == call_id)
    return connection.execute(found).first() is not None


def _result(event: fl.FlagEvent) -> str:
    match event:
        case fl.LineFailed() | fl.RedFlagEnded():
            return event.outcome
        case fl.CheckedBack():
            return "answered" if event.answered else "no_answer"
        case fl.LeadAlerted():
            return "told" if event.told else event.problem
        case fl.HelpEnded():
            return event.by
        case fl.TimeExcused():
            return "began" if event.running else "ended"
        case fl.RecoveryAsked():
            return "done" if event.wanted else "withdrawn"
    return "done"


def _purpose(event: fl.FlagEvent) -> str:
    """Why, in a word; the location of an emergency stays in the log alone."""
    match event:
        case fl.LineTried():
            return f"{event.role.value} {event.language or event.line}"
        case fl.LineFailed() | fl.LineJoined() | fl.LineLeft():
            return f"{event.role.value} {event.line}"
        case fl.FallbackReached():
            return event.why
        case fl.LeadAlerted():
            return event.about
        case fl.RecordingPinned() | fl.HelpRequested():
            return event.reason
        case fl.TimeExcused():
            return event.reason.value
    return ""
