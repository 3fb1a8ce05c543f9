"""How the line of each call was.

Runs in: desk process, store thread. Frozen: later changes are later migrations.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE call_lines (
            call_id TEXT NOT NULL,
            position INTEGER NOT NULL,
            measured_s FLOAT NOT NULL,
            mos_mean FLOAT NOT NULL,
            mos_min FLOAT NOT NULL,
            loss_pct FLOAT NOT NULL,
            loss_max_pct FLOAT NOT NULL,
            concealed_pct FLOAT NOT NULL,
            jitter_max_ms FLOAT NOT NULL,
            rtt_mean_ms FLOAT,
            rtt_max_ms FLOAT,
            far_loss_pct FLOAT,
            far_mos_min FLOAT,
            codec TEXT DEFAULT '' NOT NULL,
            encrypted BOOLEAN NOT NULL,
            warnings TEXT DEFAULT '[]' NOT NULL,
            PRIMARY KEY (call_id, position),
            FOREIGN KEY(call_id) REFERENCES calls (call_id) ON DELETE CASCADE
        )
        """
    )
