"""Messages for the CRM, written in the transaction of what they tell, sent in order, kept until
they are there or somebody decides about them.

Runs in: desk process, store thread. The key is minted with the message and before any sending,
so that a repeated send has one effect at the other end.

waiting → sending → sent; from sending back to waiting (tried again by itself), or to dead or
conflict, which a person decides about: waiting again, or discarded.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, exists, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from ctidesk.calls.errors import KnownError
from ctidesk.crm.schema import outbox

WAITING, SENDING, SENT, DEAD = "waiting", "sending", "sent", "dead"
CONFLICT, DISCARDED = "conflict", "discarded"
LEASE_S = 300.0
"""Longer than any request may take. A worker that died with its desk needs no waiting for: the
next one knows by the name in the lease that it is gone."""
MOST_AHEAD_S = 3600.0
"""No try is put off for longer; a later time comes from a clock that was put back."""
NEAR = 20
KEEP_SENT_S = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Message:
    """One to send. `attempts`: this one included. Its `body` and `theirs` may tell of a patient."""

    id: int
    kind: str
    subject_id: str
    target: str
    key: str
    attempts: int
    created_wall: float
    body: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many wait (those on their way included), were given up, contradict the CRM."""

    waiting: int = 0
    dead: int = 0
    conflicts: int = 0


def enqueue(
    connection: Connection,
    *,
    kind: str,
    subject_id: str,
    lane: str,
    body: Mapping[str, Any],
    t_wall: float,
    target: str = "",
) -> None:
    """Add a message about `subject_id`, once. Messages of one `lane` are sent in this order; one
    that was given up holds back only those of the same `target`."""
    message = insert(outbox).values(
        idempotency_key=str(uuid.uuid4()),
        kind=kind,
        subject_id=subject_id,
        lane=lane,
        body=_text(body),
        state=WAITING,
        attempts=0,
        created_wall=t_wall,
        next_try_wall=t_wall,
        target=target or subject_id,
    )
    connection.execute(message.on_conflict_do_nothing(index_elements=["kind", "subject_id"]))


def waiting(connection: Connection) -> int:
    """How many messages have not reached the CRM and are not given up."""
    query = select(func.count()).where(outbox.c.state.in_((WAITING, SENDING)))
    return connection.execute(query).scalar_one()


def tally(connection: Connection) -> Tally:
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    waits = found.get(WAITING, 0) + found.get(SENDING, 0)
    return Tally(waits, found.get(DEAD, 0), found.get(CONFLICT, 0))


def claim(connection: Connection, worker: str, now: float) -> Message | None:
    """Lease the oldest message that may go now to `worker`; None when there is none."""
    going = select(outbox).where(_may_go(worker, now)).order_by(outbox.c.id).limit(1)
    # who may go is found out row by row: of a long queue mostly among the oldest
    oldest = outbox.alias("oldest")
    open_ = oldest.c.state.in_((WAITING, SENDING))
    near = select(oldest.c.id).where(open_).order_by(oldest.c.id).limit(NEAR)
    row = connection.execute(going.where(outbox.c.id.in_(near))).first()
    row = row or connection.execute(going).first()
    if row is None:
        return None
    _set(
        connection,
        row.id,
        state=SENDING,
        attempts=row.attempts + 1,
        lease_by=worker,
        lease_until_wall=now + LEASE_S,
        tried_wall=now,
    )
    return Message(
        id=row.id,
        kind=row.kind,
        subject_id=row.subject_id,
        target=row.target,
        key=row.idempotency_key,
        attempts=row.attempts + 1,
        created_wall=row.created_wall,
        body=json.loads(row.body),
    )


def next_due(connection: Connection, now: float) -> float | None:
    """When the next message that was put off is tried; None for none. What is due and does not go
    stands behind another: that one's time counts, or a person's decision."""
    later = (outbox.c.state == WAITING) & (outbox.c.next_try_wall > now)
    query = select(func.min(outbox.c.next_try_wall)).where(later)
    due: float | None = connection.execute(query).scalar_one()
    return due


def all_due(connection: Connection, now: float) -> None:
    """Somebody asked for it: nothing that waits is put off any longer."""
    waits = outbox.c.state == WAITING
    connection.execute(update(outbox).where(waits).values(next_try_wall=now))


def remote_of(connection: Connection, kind: str, subject_id: str) -> str:
    """What became of another message: "Communication/1", "" while it is not there."""
    query = select(outbox.c.remote).where(
        outbox.c.kind == kind, outbox.c.subject_id == subject_id, outbox.c.state == SENT
    )
    return connection.execute(query).scalar_one_or_none() or ""


def sent(connection: Connection, message_id: int, remote: str, now: float) -> None:
    """The CRM has it, as `remote`."""
    _set(connection, message_id, state=SENT, sent_wall=now, remote=remote, problem="", **_FREE)


def put_off(connection: Connection, message_id: int, until_wall: float, why: KnownError) -> None:
    """It is tried again by itself."""
    _set(
        connection,
        message_id,
        state=WAITING,
        next_try_wall=until_wall,
        problem=_problem(why),
        **_FREE,
    )


def give_up(connection: Connection, message_id: int, why: KnownError) -> None:
    """A person must decide."""
    _set(connection, message_id, state=DEAD, problem=_problem(why), **_FREE)


def contradicted(
    connection: Connection, message_id: int, why: KnownError, theirs: Mapping[str, Any]
) -> None:
    """The CRM has `theirs` meanwhile: a person must decide."""
    _set(
        connection,
        message_id,
        state=CONFLICT,
        problem=_problem(why),
        theirs=_text(theirs),
        **_FREE,
    )


def forget_sent(connection: Connection, now: float) -> int:
    """Drop what has been in the CRM for a month."""
    old = (outbox.c.state == SENT) & (outbox.c.sent_wall < now - KEEP_SENT_S)
    return connection.execute(outbox.delete().where(old)).rowcount


# -------------------------------------------------------------------- private

_FREE: dict[str, Any] = {"lease_by": "", "lease_until_wall": None}


def _may_go(worker: str, now: float) -> Any:
    mine, earlier, first = outbox, outbox.alias("earlier"), outbox.alias("first")
    due = or_(mine.c.next_try_wall <= now, mine.c.next_try_wall > now + MOST_AHEAD_S)
    lost = or_(
        mine.c.lease_by != worker,
        mine.c.lease_until_wall <= now,
        mine.c.lease_until_wall > now + MOST_AHEAD_S,
    )
    ready = or_(and_(mine.c.state == WAITING, due), and_(mine.c.state == SENDING, lost))
    # what is held back itself holds back nothing else
    goes = and_(earlier.c.state.in_((WAITING, SENDING)), ~_held(earlier, first))
    before = exists().where(earlier.c.lane == mine.c.lane, earlier.c.id < mine.c.id, goes)
    return and_(ready, ~before, ~_held(mine, earlier))


def _held(one: Any, other: Any) -> Any:
    """Whether an undecided `other` stands before `one` and about the same."""
    return exists().where(
        other.c.lane == one.c.lane,
        other.c.id < one.c.id,
        other.c.target == one.c.target,
        other.c.state.in_((DEAD, CONFLICT)),
    )


def _set(connection: Connection, message_id: int, **values: Any) -> None:
    connection.execute(update(outbox).where(outbox.c.id == message_id).values(**values))


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True)


def _problem(why: KnownError) -> str:
    """No text of a `KnownError` of the CRM carries health data."""
    return _text({"code": why.code, "text": why.text, "remedy": why.remedy})
