"""A damaged cache: put aside, and what agents did saved from it into a new one.

Runs in: desk process, store thread. Members and their facts come again by import or synchronising;
calls, notes, drafts, unsent messages and the audit trail exist nowhere else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects.sqlite import insert
from sqlcipher3 import dbapi2

from ctidesk.calls.errors import KnownError
from ctidesk.crm import audit as audit_trail
from ctidesk.crm import schema
from ctidesk.crm.database import Database, open_database, translated

SALVAGED = (
    schema.outbox,
    schema.drafts,
    schema.calls,
    schema.interactions,
    schema.wrap_up_codes,
    schema.call_segments,
    schema.audit,
    schema.call_events,
)
MAX_SKIPS = 2_000
"""Unreadable stretches of a table after which the rest of it is given up."""


def salvage(path: Path, key: bytes) -> Database:
    """Move the damaged file to `<name>.damaged-<time>`, make a new cache, copy what is readable.
    Raises `KnownError` when not even that can be written."""
    aside = _put_aside(path)
    database = open_database(path, key)
    saved, whole = 0, True
    old = _open_tolerant(aside, key)
    if old is None:
        whole = False
    else:
        try:
            for table in SALVAGED:
                rows, complete = _readable(old, table)
                saved += database.write(lambda c, t=table, r=rows: _insert(c, t, r))  # type: ignore[misc]
                whole = whole and complete
        finally:
            old.close()
    database.write(lambda connection: _mark(connection, saved, whole))
    return database


def notice_of(connection: Connection) -> KnownError | None:
    """What the user must know of an earlier salvage, until members were imported again."""
    rows = connection.execute(select(schema.marks.c.name, schema.marks.c.value))
    marks = {row.name: row.value for row in rows}
    if "incomplete_since" not in marks:
        return None
    saved = marks.get("salvaged_rows", "0")
    rest = (
        "all of your saved work"
        if marks.get("salvaged_whole") == "yes"
        else "the part of your saved work that could still be read"
    )
    return KnownError(
        "cache_damaged",
        f"The member cache was damaged. A copy was put aside and a new cache holds {rest} "
        f"({saved} rows), but no members.",
        "Import or synchronise the members again; keep the copy for your administrator.",
    )


def made_whole(connection: Connection) -> None:
    """Members were imported: an empty answer means "unknown" again."""
    names = ("incomplete_since", "salvaged_rows", "salvaged_whole")
    connection.execute(schema.marks.delete().where(schema.marks.c.name.in_(names)))


def _put_aside(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    with translated():
        for suffix in ("-wal", "-shm", ""):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
    return aside


def _open_tolerant(aside: Path, key: bytes) -> Any:
    """The damaged file, or None if its first page is gone and with it the table of contents."""
    connection = dbapi2.connect(str(aside), timeout=1.0, isolation_level=None)
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except dbapi2.Error:
        connection.close()
        return None
    return connection


def _readable(old: Any, table: Table) -> tuple[list[dict[str, Any]], bool]:
    """Rows of `table` that can be read, stepping over bad pages by rowid; and whether all could."""
    names = [column.name for column in table.columns]
    fields = ", ".join(names)
    query = f"SELECT rowid, {fields} FROM {table.name} WHERE rowid >= ? ORDER BY rowid"  # noqa: S608 - our own names
    found: list[dict[str, Any]] = []
    begin, step, skips = 0, 1, 0
    top = _top_rowid(old, table.name)
    while begin <= top and skips < MAX_SKIPS:
        try:
            for row in old.execute(query, (begin,)):
                found.append(dict(zip(names, row[1:], strict=True)))
                begin, step = row[0] + 1, 1
        except dbapi2.Error:
            begin, step, skips = begin + step, min(step * 2, 4096), skips + 1
        else:
            break
    return found, skips == 0 and top < _UNKNOWN_TOP


_UNKNOWN_TOP = 2**40


def _top_rowid(old: Any, name: str) -> int:
    try:
        row = old.execute(f"SELECT max(rowid) FROM {name}").fetchone()  # noqa: S608 - our own name
    except dbapi2.Error:
        return _UNKNOWN_TOP
    return int(row[0] or 0)


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> int:
    """Rows whose call could not be read would break a foreign key: their parents go first, and
    orphans are left in the copy."""
    if "call_id" in table.c and table.c.call_id.foreign_keys:
        kept = set(connection.execute(select(schema.calls.c.call_id)).scalars())
        rows = [row for row in rows if row["call_id"] in kept]
    for row in rows:
        connection.execute(insert(table).values(row).on_conflict_do_nothing())
    return len(rows)


def _mark(connection: Connection, saved: int, whole: bool) -> None:
    now = datetime.now(UTC)
    values = {
        "incomplete_since": now.isoformat(),
        "salvaged_rows": str(saved),
        "salvaged_whole": "yes" if whole else "no",
    }
    for name, value in values.items():
        mark = insert(schema.marks).values(name=name, value=value)
        connection.execute(
            mark.on_conflict_do_update(index_elements=["name"], set_={"value": value})
        )
    audit_trail.record(
        connection,
        t_wall=now.timestamp(),
        who="ctidesk",
        action="cache_salvaged",
        result="whole" if whole else "partly",
    )
