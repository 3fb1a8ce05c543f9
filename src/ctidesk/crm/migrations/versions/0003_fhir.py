"""What the desk keeps of the CRM's resources, and which rows of the card come from them.

Runs in: desk process, store thread. Frozen: later changes are later migrations.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ROWS = (
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
_STATEMENTS = (
    """
    CREATE TABLE fhir_resources (
        id INTEGER NOT NULL,
        key TEXT NOT NULL,
        version TEXT NOT NULL,
        last_updated TEXT NOT NULL,
        about TEXT NOT NULL,
        title TEXT NOT NULL,
        pending INTEGER NOT NULL,
        odd TEXT NOT NULL,
        source TEXT NOT NULL,
        read_wall FLOAT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (key)
    )
    """,
    "CREATE INDEX ix_fhir_resources_about ON fhir_resources (about) WHERE about != ''",
    "CREATE INDEX ix_fhir_resources_pending ON fhir_resources (pending) WHERE pending != 0",
    """
    CREATE TABLE fhir_merges (
        key TEXT NOT NULL,
        instead TEXT NOT NULL,
        said_by TEXT NOT NULL,
        PRIMARY KEY (key)
    )
    """,
    "CREATE INDEX ix_fhir_merges_said_by ON fhir_merges (said_by)",
    "CREATE INDEX ix_fhir_merges_instead ON fhir_merges (instead)",
    """
    CREATE TABLE fhir_cursors (
        kind TEXT NOT NULL,
        server TEXT NOT NULL,
        after TEXT NOT NULL,
        gone_after TEXT NOT NULL,
        began_wall FLOAT,
        whole INTEGER NOT NULL,
        loaded INTEGER NOT NULL,
        total INTEGER,
        current_wall FLOAT,
        whole_wall FLOAT,
        PRIMARY KEY (kind)
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    for table in _ROWS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN resource TEXT DEFAULT '' NOT NULL")
        op.execute(f"CREATE INDEX ix_{table}_resource ON {table} (resource) WHERE resource != ''")
