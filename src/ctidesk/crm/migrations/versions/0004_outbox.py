"""What a message hangs on, what it became in the CRM, and what stands against it there.

Runs in: desk process, store thread. Frozen: later changes are later migrations.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "ALTER TABLE outbox ADD COLUMN target TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE outbox ADD COLUMN remote TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE outbox ADD COLUMN theirs TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE outbox ADD COLUMN tried_wall FLOAT",
    "UPDATE outbox SET target = subject_id",
    "CREATE INDEX ix_outbox_lane ON outbox (lane, id)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
