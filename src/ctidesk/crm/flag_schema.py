"""The tables of what an emergency leaves behind.

Runs in: desk process, store thread.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, Table, Text

from ctidesk.crm.schema import metadata

recording_pins = Table(
    "recording_pins",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("pinned_wall", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("who", Text, nullable=False),
)
"""Calls whose recording no retention may erase. Without a foreign key: the pin is there before the
call's own row is."""
