"""Rows of the audit trail for what was shown of a member, and on what it rests.

Runs in: desk process, store thread; in the transaction that stores the event.
"""

from __future__ import annotations

from sqlalchemy import Connection

from ctidesk.calls.agent_events import IdentityChecked, LogEvent
from ctidesk.calls.disclosure_events import FactsRevealed, GlassBroken, GlassClosed
from ctidesk.crm import audit

NO_RECORDING = "no recording"


def record(connection: Connection, event: LogEvent, who: str) -> None:
    """The rows of `event`, if it has any: one for each group of facts. `purpose` says to which
    party, by which questions, and where in the recording it is to be heard."""
    match event:
        case FactsRevealed():
            why = (
                f"party {event.party}; {event.basis}; asked {'+'.join(event.asked) or 'nothing'}"
                f"; {_heard(event.recording_s)}"
            )
            for one in event.fields:
                _row(connection, event, who, "facts_revealed", one, why)
        case GlassBroken():
            why = f"{event.reason}; for {event.limit_s / 60:g} min; {_heard(event.recording_s)}"
            _row(connection, event, who, "glass_broken", "done", why)
        case GlassClosed():
            _row(connection, event, who, "glass_closed", "done", f"by {event.by}")
        case IdentityChecked() if not event.passed:
            _row(connection, event, who, "identity_check_failed", event.question, "")
        case _:
            pass


def _row(
    connection: Connection,
    event: FactsRevealed | GlassBroken | GlassClosed | IdentityChecked,
    who: str,
    action: str,
    result: str,
    purpose: str,
) -> None:
    audit.record(
        connection,
        t_wall=event.t_wall,
        who=who,
        action=action,
        member_id=event.member_id,
        subject_id=event.call_id,
        result=result,
        purpose=purpose,
    )


def _heard(recording_s: float | None) -> str:
    return NO_RECORDING if recording_s is None else f"recording at {recording_s:.1f} s"
