"""Which recordings no retention may erase.

Runs in: desk process, store thread. Frozen: later changes are later migrations.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE recording_pins (
            call_id TEXT NOT NULL,
            pinned_wall FLOAT NOT NULL,
            reason TEXT NOT NULL,
            who TEXT NOT NULL,
            PRIMARY KEY (call_id)
        )
        """
    )
