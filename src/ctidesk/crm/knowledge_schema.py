"""The tables of the knowledge base in the encrypted cache.

Runs in: desk process, store thread (importing this module loads SQLAlchemy: never on Qt main).
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from ctidesk.crm.schema import metadata


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text("''"))


def _of_article() -> Column[int]:
    whose = ForeignKey("knowledge.id", ondelete="CASCADE")
    return Column("article_ref", Integer, whose, nullable=False, index=True)


knowledge_files = Table(
    "knowledge_files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),  # "centre", or "shipped" with ctidesk
    Column("path", Text, nullable=False),
    Column("digest", Text, nullable=False),  # of the version that was read
    UniqueConstraint("source", "path", name="uq_knowledge_file"),
)

knowledge = Table(
    "knowledge",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "file_ref",
        Integer,
        ForeignKey("knowledge_files.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    _text("also"),  # one a line, as tags are
    _text("tags"),
    _text("owner"),
    Column("valid_until", Text),
    Column("body", Text, nullable=False),
    Column("said", Text, nullable=False),  # the body without its marks: what is searched
    _text("folded"),  # words with letters that FTS5 does not fold, such as ł, in plain letters
    UniqueConstraint("name", "language", name="uq_knowledge_name"),
)

knowledge_for = Table(
    "knowledge_for",
    metadata,
    Column("id", Integer, primary_key=True),
    _of_article(),
    Column("kind", Text, nullable=False),  # "party", "code", "step"
    Column("value", Text, nullable=False),
)
Index("ix_knowledge_for", knowledge_for.c.kind, knowledge_for.c.value)

knowledge_links = Table(
    "knowledge_links",
    metadata,
    Column("id", Integer, primary_key=True),
    _of_article(),
    Column("target", Text, nullable=False, index=True),
)

# The migration also makes `knowledge_fts`, the full-text index over `knowledge`, and the triggers
# that keep it.
