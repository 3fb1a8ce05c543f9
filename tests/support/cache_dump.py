"""Everything that a cache holds, decrypted: each row of each table, those of the index too.

Runs in: tests.
"""

from __future__ import annotations

from typing import Any

from tests.support.crm_store import OpenStore

from ctidesk.crm.jobs import Lane


def dump(opened: OpenStore) -> dict[str, list[tuple[Any, ...]]]:
    """Table → rows."""

    def work(connection: Any) -> dict[str, list[tuple[Any, ...]]]:
        cursor = connection.connection.cursor()
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
        names = [name for (name,) in cursor.execute(query).fetchall()]
        return {name: cursor.execute(f"SELECT * FROM {name}").fetchall() for name in names}

    found: dict[str, list[tuple[Any, ...]]] = opened.run(work, Lane.READ)
    return found


def holds(opened: OpenStore, canary: str) -> list[str]:
    """The tables in which `canary` stands, in whatever case."""
    wanted = canary.lower().encode()

    def has(value: object) -> bool:
        raw = value if isinstance(value, bytes) else str(value).encode()
        return wanted in raw.lower()

    tables = dump(opened).items()
    return [name for name, rows in tables if any(has(value) for row in rows for value in row)]
