"""The head of the audit trail as a message: what the CRM has noted, no desk can cut off unseen.

Runs in: desk process, store thread. A chain of hashes alone does not show a cut tail.
"""

from __future__ import annotations

import json
import uuid

from sqlalchemy import Connection, select

from ctidesk.crm import outbox
from ctidesk.crm.schema import audit, marks, outbox as outbox_rows

CHECKPOINT = "checkpoint"
LANE = "audit"
_DESK = "desk_id"


def queue_checkpoint(connection: Connection, now: float, every_s: float) -> bool:
    """Queue one when the trail grew since the last, at most every `every_s` seconds. True when
    there is one to send."""
    head = connection.execute(
        select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    last = connection.execute(
        select(outbox_rows.c.subject_id, outbox_rows.c.created_wall)
        .where(outbox_rows.c.kind == CHECKPOINT)
        .order_by(outbox_rows.c.id.desc())
        .limit(1)
    ).first()
    if head is None or (last is not None and int(last.subject_id) >= head.seq):
        return False
    # a clock that was put back must not silence it
    if last is not None and 0 <= now - last.created_wall < every_s:
        return False
    outbox.enqueue(
        connection,
        kind=CHECKPOINT,
        subject_id=str(head.seq),
        lane=LANE,
        body={"seq": head.seq, "hash": head.hash.hex(), "t_wall": now, "desk": _desk(connection)},
        t_wall=now,
    )
    return True


def _desk(connection: Connection) -> str:
    """A name of this desk's cache that tells nothing about its user."""
    kept = connection.execute(select(marks.c.value).where(marks.c.name == _DESK)).scalar()
    if kept is None:
        kept = json.dumps(f"desk-{uuid.uuid4()}")
        connection.execute(marks.insert().values(name=_DESK, value=kept))
    return str(json.loads(kept))
