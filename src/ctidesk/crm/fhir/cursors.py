"""How far each type of the CRM's resources has been read, kept with what was read.

Runs in: desk process, store thread. A cursor is written in the transaction of the resources that it
speaks of, so that a desk that dies goes on where it was.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cursor:
    """See `tables.cursors`. `after`, `gone_after`: by the server's clock."""

    kind: str
    server: str
    after: str = ""
    gone_after: str = ""
    began_wall: float | None = None
    whole: bool = True
    loaded: int = 0
    total: int | None = None
    current_wall: float | None = None
    whole_wall: float | None = None


_ALL = "kind, server, after, gone_after, began_wall, whole, loaded, total, current_wall, whole_wall"
_READ = f"SELECT {_ALL} FROM fhir_cursors WHERE kind = ? AND server = ?"  # noqa: S608 - our names
_WRITE = (
    f"INSERT OR REPLACE INTO fhir_cursors({_ALL})"  # noqa: S608 - our names
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_OTHERS = "DELETE FROM fhir_cursors WHERE server != ?"
_DOUBT = (
    "UPDATE fhir_resources SET version = '' WHERE id IN"
    " (SELECT id FROM fhir_resources WHERE version != '' LIMIT ?)"
)


def load(connection: Any, kind: str, server: str) -> Cursor:
    """The cursor of a type; a fresh one when it was never read, or from another server."""
    cursor = connection.connection.cursor()
    row = cursor.execute(_READ, (kind, server)).fetchone()
    if row is None:
        return Cursor(kind, server)
    values = dict(zip((each.strip() for each in _ALL.split(",")), row, strict=True))
    return Cursor(**{**values, "whole": bool(values["whole"])})


def save(connection: Any, cursor: Cursor) -> None:
    connection.connection.cursor().execute(_WRITE, astuple(cursor))


def known(connection: Any, kind: str, before_wall: float) -> tuple[int, int]:
    """(how many resources of a type the cache has, how many of them were not read since
    `before_wall`)."""
    query = "SELECT count(*), sum(read_wall < ?) FROM fhir_resources WHERE key > ? AND key < ?"
    row = (
        connection.connection.cursor()
        .execute(query, (before_wall, f"{kind}/", f"{kind}0"))
        .fetchone()
    )
    return int(row[0]), int(row[1] or 0)


def leave_other_servers(connection: Any, server: str) -> bool:
    """Forget how far another server was read. True when there was one: then nothing that it said is
    a known version here, whose keys may mean others (`doubt`)."""
    cursor = connection.connection.cursor().execute(_OTHERS, (server,))
    return bool(cursor.rowcount)


def doubt(connection: Any, most: int) -> bool:
    """Take no version for known any more, `most` at a time. False when none was left."""
    return bool(connection.connection.cursor().execute(_DOUBT, (most,)).rowcount)
