"""The first schema: directory, facts, calls, outbox, audit.

Runs in: desk process, store thread. Frozen: later changes are later migrations.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE audit (
        seq INTEGER NOT NULL,
        t_wall FLOAT NOT NULL,
        who TEXT NOT NULL,
        action TEXT NOT NULL,
        member_id TEXT DEFAULT '' NOT NULL,
        subject_id TEXT DEFAULT '' NOT NULL,
        result TEXT DEFAULT '' NOT NULL,
        purpose TEXT DEFAULT '' NOT NULL,
        previous BLOB NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (seq)
    )
    """,
    """
    CREATE TABLE call_events (
        seq INTEGER NOT NULL,
        call_id TEXT NOT NULL,
        name TEXT NOT NULL,
        body TEXT NOT NULL,
        t_mono FLOAT NOT NULL,
        t_wall FLOAT NOT NULL,
        boot_id TEXT NOT NULL,
        PRIMARY KEY (seq)
    )
    """,
    "CREATE INDEX ix_call_events_call_id ON call_events (call_id)",
    "CREATE INDEX ix_call_events_t_wall ON call_events (t_wall)",
    """
    CREATE TABLE calls (
        call_id TEXT NOT NULL,
        direction TEXT NOT NULL,
        number TEXT DEFAULT '' NOT NULL,
        queue TEXT DEFAULT '' NOT NULL,
        account_id TEXT DEFAULT '' NOT NULL,
        began_wall FLOAT NOT NULL,
        answered_wall FLOAT,
        ended_wall FLOAT NOT NULL,
        end_code INTEGER NOT NULL,
        dial_s FLOAT NOT NULL,
        talk_s FLOAT NOT NULL,
        hold_s FLOAT NOT NULL,
        wrap_up_s FLOAT NOT NULL,
        recording_manifest TEXT DEFAULT '' NOT NULL,
        PRIMARY KEY (call_id)
    )
    """,
    "CREATE INDEX ix_calls_began_wall ON calls (began_wall)",
    """
    CREATE TABLE colleagues (
        id INTEGER NOT NULL,
        extension TEXT NOT NULL,
        name TEXT NOT NULL,
        team TEXT DEFAULT '' NOT NULL,
        source TEXT NOT NULL,
        read_wall FLOAT NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (extension)
    )
    """,
    """
    CREATE TABLE drafts (
        call_id TEXT NOT NULL,
        member_id TEXT DEFAULT '' NOT NULL,
        party TEXT DEFAULT '' NOT NULL,
        code TEXT DEFAULT '' NOT NULL,
        note TEXT DEFAULT '' NOT NULL,
        follow_up TEXT DEFAULT '' NOT NULL,
        saved_wall FLOAT NOT NULL,
        PRIMARY KEY (call_id)
    )
    """,
    """
    CREATE TABLE facilities (
        id INTEGER NOT NULL,
        facility_id TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        party TEXT NOT NULL,
        address TEXT DEFAULT '' NOT NULL,
        network_status TEXT DEFAULT '' NOT NULL,
        source TEXT NOT NULL,
        read_wall FLOAT NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (facility_id)
    )
    """,
    """
    CREATE TABLE imports (
        id INTEGER NOT NULL,
        source TEXT NOT NULL,
        began_wall FLOAT NOT NULL,
        ended_wall FLOAT,
        state TEXT NOT NULL,
        rows_read INTEGER NOT NULL,
        rows_imported INTEGER NOT NULL,
        rows_rejected INTEGER NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE marks (
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE members (
        id INTEGER NOT NULL,
        member_id TEXT NOT NULL,
        given TEXT DEFAULT '' NOT NULL,
        family TEXT DEFAULT '' NOT NULL,
        birth_date TEXT,
        postcode TEXT DEFAULT '' NOT NULL,
        address TEXT DEFAULT '' NOT NULL,
        policy_number TEXT DEFAULT '' NOT NULL,
        language TEXT DEFAULT '' NOT NULL,
        channel_preference TEXT DEFAULT '' NOT NULL,
        flags TEXT DEFAULT '[]' NOT NULL,
        household TEXT DEFAULT '' NOT NULL,
        import_ref INTEGER,
        source TEXT NOT NULL,
        read_wall FLOAT NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (member_id)
    )
    """,
    "CREATE INDEX ix_members_household ON members (household) WHERE household != ''",
    """
    CREATE TABLE numbers (
        id INTEGER NOT NULL,
        owner_kind INTEGER NOT NULL,
        owner_ref INTEGER NOT NULL,
        e164 TEXT DEFAULT '' NOT NULL,
        national TEXT DEFAULT '' NOT NULL,
        tail TEXT DEFAULT '' NOT NULL,
        kind TEXT DEFAULT '' NOT NULL,
        preferred BOOLEAN NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_numbers_e164 ON numbers (e164) WHERE e164 != ''",
    "CREATE INDEX ix_numbers_owner ON numbers (owner_ref, owner_kind)",
    "CREATE INDEX ix_numbers_tail ON numbers (tail) WHERE tail != ''",
    """
    CREATE TABLE outbox (
        id INTEGER NOT NULL,
        idempotency_key TEXT NOT NULL,
        kind TEXT NOT NULL,
        subject_id TEXT NOT NULL,
        lane TEXT NOT NULL,
        body TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        created_wall FLOAT NOT NULL,
        next_try_wall FLOAT NOT NULL,
        lease_by TEXT DEFAULT '' NOT NULL,
        lease_until_wall FLOAT,
        sent_wall FLOAT,
        problem TEXT DEFAULT '' NOT NULL,
        PRIMARY KEY (id),
        CONSTRAINT uq_outbox_subject UNIQUE (kind, subject_id),
        UNIQUE (idempotency_key)
    )
    """,
    "CREATE INDEX ix_outbox_state ON outbox (state, next_try_wall)",
    """
    CREATE TABLE appointments (
        id INTEGER NOT NULL,
        member_ref INTEGER NOT NULL,
        starts_wall FLOAT NOT NULL,
        what TEXT DEFAULT '' NOT NULL,
        doctor TEXT DEFAULT '' NOT NULL,
        place TEXT DEFAULT '' NOT NULL,
        status TEXT DEFAULT '' NOT NULL,
        bring TEXT DEFAULT '' NOT NULL,
        source TEXT NOT NULL,
        read_wall FLOAT NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY(member_ref) REFERENCES members (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_appointments_member_ref ON appointments (member_ref)",
    """
    CREATE TABLE authorisations (
        id INTEGER NOT NULL,
        member_ref INTEGER NOT NULL,
        item TEXT DEFAULT '' NOT NULL,
        status TEXT DEFAULT '' NOT NULL,
        expires TEXT,
        units_left INTEGER,
        source TEXT NOT NULL,
        read_wall FLOAT NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY(member_ref) REFERENCES members (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_authorisations_member_ref ON authorisations (member_ref)",
    """
    CREATE TABLE call_segments (
        call_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        kind TEXT NOT NULL,
        began_wall FLOAT NOT NULL,
        duration_s FLOAT NOT NULL,
        PRIMARY KEY (call_id, position),
        FOREIGN KEY(call_id) REFERENCES calls (call_id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE contacts (
        id INTEGER NOT NULL,
        member_ref INTEGER NOT NULL,
        at_wall FLOAT NOT NULL,
        channel TEXT DEFAULT '' NOT NULL,
        direction TEXT DEFAULT '' NOT NULL,
        summary TEXT DEFAULT '' NOT NULL,
        code TEXT DEFAULT '' NOT NULL,
        source TEXT NOT NULL,
        read_wall FLOAT NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY(member_ref) REFERENCES members (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_contacts_member_ref ON contacts (member_ref)",
    """
    CREATE TABLE coverages (
        id INTEGER NOT NULL,
        member_ref INTEGER NOT NULL,
        "plan" TEXT DEFAULT '' NOT NULL,
        payer TEXT DEFAULT '' NOT NULL,
        status TEXT DEFAULT '' NOT NULL,
        begins TEXT,
        ends TEXT,
        copay TEXT DEFAULT '' NOT NULL,
        source TEXT NOT NULL,
        read_wall FLOAT NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY(member_ref) REFERENCES members (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_coverages_member_ref ON coverages (member_ref)",
    """
    CREATE TABLE interactions (
        call_id TEXT NOT NULL,
        agent TEXT DEFAULT '' NOT NULL,
        member_id TEXT NOT NULL,
        party TEXT DEFAULT '' NOT NULL,
        verified BOOLEAN NOT NULL,
        code TEXT NOT NULL,
        note TEXT DEFAULT '' NOT NULL,
        follow_up TEXT DEFAULT '' NOT NULL,
        saved_wall FLOAT NOT NULL,
        coded_by TEXT NOT NULL,
        PRIMARY KEY (call_id),
        FOREIGN KEY(call_id) REFERENCES calls (call_id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_interactions_member_id ON interactions (member_id)",
    """
    CREATE TABLE prescriptions (
        id INTEGER NOT NULL,
        member_ref INTEGER NOT NULL,
        drug TEXT DEFAULT '' NOT NULL,
        prescriber TEXT DEFAULT '' NOT NULL,
        expires TEXT,
        refills_left INTEGER NOT NULL,
        last_dispensed TEXT,
        next_refill TEXT,
        source TEXT NOT NULL,
        read_wall FLOAT NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY(member_ref) REFERENCES members (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_prescriptions_member_ref ON prescriptions (member_ref)",
    """
    CREATE TABLE relations (
        id INTEGER NOT NULL,
        member_ref INTEGER NOT NULL,
        other_ref INTEGER,
        facility_ref INTEGER,
        name TEXT DEFAULT '' NOT NULL,
        kind TEXT NOT NULL,
        may_speak BOOLEAN NOT NULL,
        authority_until TEXT,
        source TEXT NOT NULL,
        read_wall FLOAT NOT NULL,
        PRIMARY KEY (id),
        FOREIGN KEY(member_ref) REFERENCES members (id) ON DELETE CASCADE,
        FOREIGN KEY(other_ref) REFERENCES members (id) ON DELETE CASCADE,
        FOREIGN KEY(facility_ref) REFERENCES facilities (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_relations_member_ref ON relations (member_ref)",
    "CREATE INDEX ix_relations_other_ref ON relations (other_ref)",
    """
    CREATE TABLE wrap_up_codes (
        call_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        code TEXT NOT NULL,
        party TEXT DEFAULT '' NOT NULL,
        member_id TEXT DEFAULT '' NOT NULL,
        PRIMARY KEY (call_id, position),
        FOREIGN KEY(call_id) REFERENCES calls (call_id) ON DELETE CASCADE
    )
    """,
    """
    CREATE VIRTUAL TABLE directory_fts USING fts5(
        name, ident, content='', contentless_delete=1,
        tokenize="unicode61 remove_diacritics 2", prefix='2 3')
    """,
    "INSERT INTO directory_fts(directory_fts, rank) VALUES('secure-delete', 1)",
    """
    CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END
    """,
    """
    CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit rows are never removed'); END
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
