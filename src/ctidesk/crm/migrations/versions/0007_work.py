"""Work that outlives a call, and what was tried about it.

Runs in: desk process, store thread. Frozen: later changes are later migrations.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATEMENTS = (
    """
    CREATE TABLE work_items (
        id INTEGER NOT NULL,
        item_id TEXT NOT NULL,
        "key" TEXT DEFAULT '' NOT NULL,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        title TEXT NOT NULL,
        owner TEXT DEFAULT '' NOT NULL,
        due_wall FLOAT,
        created_wall FLOAT NOT NULL,
        member_id TEXT DEFAULT '' NOT NULL,
        member TEXT DEFAULT '' NOT NULL,
        number TEXT DEFAULT '' NOT NULL,
        call_id TEXT DEFAULT '' NOT NULL,
        chain_id TEXT DEFAULT '' NOT NULL,
        step INTEGER NOT NULL,
        note TEXT DEFAULT '' NOT NULL,
        outcome TEXT DEFAULT '' NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        closed_wall FLOAT,
        closed_by TEXT DEFAULT '' NOT NULL,
        remote TEXT DEFAULT '' NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (item_id)
    )
    """,
    'CREATE UNIQUE INDEX ux_work_items_key ON work_items ("key") WHERE "key" != \'\'',
    "CREATE INDEX ix_work_items_state ON work_items (state, due_wall)",
    "CREATE INDEX ix_work_items_member ON work_items (member_id)",
    """
    CREATE TABLE work_attempts (
        id INTEGER NOT NULL,
        item_ref INTEGER NOT NULL,
        at_wall FLOAT NOT NULL,
        who TEXT DEFAULT '' NOT NULL,
        outcome TEXT NOT NULL,
        call_id TEXT DEFAULT '' NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY(item_ref) REFERENCES work_items (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_work_attempts_item_ref ON work_attempts (item_ref)",
    "CREATE INDEX ix_work_attempts_call ON work_attempts (call_id)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
