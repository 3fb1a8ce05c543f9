"""Death, merging and restriction of a member's record; the scope of an authority.

Runs in: desk process, store thread. Frozen: later changes are later migrations.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE member_standings (
            member_ref INTEGER NOT NULL,
            deceased TEXT DEFAULT '' NOT NULL,
            merged_into TEXT DEFAULT '' NOT NULL,
            restricted BOOLEAN NOT NULL,
            PRIMARY KEY (member_ref),
            FOREIGN KEY(member_ref) REFERENCES members (id) ON DELETE CASCADE
        )
        """
    )
    op.execute(
        """
        CREATE TABLE authority_scopes (
            relation_ref INTEGER NOT NULL,
            scope TEXT NOT NULL,
            PRIMARY KEY (relation_ref),
            FOREIGN KEY(relation_ref) REFERENCES relations (id) ON DELETE CASCADE
        )
        """
    )
