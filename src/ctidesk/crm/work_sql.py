"""The statements of work: add, look, act, follow calls. Each change has its audit row.

Runs in: desk process, store thread, in the caller's transaction.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from ctidesk.calls.errors import KnownError
from ctidesk.care import work_rules
from ctidesk.care.work import (
    CLOSED_STATES,
    OPEN_STATES,
    Attempt,
    CallReport,
    Outcome,
    WorkItem,
    WorkKind,
    WorkState,
    WorkStep,
)
from ctidesk.care.work_rules import WorkPolicy
from ctidesk.crm import audit, work_tasks
from ctidesk.crm.schema import members
from ctidesk.crm.work_schema import work_attempts, work_items

MAX_ITEMS = 5000
_COLUMNS = tuple(f.name for f in fields(WorkItem) if f.name != "attempts")


@dataclass(frozen=True, slots=True)
class Worker:
    """Who does it, when, and by which rules."""

    who: str
    wall: float
    policy: WorkPolicy = field(default_factory=WorkPolicy)


def open_items(connection: Connection, limit: int) -> list[WorkItem]:
    """See `care.work.WorkItems.open_items`."""
    order = (
        work_items.c.due_wall.is_(None),
        work_items.c.due_wall,
        work_items.c.created_wall,
        work_items.c.id,
    )
    return _load(connection, work_items.c.state.in_(OPEN_STATES), order, limit)


def closed_items(connection: Connection, limit: int) -> list[WorkItem]:
    """See `care.work.WorkItems.closed_items`."""
    order = (work_items.c.closed_wall.desc(), work_items.c.id.desc())
    return _load(connection, work_items.c.state.in_(CLOSED_STATES), order, limit)


def add(connection: Connection, item: WorkItem, by: Worker) -> str:
    """Store a new item; returns its id, that of the one which has its `key` already if there is
    one. A later step of a chain waits for its turn."""
    if item.key:
        query = select(work_items.c.item_id).where(work_items.c.key == item.key)
        if (known := connection.execute(query).scalar_one_or_none()) is not None:
            return str(known)
    item = replace(
        item,
        item_id=uuid.uuid4().hex,
        title=item.title.strip()[: work_rules.MAX_TITLE],
        created_wall=item.created_wall or by.wall,
    )
    if (
        item.chain_id
        and item.step > 1
        and item.state is WorkState.OPEN
        and _before(connection, item)
    ):
        item = replace(item, state=WorkState.WAITING)
    connection.execute(insert(work_items).values(_values(item)))
    _put_attempts(connection, item)
    _note(connection, item, "work_added", by)
    return item.item_id


def act(connection: Connection, item_id: str, step: WorkStep, by: Worker) -> None:
    """See `care.work.WorkItems.act`."""
    found = _load(connection, work_items.c.item_id == item_id, (), 1)
    if not found:
        raise KnownError(
            "work_gone", "This is not on the list any more.", "Look at the list again."
        )
    _save(connection, found[0], work_rules.apply(found[0], step, by.who, by.wall, by.policy), by)


def follow(connection: Connection, reports: Sequence[CallReport], by: Worker) -> None:
    """See `care.work.WorkItems.follow`."""
    open_now = {
        item.item_id: item
        for item in _load(connection, work_items.c.state.in_(OPEN_STATES), (), MAX_ITEMS)
    }
    for report in sorted(reports, key=lambda one: one.at_wall):
        if report.what == "missed" and _knows(connection, report.call_id):
            continue
        changed = False
        for item in list(open_now.values()):
            after = work_rules.heard(item, report, by.who, by.policy)
            if after is not None:
                _save(connection, item, after, by)
                open_now[item.item_id] = after
                changed = True
        if report.what == "missed" and not changed:
            new = work_rules.new_missed(report, by.policy)
            item_id = add(connection, new, by)
            open_now[item_id] = replace(new, item_id=item_id)


def erase_closed_of(connection: Connection, member_id: str) -> None:
    """A member is erased: closed work about them goes too. Open work keeps a member here."""
    own = and_(work_items.c.member_id == member_id, work_items.c.state.in_(CLOSED_STATES))
    connection.execute(delete(work_items).where(own))


def erase_closed_before(connection: Connection, wall: float) -> int:
    """What was closed so long ago is not kept; what is open stays however old it is."""
    old = and_(work_items.c.closed_wall < wall, work_items.c.state.in_(CLOSED_STATES))
    return connection.execute(delete(work_items).where(old)).rowcount


# -------------------------------------------------------------------- private


def _load(connection: Connection, where: Any, order: Iterable[Any], limit: int) -> list[WorkItem]:
    named = func.trim(members.c.given + " " + members.c.family).label("named")
    query = (
        select(work_items, named)
        .select_from(
            work_items.outerjoin(
                members,
                and_(members.c.member_id == work_items.c.member_id, work_items.c.member_id != ""),
            )
        )
        .where(where)
        .order_by(*order)
        .limit(min(limit, MAX_ITEMS))
    )
    rows = connection.execute(query).all()
    chosen = select(work_items.c.id).where(where)
    tries: dict[int, list[Attempt]] = defaultdict(list)
    for one in connection.execute(
        select(work_attempts)
        .where(work_attempts.c.item_ref.in_(chosen))
        .order_by(work_attempts.c.at_wall, work_attempts.c.id)
    ):
        tries[one.item_ref].append(
            Attempt(at_wall=one.at_wall, who=one.who, outcome=one.outcome, call_id=one.call_id)
        )
    return [_item(row, tuple(tries.get(row.id, ()))) for row in rows]


def _item(row: Any, attempts: tuple[Attempt, ...]) -> WorkItem:
    values = {name: row._mapping[name] for name in _COLUMNS}
    values["kind"] = WorkKind(row.kind)
    values["state"] = WorkState(row.state)
    values["member"] = row.named or row.member
    return WorkItem(**values, attempts=attempts)


def _values(item: WorkItem) -> dict[str, Any]:
    return {name: getattr(item, name) for name in _COLUMNS}


def _save(connection: Connection, before: WorkItem, after: WorkItem, by: Worker) -> None:
    """What changed, its audit row, what follows in its chain, and the news for the CRM."""
    if after == before:
        return
    own = work_items.c.item_id == after.item_id
    kept = {name: value for name, value in _values(after).items() if name != "member"}
    connection.execute(update(work_items).where(own).values(kept))
    if after.attempts != before.attempts:
        ref = connection.execute(select(work_items.c.id).where(own)).scalar_one()
        connection.execute(delete(work_attempts).where(work_attempts.c.item_ref == ref))
        _put_attempts(connection, after)
    _note(connection, after, "work_closed" if after.closed else "work_changed", by)
    work_tasks.tell(connection, before, after, by.wall)
    if after.closed and after.chain_id:
        chain = _load(connection, work_items.c.chain_id == after.chain_id, (), MAX_ITEMS)
        for later in work_rules.next_states(after, chain):
            was = next(one for one in chain if one.item_id == later.item_id)
            _save_alone(connection, was, later, by)


def _save_alone(connection: Connection, before: WorkItem, after: WorkItem, by: Worker) -> None:
    kept = {name: value for name, value in _values(after).items() if name != "member"}
    own = work_items.c.item_id == after.item_id
    connection.execute(update(work_items).where(own).values(kept))
    _note(connection, after, "work_closed" if after.closed else "work_changed", by)
    work_tasks.tell(connection, before, after, by.wall)


def _put_attempts(connection: Connection, item: WorkItem) -> None:
    if not item.attempts:
        return
    own = work_items.c.item_id == item.item_id
    ref = connection.execute(select(work_items.c.id).where(own)).scalar_one()
    rows = [
        {
            "item_ref": ref,
            "at_wall": one.at_wall,
            "who": one.who,
            "outcome": str(one.outcome),
            "call_id": one.call_id,
        }
        for one in item.attempts
    ]
    connection.execute(insert(work_attempts), rows)


def _before(connection: Connection, item: WorkItem) -> bool:
    """Whether an earlier step of its chain is not closed yet."""
    query = select(work_items.c.id).where(
        work_items.c.chain_id == item.chain_id,
        work_items.c.step < item.step,
        work_items.c.state.not_in(CLOSED_STATES),
    )
    return connection.execute(query.limit(1)).first() is not None


def _knows(connection: Connection, call_id: str) -> bool:
    """Whether a missed call is an item, or a further ring of one, open or closed."""
    own = select(work_items.c.id).where(work_items.c.key == work_rules.missed_key(call_id))
    again = select(work_attempts.c.id).where(
        work_attempts.c.call_id == call_id, work_attempts.c.outcome == Outcome.RANG_AGAIN
    )
    return any(connection.execute(query.limit(1)).first() for query in (own, again))


def _note(connection: Connection, item: WorkItem, action: str, by: Worker) -> None:
    audit.record(
        connection,
        t_wall=by.wall,
        who=by.who or "desk",
        action=action,
        member_id=item.member_id,
        subject_id=item.item_id,
        purpose=" ".join(part for part in (item.kind, item.state, item.outcome) if part),
    )
