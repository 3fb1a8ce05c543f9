"""Any clinic or doctor against a member's own plan, from the encrypted cache.

Runs in: desk process; called on Qt main, works on the store thread, answers by its `deliver`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctidesk.calls.ports import Done
from ctidesk.care.member import NetworkFact
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection

PATIENCE_S = 5.0


class SqlNetworkDirectory:
    """The `NetworkDirectory` on SQLCipher."""

    def __init__(self, store: StoreThread) -> None:
        self._store = store

    def check(self, member_id: str, text: str, done: Done[Sequence[NetworkFact]]) -> None:
        def work(connection: Connection) -> Sequence[NetworkFact]:
            from ctidesk.crm import card_sql

            return card_sql.check_network(connection, member_id, text)

        self._store.submit(Lane.READ, work, done, patience_s=PATIENCE_S)
