"""The statements of orders: requests into the outbox, all else as work with a date.

Runs in: desk process, store thread, in the caller's transaction. What this desk cannot order itself
(a place in a doctor's diary, a message through the centre's gateway, a change of a policy) becomes
a task for those who can: nothing that a caller was promised hangs in the air.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from ctidesk.care.orders import (
    AppointmentOrder,
    CareOrder,
    MessageOrder,
    Placing,
    PolicyOrder,
    RefillOrder,
    SupplyOrder,
    TaskOrder,
)
from ctidesk.care.work import WorkItem, WorkKind
from ctidesk.crm import audit, requests_sql, work_sql
from ctidesk.crm.corrections_sql import Hand
from ctidesk.crm.fhir.reading import Surroundings
from ctidesk.crm.schema import Owner, members, numbers
from ctidesk.crm.standing_schema import address_confirmations
from ctidesk.crm.work_sql import Worker

DAY_S = 86_400.0
_APPOINTMENTS = {"book": "Book", "move": "Move", "cancel": "Cancel"}


def place(
    connection: Connection, placing: Placing, who: str, wall: float, *, sends: bool
) -> list[WorkItem]:
    """See `care.orders.CareOrders.place`. Placed again, nothing is made twice: requests and items
    are known by the placing's key and their number."""
    found: list[WorkItem] = []
    steps: dict[str, int] = defaultdict(int)
    for number, order in enumerate(placing.orders, 1):
        key = f"{placing.key}/{number}"
        if sends and _requested(connection, order, placing.member_id, key, Hand(who, wall, _HERE)):
            continue
        item = replace(_work(order, wall), key=key, call_id=placing.call_id)
        if isinstance(order, TaskOrder) and order.chain:
            steps[order.chain] += 1
            item = replace(item, chain_id=f"{placing.key}/{order.chain}", step=steps[order.chain])
        item = _about(connection, item, placing.member_id)
        found.append(replace(item, item_id=work_sql.add(connection, item, Worker(who, wall))))
    if placing.confirmed_address:
        _confirm(connection, placing, who, wall)
    return found


# -------------------------------------------------------------------- private

_HERE = Surroundings("")


def _confirm(connection: Connection, placing: Placing, who: str, wall: float) -> None:
    """Note the day once, unless the record has another address by now."""
    query = select(members.c.id).where(
        members.c.member_id == placing.member_id, members.c.address == placing.confirmed_address
    )
    ref = connection.execute(query).scalar_one_or_none()
    if ref is None:
        return
    row = {
        "member_ref": ref,
        "address": placing.confirmed_address,
        "confirmed_on": date.fromtimestamp(wall).isoformat(),
    }
    known = select(address_confirmations).filter_by(**row)
    if connection.execute(known).first() is not None:
        return
    connection.execute(insert(address_confirmations).prefix_with("OR REPLACE").values(row))
    audit.record(
        connection,
        t_wall=wall,
        who=who,
        action="address_confirmed",
        member_id=placing.member_id,
        subject_id=placing.call_id,
        purpose="guide",
    )


def _requested(
    connection: Connection, order: CareOrder, member_id: str, key: str, by: Hand
) -> bool:
    """Whether the CRM takes this as a request."""
    if isinstance(order, RefillOrder) and order.prescription.startswith("MedicationRequest/"):
        requests_sql.ask_refill(connection, order.prescription, member_id, by, key)
        return True
    if isinstance(order, SupplyOrder) and _in_crm(connection, member_id):
        requests_sql.ask_supply(connection, order.item, order.quantity, member_id, by, key)
        return True
    return False


def _work(order: CareOrder, wall: float) -> WorkItem:
    match order:
        case TaskOrder():
            due = wall + DAY_S if order.due is None else order.due.timestamp()
            kind = WorkKind.CHAIN if order.chain else WorkKind.TASK
            return WorkItem(
                title=f"Urgent: {order.title}" if order.urgent else order.title,
                kind=WorkKind.CALLBACK if order.callback else kind,
                owner=order.owner,
                due_wall=due,
                note=order.note,
            )
        case RefillOrder():
            words = [f"Order the refill: {order.drug}"]
            if order.promised is not None:
                words.append(f"promised for {order.promised.day} {order.promised:%B}")
            if not order.address_confirmed:
                words.append("address not confirmed")
            return _task(", ".join(words), wall)
        case SupplyOrder():
            return _task(f"Order supplies: {order.quantity} × {order.item}", wall)
        case AppointmentOrder():
            when = "" if order.starts is None else _moment(order.starts)
            about = (order.what, order.doctor, order.place, when)
            what = ", ".join(part for part in about if part)
            return _task(f"{_APPOINTMENTS[order.action]} the appointment: {what}", wall)
        case MessageOrder():
            way = order.channel or "the channel that the member prefers"
            when = "" if order.send_at is None else f" at {_moment(order.send_at)}"
            due = wall + DAY_S if order.send_at is None else order.send_at.timestamp()
            title = f"Send the message “{order.template}” by {way}{when}"
            return WorkItem(title=title, kind=WorkKind.MESSAGE, due_wall=due)
        case PolicyOrder():
            changes = ", ".join(f"{name}: {value}" for name, value in order.now)
            return _task(f"Change the policy: {changes}", wall)


def _task(title: str, wall: float) -> WorkItem:
    return WorkItem(title=title, due_wall=wall + DAY_S)


def _moment(when: datetime) -> str:
    local = when.astimezone()
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def _in_crm(connection: Connection, member_id: str) -> bool:
    query = select(members.c.resource).where(members.c.member_id == member_id)
    return bool(connection.execute(query).scalar_one_or_none())


def _about(connection: Connection, item: WorkItem, member_id: str) -> WorkItem:
    """With the member's name and, to be called back, the number that they prefer."""
    query = select(members.c.id, members.c.given, members.c.family).where(
        members.c.member_id == member_id
    )
    row = connection.execute(query).first()
    if row is None:
        return item
    theirs = (numbers.c.owner_kind == int(Owner.MEMBER)) & (numbers.c.owner_ref == row.id)
    first = select(numbers.c.e164).where(theirs, numbers.c.e164 != "")
    number = connection.execute(first.order_by(numbers.c.preferred.desc())).scalars().first()
    return replace(
        item,
        member_id=member_id,
        member=f"{row.given} {row.family}".strip(),
        number=number or "",
    )
