"""A cache in memory that holds what a dry run touches, so that the real import's own code says
what it would do.

Runs in: desk process, store thread. The memory is given back when the dry run ends; about 1 kB for
each member that the file speaks of.
"""

from __future__ import annotations

from typing import Any

import sqlcipher3
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from ctidesk.crm.records import (
    CarerRecord,
    ColleagueRecord,
    FacilityRecord,
    FactKind,
    Record,
)
from ctidesk.crm.records_sql import Writer
from ctidesk.crm.schema import Owner, metadata
from ctidesk.crm.standing_schema import authority_scopes, member_standings

_ABOVE_ALL = 2**40
"""New rows of the scratch get ids above this, so that none is that of a row which comes later."""
_TABLES = (
    *("members", "facilities", "colleagues", "relations", "numbers", "directory_fts"),
    *(member_standings.name, authority_scopes.name),
    *(kind.value for kind in FactKind),
)
_SCHEMA = (
    "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"  # noqa: S608
    f" AND tbl_name IN ({', '.join('?' * len(_TABLES))}) ORDER BY type DESC"
)
_ROOM = (
    "INSERT INTO members(id, member_id, source, read_wall) VALUES (?, '', '', 0)",
    "INSERT INTO facilities(id, facility_id, name, kind, party, source, read_wall)"
    " VALUES (?, '', '', '', '', '', 0)",
    "INSERT INTO colleagues(id, extension, name, source, read_wall) VALUES (?, '', '', '', 0)",
    "INSERT INTO relations(id, member_ref, kind, may_speak, source, read_wall)"
    " VALUES (?, 0, '', 0, '', 0)",
)


def _copying(table: str, where: str, *, with_id: bool) -> tuple[str, str]:
    """(what is read, what is written)"""
    names = [c.name for c in metadata.tables[table].c if with_id or c.name != "id"]
    listed = ", ".join(names)
    marks = ", ".join("?" * len(names))
    return (
        f"SELECT {listed} FROM {table} WHERE {where}",  # noqa: S608 - our own names
        f"INSERT INTO {table}({listed}) VALUES ({marks})",  # noqa: S608 - our own names
    )


_MEMBER = _copying("members", "member_id = ?", with_id=True)
_FACILITY = _copying("facilities", "facility_id = ?", with_id=True)
_COLLEAGUE = _copying("colleagues", "extension = ?", with_id=True)
_NUMBERS = _copying("numbers", "owner_ref = ? AND owner_kind = ?", with_id=False)
_STANDING = _copying("member_standings", "member_ref = ?", with_id=False)
_SCOPE = _copying("authority_scopes", "relation_ref = ?", with_id=False)
_OF_MEMBER = (
    _copying("relations", "member_ref = ?", with_id=True),
    *(_copying(kind.value, "member_ref = ?", with_id=False) for kind in FactKind),
)


class Scratch:
    """Its tables are those of the `real` cache, to which it is nothing but a reader."""

    def __init__(self, real: Connection) -> None:
        self._engine = create_engine(
            "sqlite://",
            module=sqlcipher3.dbapi2,
            # closed where the last answer is heard
            creator=lambda: sqlcipher3.dbapi2.connect(":memory:", check_same_thread=False),
            poolclass=StaticPool,
            hide_parameters=True,
        )
        self._connection = self._engine.connect()
        self._cursor: Any = self._connection.connection.cursor()
        for (statement,) in real.connection.cursor().execute(_SCHEMA, _TABLES).fetchall():
            self._cursor.execute(statement)
        for place in _ROOM:
            self._cursor.execute(place, (_ABOVE_ALL,))
        self._there: set[tuple[Owner, str]] = set()

    def writer(self, real: Connection, *, source: str, read_wall: float, import_ref: int) -> Writer:
        """An import's writer that brings what it needs from the `real` cache first."""
        return _ScratchWriter(self, real, source=source, read_wall=read_wall, import_ref=import_ref)

    @property
    def connection(self) -> Connection:
        return self._connection

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()

    def bring(self, real: Any, record: Record) -> None:
        """Everything that the cache has of whom `record` is about. `real`: a cursor."""
        if isinstance(record, FacilityRecord):
            self._once(real, Owner.FACILITY, record.facility_id, _FACILITY)
        elif isinstance(record, ColleagueRecord):
            self._once(real, Owner.COLLEAGUE, record.extension, _COLLEAGUE)
        else:
            self._once(real, Owner.MEMBER, record.member_id, _MEMBER)
            if isinstance(record, CarerRecord) and record.other_id:
                self._once(real, Owner.MEMBER, record.other_id, _MEMBER)

    def _once(self, real: Any, owner: Owner, ident: str, query: tuple[str, str]) -> None:
        if (owner, ident) in self._there:
            return
        self._there.add((owner, ident))
        for ref in self._copied(real, query, ident):
            self._copied(real, _NUMBERS, ref, int(owner))
            if owner is Owner.MEMBER:
                carers, *facts = _OF_MEMBER
                for carer in self._copied(real, carers, ref):
                    self._copied(real, _NUMBERS, carer, int(Owner.RELATION))
                    self._copied(real, _SCOPE, carer)
                self._copied(real, _STANDING, ref)
                for fact in facts:
                    self._copied(real, fact, ref)

    def _copied(self, real: Any, query: tuple[str, str], *values: Any) -> list[int]:
        """First columns (the ids) of the rows."""
        rows = real.execute(query[0], values).fetchall()
        self._cursor.executemany(query[1], rows)
        return [row[0] for row in rows]


class _ScratchWriter(Writer):
    def __init__(self, scratch: Scratch, real: Connection, **more: Any) -> None:
        super().__init__(scratch.connection, **more)
        self._scratch = scratch
        self._real: Any = real.connection.cursor()

    def put(self, record: Record) -> None:
        self._scratch.bring(self._real, record)
        super().put(record)
