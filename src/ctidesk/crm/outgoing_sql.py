"""What a person decides about messages: look, once more, put right, end a conflict, never send.

Runs in: desk process, store thread. Each decision has its audit row in the same transaction, which
names fields and never their content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, case, func, select, update

from ctidesk.calls.errors import KnownError
from ctidesk.care.outgoing import Entry, OutgoingItem, Standing
from ctidesk.crm import audit, corrections_sql, outbox
from ctidesk.crm.corrections_sql import Hand
from ctidesk.crm.fhir.changes import Change, changes_of, decided, plain
from ctidesk.crm.fhir.fields import fields_of
from ctidesk.crm.schema import interactions, members, outbox as table

MAX_TEXT = 4000
_OPEN = (outbox.WAITING, outbox.SENDING, outbox.DEAD, outbox.CONFLICT)
_UNDECIDED = (outbox.DEAD, outbox.CONFLICT)
_EDITABLE = {
    "interaction": (("code", "Code"), ("note", "Note")),
    "follow_up": (("text", "Follow-up"),),
}


def items(connection: Connection, limit: int) -> list[OutgoingItem]:
    """See `care.outgoing.Outgoing.items`."""
    first = case((table.c.state.in_(_UNDECIDED), 0), else_=1)
    rows = connection.execute(
        select(table).where(table.c.state.in_(_OPEN)).order_by(first, table.c.id).limit(limit)
    ).all()
    stuck = connection.execute(
        select(table.c.lane, table.c.target, func.min(table.c.id))
        .where(table.c.state.in_(_UNDECIDED))
        .group_by(table.c.lane, table.c.target)
    )
    before = {(lane, target): least for lane, target, least in stuck}
    return [_item(connection, row, before) for row in rows]


def retry(connection: Connection, item_id: int, by: Hand) -> None:
    """Raises `KnownError` outbox_moved when it is not there to be decided about any more."""
    row = _row(connection, item_id)
    _again(connection, row.id, by.wall)
    _note(connection, row, "outbox_retried", by)


def edit(connection: Connection, item_id: int, values: Mapping[str, str], by: Hand) -> None:
    """Raises `KnownError` outbox_moved."""
    row = _row(connection, item_id)
    body = json.loads(row.body)
    if row.kind == "change":
        mine = [
            {**each, "mine": _clean(values.get(each["name"], each["mine"]))}
            for each in plain(changes_of(body))
        ]
        body["changes"] = mine
        corrections_sql.show(connection, row.target, changes_of(body), by)
    else:
        for name, _ in _EDITABLE.get(row.kind, ()):
            if name in values:
                body[name] = _clean(values[name])
        if row.kind == "interaction":
            own = interactions.c.call_id == row.subject_id
            kept = {name: body[name] for name, _ in _EDITABLE["interaction"]}
            connection.execute(update(interactions).where(own).values(**kept))
    _again(connection, row.id, by.wall, body=_text(body))
    _note(connection, row, "outbox_edited", by, purpose=" ".join(sorted(values)))


def decide(connection: Connection, item_id: int, values: Mapping[str, str], by: Hand) -> None:
    """Raises `KnownError` outbox_moved."""
    row = _row(connection, item_id)
    if row.state != outbox.CONFLICT:
        raise _moved()
    body, theirs = json.loads(row.body), json.loads(row.theirs or "{}")
    changes = changes_of(body)
    chosen = {
        each.name: _clean(values.get(each.name, each.mine))
        for each in changes
        if each.name in theirs
    }
    left = decided(changes, theirs, chosen)
    if left:
        body["changes"] = plain(left)
        _again(connection, row.id, by.wall, body=_text(body))
    else:
        _close(connection, row.id)
    shown = [Change(name, "", text) for name, text in chosen.items()]
    corrections_sql.show(connection, row.target, shown, by)
    _note(connection, row, "conflict_decided", by, purpose=" ".join(sorted(chosen)))


def discard(connection: Connection, item_id: int, reason: str, by: Hand) -> None:
    """Raises `KnownError` outbox_moved."""
    row = _row(connection, item_id)
    _close(connection, row.id)
    if row.kind == "change":
        theirs = json.loads(row.theirs or "{}")
        changes = changes_of(json.loads(row.body))
        before = [Change(each.name, "", theirs.get(each.name, each.base)) for each in changes]
        corrections_sql.show(connection, row.target, before, by)
    _note(connection, row, "outbox_discarded", by, purpose=_clean(reason)[:200])


# -------------------------------------------------------------------- private


def _row(connection: Connection, item_id: int) -> Any:
    """One that is not on its way: what is being sent can't be changed any more."""
    row = connection.execute(select(table).where(table.c.id == item_id)).first()
    if row is None or row.state not in (outbox.WAITING, *_UNDECIDED):
        raise _moved()
    return row


def _moved() -> KnownError:
    return KnownError(
        "outbox_moved",
        "This is on its way to the CRM, or there already.",
        "Look at the list again in a moment.",
    )


def _again(connection: Connection, item_id: int, now: float, **values: Any) -> None:
    again = {"state": outbox.WAITING, "next_try_wall": now, "problem": "", "theirs": ""}
    connection.execute(update(table).where(table.c.id == item_id).values(**again, **values))


def _close(connection: Connection, item_id: int) -> None:
    ended = {"state": outbox.DISCARDED, "theirs": ""}
    connection.execute(update(table).where(table.c.id == item_id).values(**ended))


def _note(connection: Connection, row: Any, action: str, by: Hand, purpose: str = "") -> None:
    audit.record(
        connection,
        t_wall=by.wall,
        who=by.who,
        action=action,
        member_id=_member_id(row),
        subject_id=f"{row.kind} {row.subject_id}",
        purpose=purpose,
    )


def _member_id(row: Any) -> str:
    return str(json.loads(row.body).get("member_id", "") or "")


def _item(connection: Connection, row: Any, before: Mapping[tuple[str, str], int]) -> OutgoingItem:
    body = json.loads(row.body)
    problem = json.loads(row.problem) if row.problem else {}
    member_id = str(body.get("member_id", "") or "")
    undecided = row.state in _UNDECIDED
    first = before.get((row.lane, row.target))
    return OutgoingItem(
        id=row.id,
        kind=row.kind,
        standing=Standing(row.state),
        member_id=member_id,
        member=_name(connection, member_id),
        created_wall=row.created_wall,
        tried_wall=row.tried_wall,
        next_try_wall=None if undecided else row.next_try_wall,
        attempts=row.attempts,
        why=str(problem.get("text", "")),
        remedy=str(problem.get("remedy", "")),
        behind=not undecided and first is not None and first < row.id,
        entries=_entries(row, body),
    )


def _entries(row: Any, body: dict[str, Any]) -> tuple[Entry, ...]:
    if row.kind == "change":
        theirs = json.loads(row.theirs) if row.theirs else {}
        fields = fields_of(str(body.get("resource", "")).partition("/")[0])
        return tuple(
            Entry(
                name=each.name,
                label=fields[each.name].label,
                value=each.mine,
                base=each.base,
                theirs=theirs.get(each.name),
                several=fields[each.name].several,
                editable=True,
            )
            for each in changes_of(body)
        )
    return tuple(
        Entry(name=name, label=label, value=str(body.get(name, "")), editable=True)
        for name, label in _EDITABLE.get(row.kind, ())
    )


def _name(connection: Connection, member_id: str) -> str:
    if not member_id:
        return ""
    query = select(members.c.given, members.c.family).where(members.c.member_id == member_id)
    row = connection.execute(query).first()
    return f"{row.given} {row.family}".strip() if row else ""


def _clean(text: str) -> str:
    """As a person typed it, without control characters, and not endless."""
    return "".join(c for c in text[:MAX_TEXT] if c.isprintable() or c == "\n").strip()


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True)
