"""When a member confirmed the address on record, and which one it was.

Runs in: desk process, store thread. Frozen: later changes are later migrations.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE address_confirmations (
            member_ref INTEGER NOT NULL,
            address TEXT NOT NULL,
            confirmed_on TEXT NOT NULL,
            PRIMARY KEY (member_ref),
            FOREIGN KEY(member_ref) REFERENCES members (id) ON DELETE CASCADE
        )
        """
    )
