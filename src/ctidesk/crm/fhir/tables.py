"""What the cache keeps of the CRM's resources, as SQLAlchemy knows it.

Runs in: desk process, store thread. The statements of this room are plain SQL; these tables say
what it is written for, and a test compares them with what the migrations make.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table, Text, text

from ctidesk.crm.schema import metadata

__all__ = ("ROWS", "cursors", "merges", "metadata", "resources")

ROWS = (
    "members",
    "facilities",
    "colleagues",
    "relations",
    "coverages",
    "prescriptions",
    "authorisations",
    "appointments",
    "contacts",
)
"""Tables whose rows may come from a resource of the CRM."""
for _name in ROWS:
    _resource = metadata.tables[_name].c.resource
    Index(f"ix_{_name}_resource", _resource, sqlite_where=_resource != text("''"))

resources = Table(
    "fhir_resources",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # "Patient/1"
    Column("version", Text, nullable=False),
    Column("last_updated", Text, nullable=False),  # by the server's clock, as it wrote it
    Column("about", Text, nullable=False),  # the key of whom or what it tells something of
    Column("title", Text, nullable=False),  # what others call it
    Column("pending", Integer, nullable=False),  # 1: its row waits for another resource
    Column("odd", Text, nullable=False),  # names of elements that were not understood
    Column("source", Text, nullable=False),
    Column("read_wall", Float, nullable=False),
    Column("body", Text, nullable=False),  # as the server sent it: unknown fields survive
)
Index("ix_fhir_resources_about", resources.c.about, sqlite_where=resources.c.about != text("''"))
Index("ix_fhir_resources_pending", resources.c.pending, sqlite_where=resources.c.pending != 0)

merges = Table(
    "fhir_merges",
    metadata,
    Column("key", Text, primary_key=True, nullable=False),  # the Patient that is replaced
    Column("instead", Text, nullable=False, index=True),
    Column("said_by", Text, nullable=False, index=True),  # the Patient whose link says so
)

cursors = Table(
    "fhir_cursors",
    metadata,
    Column("kind", Text, primary_key=True, nullable=False),
    Column("server", Text, nullable=False),  # of another server nothing is taken for known
    Column("after", Text, nullable=False),  # all that changed before it is in the cache
    Column("gone_after", Text, nullable=False),  # and all that was deleted before this is not
    Column("began_wall", Float),  # of the pull that runs or was broken off
    Column("whole", Integer, nullable=False),  # 1: that pull reads all, not only changes
    Column("loaded", Integer, nullable=False),
    Column("total", Integer),
    Column("current_wall", Float),  # all changes until then are in the cache
    Column("whole_wall", Float),  # when all of it was read last
)
