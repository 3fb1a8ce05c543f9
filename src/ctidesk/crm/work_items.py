"""Callbacks, missed calls, tasks and chains in the encrypted cache.

Runs in: desk process; called on Qt main, works on the store thread, answers by its `deliver`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock, Done
from ctidesk.care.work import CallReport, WorkItem, WorkStep
from ctidesk.care.work_rules import WorkPolicy
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ctidesk.crm.work_sql import Worker

READ_PATIENCE_S = 5.0


class SqlWorkItems:
    """The `WorkItems` on SQLCipher. `on_queued()`: a message for the CRM may have been saved."""

    def __init__(
        self,
        store: StoreThread,
        clock: Clock,
        policy: WorkPolicy | None = None,
        on_queued: Callable[[], None] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy or WorkPolicy()
        self._on_queued = on_queued

    def open_items(self, limit: int, done: Done[Sequence[WorkItem]]) -> None:
        def work(connection: Connection) -> Sequence[WorkItem]:
            from ctidesk.crm import work_sql

            return work_sql.open_items(connection, limit)

        self._store.submit(Lane.READ, work, done, patience_s=READ_PATIENCE_S)

    def closed_items(self, limit: int, done: Done[Sequence[WorkItem]]) -> None:
        def work(connection: Connection) -> Sequence[WorkItem]:
            from ctidesk.crm import work_sql

            return work_sql.closed_items(connection, limit)

        self._store.submit(Lane.READ, work, done, patience_s=READ_PATIENCE_S)

    def add(self, items: Sequence[WorkItem], who: str, done: Done[None]) -> None:
        def work(connection: Connection) -> None:
            from ctidesk.crm import work_sql

            for item in items:
                work_sql.add(connection, item, self._worker(who))

        self._store.submit(Lane.WRITE, work, done)

    def act(self, item_id: str, step: WorkStep, who: str, done: Done[None]) -> None:
        def work(connection: Connection) -> None:
            from ctidesk.crm import work_sql

            work_sql.act(connection, item_id, step, self._worker(who))

        def acted(outcome: KnownError | None) -> None:
            if outcome is None and self._on_queued is not None:
                self._on_queued()
            done(outcome)

        self._store.submit(Lane.WRITE, work, acted)

    def follow(self, reports: Sequence[CallReport], who: str, done: Done[None]) -> None:
        def work(connection: Connection) -> None:
            from ctidesk.crm import work_sql

            work_sql.follow(connection, reports, self._worker(who))

        self._store.submit(Lane.WRITE, work, done, patience_s=math.inf)

    def _worker(self, who: str) -> Worker:
        from ctidesk.crm.work_sql import Worker

        return Worker(who, self._clock.wall(), self._policy)
