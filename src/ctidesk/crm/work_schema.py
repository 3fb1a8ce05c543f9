"""The tables of work that outlives a call.

Runs in: desk process, store thread (loads SQLAlchemy).
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Table, Text, text

from ctidesk.crm.schema import metadata


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text("''"))


work_items = Table(
    "work_items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("item_id", Text, nullable=False, unique=True),
    _text("key"),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("title", Text, nullable=False),
    _text("owner"),
    Column("due_wall", Float),
    Column("created_wall", Float, nullable=False),
    _text("member_id"),
    _text("member"),
    _text("number"),
    _text("call_id"),
    _text("chain_id"),
    Column("step", Integer, nullable=False),
    _text("note"),
    _text("outcome"),
    _text("reason"),
    Column("closed_wall", Float),
    _text("closed_by"),
    _text("remote"),
)
Index(
    "ux_work_items_key", work_items.c.key, unique=True, sqlite_where=work_items.c.key != text("''")
)
Index("ix_work_items_state", work_items.c.state, work_items.c.due_wall)
Index("ix_work_items_member", work_items.c.member_id)

work_attempts = Table(
    "work_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "item_ref",
        Integer,
        ForeignKey("work_items.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("at_wall", Float, nullable=False),
    _text("who"),
    Column("outcome", Text, nullable=False),
    _text("call_id"),
)
Index("ix_work_attempts_call", work_attempts.c.call_id)
