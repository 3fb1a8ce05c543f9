"""What a message hangs on, what it became in the CRM, and what stands against it there.

Runs in: desk process, store thread. Frozen: later changes are later migrations.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_APART = """
    INSERT INTO outbox (
        idempotency_key, kind, subject_id, lane, body, state, attempts, created_wall,
        next_try_wall, target
    )
    SELECT lower(hex(randomblob(16))), '{kind}', subject_id, lane, json_object(
            'call_id', subject_id,
            'member_id', json_extract(body, '$.member_id'),
            'agent', json_extract(body, '$.agent'),
            'patient', '',
            '{name}', json_extract(body, '$.{field}'),
            'authored_wall', json_extract(body, '$.saved_wall'),
            'saved_wall', json_extract(body, '$.saved_wall')
        ), 'waiting', 0, created_wall, next_try_wall, target
    FROM outbox WHERE kind = 'interaction' AND json_extract(body, '$.{field}') != ''
"""
_STATEMENTS = (
    "ALTER TABLE outbox ADD COLUMN target TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE outbox ADD COLUMN remote TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE outbox ADD COLUMN theirs TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE outbox ADD COLUMN tried_wall FLOAT",
    "UPDATE outbox SET target = subject_id",
    "CREATE INDEX ix_outbox_lane ON outbox (lane, id)",
    # earlier versions kept what is to be done next, and the recording, inside the call's message
    _APART.format(kind="follow_up", name="text", field="follow_up"),
    _APART.format(kind="recording", name="manifest", field="recording_manifest"),
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
