"""Whether there is anybody in the directory.

Runs in: desk process; called on Qt main, works on the store thread, answers by its `deliver`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctidesk.calls.ports import Done
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection


def is_empty(store: StoreThread, done: Done[bool]) -> None:
    """True when there is no member and no facility yet."""

    def work(connection: Connection) -> bool:
        from sqlalchemy import select

        from ctidesk.crm.schema import facilities, members

        # the first row tells: counting a million would keep callers waiting
        return all(
            connection.execute(select(table.c.id).limit(1)).first() is None
            for table in (members, facilities)
        )

    store.submit(Lane.READ, work, done)
