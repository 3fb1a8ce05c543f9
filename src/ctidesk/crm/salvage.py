"""A damaged cache: put aside, and what agents did saved from it into a new one.

Runs in: desk process, store thread. Members and their facts come again by import or synchronising;
calls, notes, drafts, unsent messages and the audit trail exist nowhere else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects.sqlite import insert
from sqlcipher3 import dbapi2

from ctidesk.calls.errors import KnownError
from ctidesk.crm import audit as audit_trail, schema, work_schema
from ctidesk.crm.database import Database, open_database, translated
from ctidesk.crm.flag_schema import recording_pins

SALVAGED = (
    schema.outbox,
    schema.drafts,
    schema.calls,
    schema.interactions,
    schema.wrap_up_codes,
    schema.call_segments,
    schema.call_lines,
    work_schema.work_items,
    work_schema.work_attempts,
    schema.audit,
    schema.call_events,
    recording_pins,
)
STEPS_OF_ONE = 64
"""Failures in a row before steps get longer: a page holds so many rows at most of most tables."""
_UNKNOWN_TOP = 2**40
MAX_SKIPS = 2_000
"""Unreadable stretches of a table after which the rest of it is given up."""


def salvage(path: Path, key: bytes) -> Database:
    """Move the damaged file to `<name>.damaged-<time>`, make a new cache, copy what is readable.
    Raises `KnownError` when not even that can be written."""
    aside = _put_aside(path)
    database = open_database(path, key)
    # first of all, so that a crash on the way can't leave a cache that is silently empty
    database.write(partial(_mark, saved=0, whole=False))
    old = _DamagedFile(aside, key)
    saved, whole = 0, old.readable()
    for table in SALVAGED if whole else ():
        if not old.has(table):
            continue  # of a version that did not have it yet
        rows, complete = old.rows(table)
        saved += database.write(partial(_insert, table=table, rows=rows))
        whole = whole and complete
    old.close()
    database.write(partial(_finish, saved=saved, whole=whole))
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


class _DamagedFile:
    """Reads a damaged file. After a bad page SQLCipher refuses all further reading on that
    connection, so each error costs a new one (a few ms)."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key
        self._connection: Any = None

    def readable(self) -> bool:
        """False if the first page is gone, and with it the table of contents."""
        return self._all("SELECT count(*) FROM sqlite_master") is not None

    def has(self, table: Table) -> bool:
        """Also True when that cannot be told."""
        names = self._all("SELECT name FROM sqlite_master WHERE type = 'table'")
        return names is None or (table.name,) in names

    def rows(self, table: Table) -> tuple[list[dict[str, Any]], bool]:
        """The rows of `table` that can be read, stepping over bad pages by rowid; and whether
        none had to be left out."""
        there = self._columns(table.name)
        # a file that an earlier version left lacks the newest columns
        names = [column.name for column in table.columns if not there or column.name in there]
        query = (
            f"SELECT rowid, {', '.join(names)} FROM {table.name} "  # noqa: S608 - our own names
            "WHERE rowid >= ? ORDER BY rowid"
        )
        found: list[dict[str, Any]] = []
        top = self._top(table.name)
        begin, failures, skips = 0, 0, 0
        while begin <= top and skips < MAX_SKIPS:
            at = begin
            try:
                for row in self._open().execute(query, (begin,)):
                    found.append(dict(zip(names, row[1:], strict=True)))
                    begin = row[0] + 1
            except dbapi2.Error:
                self.close()
                failures = failures + 1 if begin == at else 0
                begin, skips = begin + max(1, 2 ** (failures - STEPS_OF_ONE)), skips + 1
            else:
                break
        return found, skips == 0 and top < _UNKNOWN_TOP

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> Any:
        if self._connection is None:
            self._connection = dbapi2.connect(str(self._path), timeout=1.0, isolation_level=None)
            self._connection.execute("PRAGMA cipher_log_level = NONE")
            self._connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
        return self._connection

    def _all(self, query: str) -> list[Any] | None:
        try:
            return list(self._open().execute(query))
        except dbapi2.Error:
            self.close()
            return None

    def _columns(self, name: str) -> set[str]:
        """Empty when it cannot be told."""
        rows = self._all(f"SELECT name FROM pragma_table_info('{name}')")  # noqa: S608 - our own
        return {str(row[0]) for row in rows or ()}

    def _top(self, name: str) -> int:
        rows = self._all(f"SELECT max(rowid) FROM {name}")  # noqa: S608 - our own name
        return _UNKNOWN_TOP if rows is None else int(rows[0][0] or 0)


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> int:
    """Rows whose call could not be read would break a foreign key: their parents go first, and
    orphans are left in the copy."""
    if "call_id" in table.c and table.c.call_id.foreign_keys:
        kept = set(connection.execute(select(schema.calls.c.call_id)).scalars())
        rows = [row for row in rows if row["call_id"] in kept]
    if table is work_schema.work_attempts:
        items = set(connection.execute(select(work_schema.work_items.c.id)).scalars())
        rows = [row for row in rows if row["item_ref"] in items]
    for row in rows:
        connection.execute(insert(table).values(row).on_conflict_do_nothing())
    return len(rows)


def _finish(connection: Connection, saved: int, whole: bool) -> None:
    _mark(connection, saved, whole)
    audit_trail.record(
        connection,
        t_wall=datetime.now(UTC).timestamp(),
        who="ctidesk",
        action="cache_salvaged",
        result="whole" if whole else "partly",
    )


def _mark(connection: Connection, saved: int, whole: bool) -> None:
    values = {
        "incomplete_since": datetime.now(UTC).isoformat(),
        "salvaged_rows": str(saved),
        "salvaged_whole": "yes" if whole else "no",
    }
    for name, value in values.items():
        mark = insert(schema.marks).values(name=name, value=value)
        connection.execute(
            mark.on_conflict_do_update(index_elements=["name"], set_={"value": value})
        )
