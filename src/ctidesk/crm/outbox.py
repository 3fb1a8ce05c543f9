"""Messages for the CRM, written in the transaction of what they tell.

Runs in: desk process, store thread. The key is minted with the message and before any sending,
so that a repeated send has one effect at the other end.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert

from ctidesk.crm.schema import outbox

WAITING, SENDING, SENT, DEAD = "waiting", "sending", "sent", "dead"


def enqueue(
    connection: Connection,
    *,
    kind: str,
    subject_id: str,
    lane: str,
    body: dict[str, Any],
    t_wall: float,
) -> None:
    """Add a message about `subject_id`, once. Messages of one `lane` are sent in this order."""
    message = insert(outbox).values(
        idempotency_key=str(uuid.uuid4()),
        kind=kind,
        subject_id=subject_id,
        lane=lane,
        body=json.dumps(body, ensure_ascii=False, sort_keys=True),
        state=WAITING,
        attempts=0,
        created_wall=t_wall,
        next_try_wall=t_wall,
    )
    connection.execute(message.on_conflict_do_nothing(index_elements=["kind", "subject_id"]))


def amend(connection: Connection, kind: str, subject_id: str, late: dict[str, Any]) -> None:
    """Put what became known `late` into the body of a message that was never tried yet."""
    own = (outbox.c.kind == kind) & (outbox.c.subject_id == subject_id)
    fresh = own & (outbox.c.state == WAITING) & (outbox.c.attempts == 0)
    row = connection.execute(select(outbox.c.id, outbox.c.body).where(fresh)).first()
    if row is not None:
        body = json.dumps({**json.loads(row.body), **late}, ensure_ascii=False, sort_keys=True)
        connection.execute(update(outbox).where(outbox.c.id == row.id).values(body=body))


def waiting(connection: Connection) -> int:
    """How many messages have not reached the CRM and are not given up."""
    query = select(func.count()).where(outbox.c.state.in_((WAITING, SENDING)))
    return connection.execute(query).scalar_one()
