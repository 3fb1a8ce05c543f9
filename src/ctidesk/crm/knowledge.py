"""The knowledge base in the encrypted cache.

Runs in: desk process; called on Qt main, works on the reading thread, answers by the store's
`deliver`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctidesk.calls.ports import Done
from ctidesk.care.knowledge import ArticlePage, Found, Situation
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection

READ_PATIENCE_S = 5.0


class SqlKnowledge:
    """The `Knowledge` on SQLCipher."""

    def __init__(self, store: StoreThread) -> None:
        self._store = store

    def search(
        self, text: str, languages: Sequence[str], limit: int, done: Done[Sequence[Found]]
    ) -> None:
        def work(connection: Connection) -> Sequence[Found]:
            from ctidesk.crm import knowledge_sql

            return knowledge_sql.search(connection, text, languages, limit)

        self._store.submit(Lane.READ, work, done, patience_s=READ_PATIENCE_S)

    def offered(
        self,
        situation: Situation,
        languages: Sequence[str],
        limit: int,
        done: Done[Sequence[Found]],
    ) -> None:
        def work(connection: Connection) -> Sequence[Found]:
            from ctidesk.crm import knowledge_sql

            return knowledge_sql.offered(connection, situation, languages, limit)

        self._store.submit(Lane.READ, work, done, patience_s=READ_PATIENCE_S)

    def article(self, name: str, languages: Sequence[str], done: Done[ArticlePage]) -> None:
        def work(connection: Connection) -> ArticlePage:
            from ctidesk.crm import knowledge_sql

            return knowledge_sql.article(connection, name, languages)

        self._store.submit(Lane.READ, work, done, patience_s=READ_PATIENCE_S)
