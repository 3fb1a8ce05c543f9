"""What guides order, written in one transaction.

Runs in: desk process; called on Qt main, works on the store thread, answers by its `deliver`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock, Done
from ctidesk.care.orders import Placing
from ctidesk.care.work import WorkItem
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SqlCareOrders:
    """The `CareOrders` on SQLCipher. `sends`: a CRM takes requests; without one each order becomes
    work for somebody. `on_queued()`: a message for the CRM was saved."""

    def __init__(
        self, store: StoreThread, clock: Clock, sends: bool, on_queued: Callable[[], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._sends = sends
        self._on_queued = on_queued

    def place(self, placing: Placing, who: str, done: Done[Sequence[WorkItem]]) -> None:
        wall = self._clock.wall()

        def work(connection: Connection) -> Sequence[WorkItem]:
            from ctidesk.crm import care_orders_sql

            return care_orders_sql.place(connection, placing, who, wall, sends=self._sends)

        def placed(outcome: Sequence[WorkItem] | KnownError) -> None:
            if not isinstance(outcome, KnownError):
                self._on_queued()
            done(outcome)

        self._store.submit(Lane.WRITE, work, placed)
