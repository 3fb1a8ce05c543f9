"""Small facts about the cache that live and die with it, such as which file it was filled from.

Runs in: desk process; called on Qt main, works on the store thread, answers by its `deliver`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctidesk.calls.ports import Done
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection


def read_mark(store: StoreThread, name: str, done: Done[str]) -> None:
    """The mark's value, "" when it was never set in this cache."""

    def work(connection: Connection) -> str:
        from sqlalchemy import select

        from ctidesk.crm.schema import marks

        query = select(marks.c.value).where(marks.c.name == name)
        return str(connection.execute(query).scalar() or "")

    store.submit(Lane.READ, work, done)


def write_mark(store: StoreThread, name: str, value: str, done: Done[None] | None = None) -> None:
    """Set or replace a mark."""

    def work(connection: Connection) -> None:
        from sqlalchemy.dialects.sqlite import insert

        from ctidesk.crm.schema import marks

        mark = insert(marks).values(name=name, value=value)
        connection.execute(
            mark.on_conflict_do_update(index_elements=["name"], set_={"value": value})
        )

    store.submit(Lane.WRITE, work, done)


def forget_mark(store: StoreThread, name: str, done: Done[None] | None = None) -> None:
    """As if it had never been set."""

    def work(connection: Connection) -> None:
        from sqlalchemy import delete

        from ctidesk.crm.schema import marks

        connection.execute(delete(marks).where(marks.c.name == name))

    store.submit(Lane.WRITE, work, done)
