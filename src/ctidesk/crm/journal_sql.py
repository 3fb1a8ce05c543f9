"""The statements of the call journal.

Runs in: desk process, store thread.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from sqlalchemy import Connection, and_, delete, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from ctidesk.calls.agent_events import LogEvent
from ctidesk.calls.codec import MalformedMessage, named, to_plain
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import RecordingStopped
from ctidesk.calls.flag_events import FlagEvent
from ctidesk.calls.ports import Interaction, WrapUpDraft
from ctidesk.crm import audit, disclosure_audit, flag_sql
from ctidesk.crm.queueing import queue_call, queue_recording
from ctidesk.crm.schema import (
    call_events,
    call_lines,
    call_segments,
    calls,
    drafts,
    interactions,
    wrap_up_codes,
)
from ctidesk.crm.segments import Segment, segments_of

_OF_CALL = {column.name for column in calls.columns}
_OF_INTERACTION = {column.name for column in interactions.columns}


def append(connection: Connection, event: LogEvent, boot_id: str, who: str = "") -> None:
    """Add `event` to the log. `who`: the agent, for what leaves an audit row."""
    connection.execute(
        insert(call_events).values(
            call_id=event.call_id,
            name=type(event).__name__,
            body=json.dumps(to_plain(event), ensure_ascii=False),
            t_mono=event.t_mono,
            t_wall=event.t_wall,
            boot_id=boot_id,
        )
    )
    disclosure_audit.record(connection, event, who)
    if isinstance(event, RecordingStopped):
        _sealed_late(connection, event.call_id, event.manifest)
    elif isinstance(event, FlagEvent):
        flag_sql.noted(connection, event, who)


def recordings_are(connection: Connection, found: Mapping[str, str]) -> None:
    """`found`: the manifest of each call whose recording lies here. One that was sealed when no
    desk listened any more is told to its row now."""
    unknown = select(calls.c.call_id).where(calls.c.recording_manifest == "")
    for call_id in connection.execute(unknown).scalars().all():
        if call_id in found:
            _sealed_late(connection, call_id, found[call_id])


def _sealed_late(connection: Connection, call_id: str, manifest: str) -> None:
    """The last segment may be sealed after a quick wrap-up was saved: its row learns where the
    recording is, and the CRM is told in a message of its own."""
    unknown = (calls.c.call_id == call_id) & (calls.c.recording_manifest == "")
    changed = connection.execute(update(calls).where(unknown).values(recording_manifest=manifest))
    if changed.rowcount:
        queue_recording(connection, call_id, manifest)


def load_since(
    connection: Connection, t_wall: float, boot_id: str, now_mono: float, now_wall: float
) -> list[LogEvent]:
    """The log since `t_wall`, in order. What is of this boot is chosen by the monotonic clock, as
    the other one may have been put meanwhile. The monotonic clock starts anew with each boot:
    events of an earlier one are moved, all by the same amount, to where this boot's clock would
    have had them, so that their durations stay exact."""
    of_this = call_events.c.boot_id == boot_id
    young = call_events.c.t_mono >= now_mono - (now_wall - t_wall)
    chosen = or_(and_(of_this, young), and_(~of_this, call_events.c.t_wall >= t_wall))
    rows = connection.execute(select(call_events).where(chosen).order_by(call_events.c.seq)).all()
    last_of_boot = {row.boot_id: row for row in rows}
    shifts = {
        boot: now_mono - (now_wall - last.t_wall) - last.t_mono
        for boot, last in last_of_boot.items()
        if boot != boot_id
    }
    found: list[LogEvent] = []
    for row in rows:
        try:
            event: LogEvent = named(LogEvent, row.name, json.loads(row.body))
        except (MalformedMessage, ValueError):
            continue  # written by another version: it can't be understood, and is kept as it is
        if shift := shifts.get(row.boot_id):
            event = dataclasses.replace(event, t_mono=event.t_mono + shift)
        found.append(event)
    return found


def save_draft(connection: Connection, draft: WrapUpDraft, saved_wall: float) -> None:
    """Keep the newest state of a draft; none for a call whose wrap-up is saved already."""
    if connection.execute(
        select(interactions.c.call_id).where(interactions.c.call_id == draft.call_id)
    ).first():
        return
    values = {**to_plain(draft), "saved_wall": saved_wall}
    connection.execute(
        insert(drafts).values(values).on_conflict_do_update(index_elements=["call_id"], set_=values)
    )


def load_drafts(connection: Connection) -> list[WrapUpDraft]:
    """All drafts, oldest first."""
    names = [field.name for field in dataclasses.fields(WrapUpDraft)]
    rows = connection.execute(
        select(*(drafts.c[name] for name in names)).order_by(drafts.c.saved_wall)
    )
    return [WrapUpDraft(**row._mapping) for row in rows]


def save_interaction(connection: Connection, done: Interaction) -> None:
    """Call, segments, interaction, code, outbox and audit rows; the draft goes. Saving the same
    again changes nothing. Raises `KnownError` already_saved if the call has another one."""
    if _saved_before(connection, done):
        return
    plain = to_plain(done)
    connection.execute(insert(calls).values({k: v for k, v in plain.items() if k in _OF_CALL}))
    for position, segment in enumerate(_segments(connection, done)):
        connection.execute(
            insert(call_segments).values(
                call_id=done.call_id, position=position, **dataclasses.asdict(segment)
            )
        )
    _save_lines(connection, done)
    connection.execute(
        insert(interactions).values({k: v for k, v in plain.items() if k in _OF_INTERACTION})
    )
    connection.execute(
        insert(wrap_up_codes).values(
            call_id=done.call_id,
            position=0,
            code=done.code,
            party=done.party,
            member_id=done.member_id,
        )
    )
    queue_call(connection, done)
    audit.record(
        connection,
        t_wall=done.saved_wall,
        who=done.agent,
        action="interaction_saved",
        member_id=done.member_id,
        subject_id=done.call_id,
        purpose=done.code,
    )
    connection.execute(delete(drafts).where(drafts.c.call_id == done.call_id))


def _saved_before(connection: Connection, done: Interaction) -> bool:
    row = connection.execute(
        select(interactions.c.code, interactions.c.note, interactions.c.member_id).where(
            interactions.c.call_id == done.call_id
        )
    ).first()
    if row is not None and tuple(row) != (done.code, done.note, done.member_id):
        raise KnownError(
            "already_saved",
            "The wrap-up of this call was saved before, with other content.",
            "Look at the saved wrap-up in the history, and note the change there.",
        )
    return row is not None


def _save_lines(connection: Connection, done: Interaction) -> None:
    for position, line in enumerate((done.line, *done.consult_lines)):
        if line is not None:
            values = {**dataclasses.asdict(line), "warnings": json.dumps(line.warnings)}
            connection.execute(
                insert(call_lines).values(call_id=done.call_id, position=position, **values)
            )


def _segments(connection: Connection, done: Interaction) -> list[Segment]:
    rows = connection.execute(
        select(call_events.c.name, call_events.c.body)
        .where(call_events.c.call_id == done.call_id)
        .order_by(call_events.c.seq)
    )
    log: list[LogEvent] = []
    for row in rows:
        try:
            log.append(named(LogEvent, row.name, json.loads(row.body)))
        except (MalformedMessage, ValueError):
            continue
    return segments_of(log, until_wall=done.saved_wall)
