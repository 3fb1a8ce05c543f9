"""Messages for the CRM, written in the transaction of what they tell.

Runs in: desk process, store thread. The key is minted with the message and before any sending,
so that a repeated send has one effect at the other end.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from sqlalchemy import Connection, func, select
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


def waiting(connection: Connection) -> int:
    """How many messages have not reached the CRM and are not given up."""
    query = select(func.count()).where(outbox.c.state.in_((WAITING, SENDING)))
    return connection.execute(query).scalar_one()
