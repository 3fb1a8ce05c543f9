"""Work and the CRM's Tasks: what becomes of an item is told to the Task that it is.

Runs in: desk process, store thread, in the caller's transaction.
"""

from __future__ import annotations

import uuid

from sqlalchemy import Connection, select

from ctidesk.care.work import WorkItem, WorkState
from ctidesk.crm import outbox
from ctidesk.crm.schema import outbox as messages

CHANGE = "change"
STATUS = {
    WorkState.WAITING: "draft",
    WorkState.OPEN: "requested",
    WorkState.TAKEN: "in-progress",
    WorkState.DONE: "completed",
    WorkState.DROPPED: "cancelled",
}
"""https://hl7.org/fhir/R4/valueset-task-status.html"""


def tell(connection: Connection, before: WorkItem, after: WorkItem, wall: float) -> None:
    """Queue the change of status of the Task that `after` is, if it is one and changed."""
    remote = after.remote or _made_of(connection, after)
    if not remote or before.state is after.state:
        return
    change = {"name": "status", "base": STATUS[before.state], "mine": STATUS[after.state]}
    outbox.enqueue(
        connection,
        kind=CHANGE,
        subject_id=str(uuid.uuid4()),
        lane=after.member_id or after.item_id,
        body={"resource": remote, "member_id": after.member_id, "changes": [change]},
        t_wall=wall,
        target=remote,
    )


def _made_of(connection: Connection, item: WorkItem) -> str:
    """The Task that the CRM made of a wrap-up's follow-up, "" while there is none."""
    if not item.key.startswith("follow_up:"):
        return ""
    query = select(messages.c.remote).where(
        messages.c.kind == "follow_up", messages.c.subject_id == item.call_id
    )
    return connection.execute(query).scalar_one_or_none() or ""
