"""What of a finished call the CRM is told: the call, what is to be done next, the recording.

What is to be done next is work of the centre, too.

Runs in: desk process, store thread, in the transaction that saves it.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select, update

from ctidesk.calls.codec import to_plain
from ctidesk.calls.ports import Interaction
from ctidesk.care.work import WorkItem
from ctidesk.care.work_rules import follow_up_key
from ctidesk.crm import outbox, work_sql
from ctidesk.crm.schema import interactions, members, outbox as outbox_rows

CALL, FOLLOW_UP, RECORDING = "interaction", "follow_up", "recording"


def queue_call(connection: Connection, done: Interaction) -> None:
    """The call and its wrap-up; the rest goes after it, as it refers to it."""
    plain = to_plain(done)
    manifest = plain.pop("recording_manifest")
    body = {**plain, "patient": _patient(connection, done.member_id)}
    _queue(connection, CALL, body, done.saved_wall)
    _queue_rest(connection, body, manifest)
    if done.follow_up.strip():
        _put_on_the_work_list(connection, done)


def queue_recording(connection: Connection, call_id: str, manifest: str) -> None:
    """A recording that was sealed after its call was saved."""
    row = connection.execute(select(interactions).where(interactions.c.call_id == call_id)).first()
    if row is None:
        return  # told with the call, once that is saved
    body = {
        "call_id": call_id,
        "member_id": row.member_id,
        "agent": row.agent,
        "patient": _patient(connection, row.member_id),
        "saved_wall": row.saved_wall,
    }
    _queue(connection, RECORDING, _recording(body, manifest), row.saved_wall)


def tell_apart(connection: Connection) -> None:
    """Earlier versions kept the follow-up and the recording inside the call's message."""
    old = outbox_rows.c.body.like('%"recording_manifest":%')
    calls = select(outbox_rows).where(outbox_rows.c.kind == CALL, old)
    for row in connection.execute(calls).all():
        body = {"patient": "", **json.loads(row.body)}
        manifest = body.pop("recording_manifest")
        if row.state != outbox.SENT:
            _queue_rest(connection, body, manifest)
        text = json.dumps(body, ensure_ascii=False, sort_keys=True)
        own = outbox_rows.c.id == row.id
        connection.execute(update(outbox_rows).where(own).values(body=text))


# -------------------------------------------------------------------- private


def _queue_rest(connection: Connection, body: dict[str, Any], manifest: str) -> None:
    saved_wall = body["saved_wall"]
    if str(body["follow_up"]).strip():
        told = {**_about(body), "text": body["follow_up"], "authored_wall": saved_wall}
        _queue(connection, FOLLOW_UP, told, saved_wall)
    if manifest:
        _queue(connection, RECORDING, _recording(body, manifest), saved_wall)


def _put_on_the_work_list(connection: Connection, done: Interaction) -> None:
    item = WorkItem(
        title=done.follow_up,
        key=follow_up_key(done.call_id),
        member_id=done.member_id,
        number=done.number,
        call_id=done.call_id,
        created_wall=done.saved_wall,
    )
    work_sql.add(connection, item, work_sql.Worker(done.agent, done.saved_wall))


def _queue(connection: Connection, kind: str, body: dict[str, Any], t_wall: float) -> None:
    outbox.enqueue(
        connection,
        kind=kind,
        subject_id=body["call_id"],
        lane=body["member_id"] or body["call_id"],
        body=body,
        t_wall=t_wall,
    )


def _about(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("call_id", "member_id", "agent", "patient")}


def _recording(body: dict[str, Any], manifest: str) -> dict[str, Any]:
    """`manifest`: its path on this computer, which stays here."""
    return {**_about(body), "manifest": manifest, "saved_wall": body["saved_wall"]}


def _patient(connection: Connection, member_id: str) -> str:
    """The CRM's key of a member as of now, "" for one that it does not have."""
    if not member_id:
        return ""
    query = select(members.c.resource).where(members.c.member_id == member_id)
    return connection.execute(query).scalar_one_or_none() or ""
