"""The cache file of a profile: where it is, how it is unlocked, what happens when it is damaged.

Runs in: desk process; built on any thread, used on the store thread. SQLAlchemy is loaded when
the file is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ctidesk.calls.errors import KnownError

if TYPE_CHECKING:
    from ctidesk.crm.database import Database


class SqlCipherCache:
    """`path`: the database; `key`: gives the raw 32 bytes (may block and raise `KnownError`);
    called at each opening, so that no key is kept here."""

    def __init__(self, path: Path, key: Callable[[], bytes]) -> None:
        self._path = path
        self._key = key

    def open(self) -> Database:
        from ctidesk.crm.database import open_database

        try:
            return open_database(self._path, self._key())
        except KnownError as problem:
            if problem.code != "cache_damaged":
                raise
            return self.rebuild()

    def rebuild(self) -> Database:
        from ctidesk.crm.salvage import salvage

        return salvage(self._path, self._key())

    def notice(self, database: Database) -> KnownError | None:
        from ctidesk.crm.salvage import notice_of

        return database.read(notice_of)
