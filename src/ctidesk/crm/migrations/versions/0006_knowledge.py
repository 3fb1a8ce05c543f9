"""Articles and glossary of the knowledge base, with a full-text index.

Runs in: desk process, store thread. Frozen: later changes are later migrations.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = "title, also, tags, said, folded"
_NEW = "new.id, new.title, new.also, new.tags, new.said, new.folded"
_OLD = "'delete', old.id, old.title, old.also, old.tags, old.said, old.folded"
_ADD = f"INSERT INTO knowledge_fts(rowid, {_COLUMNS}) VALUES ({_NEW});"  # noqa: S608 - ours
_DROP = f"INSERT INTO knowledge_fts(knowledge_fts, rowid, {_COLUMNS}) VALUES ({_OLD});"  # noqa: S608 - ours

_STATEMENTS = (
    """
    CREATE TABLE knowledge_files (
        id INTEGER NOT NULL,
        source TEXT NOT NULL,
        path TEXT NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (id),
        CONSTRAINT uq_knowledge_file UNIQUE (source, path)
    )
    """,
    """
    CREATE TABLE knowledge (
        id INTEGER NOT NULL,
        file_ref INTEGER NOT NULL,
        name TEXT NOT NULL,
        language TEXT NOT NULL,
        kind TEXT NOT NULL,
        title TEXT NOT NULL,
        also TEXT DEFAULT '' NOT NULL,
        tags TEXT DEFAULT '' NOT NULL,
        owner TEXT DEFAULT '' NOT NULL,
        valid_until TEXT,
        body TEXT NOT NULL,
        said TEXT NOT NULL,
        folded TEXT DEFAULT '' NOT NULL,
        PRIMARY KEY (id),
        CONSTRAINT uq_knowledge_name UNIQUE (name, language),
        FOREIGN KEY(file_ref) REFERENCES knowledge_files (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_knowledge_file_ref ON knowledge (file_ref)",
    """
    CREATE TABLE knowledge_for (
        id INTEGER NOT NULL,
        article_ref INTEGER NOT NULL,
        kind TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY(article_ref) REFERENCES knowledge (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_knowledge_for_article_ref ON knowledge_for (article_ref)",
    "CREATE INDEX ix_knowledge_for ON knowledge_for (kind, value)",
    """
    CREATE TABLE knowledge_links (
        id INTEGER NOT NULL,
        article_ref INTEGER NOT NULL,
        target TEXT NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY(article_ref) REFERENCES knowledge (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_knowledge_links_article_ref ON knowledge_links (article_ref)",
    "CREATE INDEX ix_knowledge_links_target ON knowledge_links (target)",
    f"""
    CREATE VIRTUAL TABLE knowledge_fts USING fts5(
        {_COLUMNS}, content='knowledge', content_rowid='id',
        tokenize="unicode61 remove_diacritics 2", prefix='2 3')
    """,
    f"CREATE TRIGGER knowledge_inserted AFTER INSERT ON knowledge BEGIN {_ADD} END",
    f"CREATE TRIGGER knowledge_deleted AFTER DELETE ON knowledge BEGIN {_DROP} END",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
