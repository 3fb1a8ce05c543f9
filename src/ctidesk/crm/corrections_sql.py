"""Single fields of the CRM's resources put right at the desk: shown at once, sent as a message.

Runs in: desk process, store thread.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from ctidesk.calls.errors import KnownError
from ctidesk.care.outgoing import Entry
from ctidesk.crm import audit, outbox
from ctidesk.crm.fhir import exact
from ctidesk.crm.fhir.changes import Change, apply, plain
from ctidesk.crm.fhir.directory_rows import From
from ctidesk.crm.fhir.fields import fields_of, same
from ctidesk.crm.fhir.pages import NotJson
from ctidesk.crm.fhir.reading import Surroundings
from ctidesk.crm.fhir.resource_rows import ResourceRows
from ctidesk.crm.schema import members

CHANGE = "change"
SOURCE = "this desk"
MAX_TEXT = 200
_BODY = "SELECT body FROM fhir_resources WHERE key = ?"


@dataclass(frozen=True, slots=True)
class Hand:
    """Who changes it, when, and where the house stands."""

    who: str
    wall: float
    around: Surroundings


def entries(connection: Connection, member_id: str) -> tuple[Entry, ...]:
    """What of a member may be put right. Raises `KnownError` not_in_crm."""
    key = _key(connection, member_id)
    patient = _resource(connection, key)
    return tuple(
        Entry(name=field.name, label=field.label, value=field.read(patient), several=field.several)
        for field in fields_of("Patient").values()
    )


def correct(
    connection: Connection,
    member_id: str,
    seen: Mapping[str, str],
    now: Mapping[str, str],
    by: Hand,
) -> bool:
    """`seen` and `now`: texts by field, as they were shown and as they shall be. False when both
    say the same. Raises `KnownError` not_in_crm."""
    return change(connection, _key(connection, member_id), member_id, seen, now, by)


def change(
    connection: Connection,
    key: str,
    member_id: str,
    seen: Mapping[str, str],
    now: Mapping[str, str],
    by: Hand,
) -> bool:
    """As `correct`, of any resource whose type has `fields`, such as "Appointment/1"."""
    known = fields_of(key.partition("/")[0])
    changes = [
        Change(name, seen.get(name, ""), text)
        for name, said in now.items()
        if name in known and not same(text := _clean(said), seen.get(name, ""))
    ]
    if not changes:
        return False
    outbox.enqueue(
        connection,
        kind=CHANGE,
        subject_id=str(uuid.uuid4()),
        lane=member_id,
        body={"resource": key, "member_id": member_id, "changes": plain(changes)},
        t_wall=by.wall,
        target=key,
    )
    audit.record(
        connection,
        t_wall=by.wall,
        who=by.who,
        action="record_changed",
        member_id=member_id,
        subject_id=key,
        purpose=" ".join(each.name for each in changes),
    )
    show(connection, key, changes, by)
    return True


def show(connection: Connection, key: str, changes: Sequence[Change], by: Hand) -> None:
    """Lay `changes` over what the cache has of a resource; nothing if it has none."""
    row = connection.exec_driver_sql(_BODY, (key,)).first()
    if row is None:
        return
    try:
        whole = exact.parse(row[0])
    except NotJson:
        return
    apply(whole, changes)
    rows = ResourceRows(connection, From(SOURCE, by.wall), by.around)
    rows.lay_over(key, exact.dumped(whole))


# -------------------------------------------------------------------- private


def _key(connection: Connection, member_id: str) -> str:
    query = select(members.c.resource).where(members.c.member_id == member_id)
    key = connection.execute(query).scalar_one_or_none() or ""
    if not key.startswith("Patient/"):
        raise KnownError(
            "not_in_crm",
            "This member is not kept in the CRM.",
            "Put it right in the file that is imported, and import it again.",
        )
    return key


def _resource(connection: Connection, key: str) -> dict[str, Any]:
    row = connection.exec_driver_sql(_BODY, (key,)).first()
    try:
        return {} if row is None else exact.parse(row[0])
    except NotJson:
        return {}


def _clean(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text[:MAX_TEXT]).split())
