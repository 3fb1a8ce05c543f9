"""What becomes of a piece of work: who may close it with which outcome, and when it is due again.

Runs in: desk process, any thread. Pure. Nothing is closed by its age.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ctidesk.calls.errors import KnownError
from ctidesk.calls.numbers import same_line
from ctidesk.calls.text import plain
from ctidesk.care.work import (
    OPEN_STATES,
    Assigned,
    Attempt,
    CallReport,
    Closed,
    Noted,
    Outcome,
    PutOff,
    Tried,
    WorkItem,
    WorkKind,
    WorkState,
    WorkStep,
)

MAX_TEXT = 2000
MAX_TITLE = 200
_ENDS_A_CALLBACK = (Outcome.REACHED, Outcome.LEFT_MESSAGE, Outcome.WRONG_NUMBER, Outcome.GAVE_UP)
_ENDS_A_TASK = (Outcome.DONE, Outcome.DROPPED)
_NOT_DONE = (Outcome.WRONG_NUMBER, Outcome.GAVE_UP, Outcome.DROPPED)
_NEEDS_REASON = (Outcome.GAVE_UP, Outcome.DROPPED)


@dataclass(frozen=True, slots=True)
class WorkPolicy:
    """`most_tries`: so many calls before a callback may be given up; `retry_s`: when to try again
    if the agent says nothing else; `callback_s`: by when a missed caller is called back."""

    most_tries: int = 3
    retry_s: float = 3600.0
    callback_s: float = 1800.0


def outcomes_of(item: WorkItem) -> tuple[Outcome, ...]:
    """By which it can be closed, in the order of their keys."""
    return _ENDS_A_CALLBACK if item.is_call else _ENDS_A_TASK


def apply(item: WorkItem, step: WorkStep, who: str, now: float, policy: WorkPolicy) -> WorkItem:
    """`item` after `step`, done by `who` at `now` (seconds since the epoch). Raises `KnownError`
    work_closed, work_waiting, work_outcome, work_reason or work_tries."""
    if item.closed:
        raise KnownError(
            "work_closed",
            "This was closed in the meantime.",
            "Look under Closed who did it and how it ended.",
        )
    if isinstance(step, Noted):
        return replace(item, note=step.note.strip()[:MAX_TEXT])
    if item.state is WorkState.WAITING:
        raise KnownError(
            "work_waiting",
            "This step waits for the one before it.",
            "Finish the earlier step of the chain first.",
        )
    if isinstance(step, Assigned):
        taken = WorkState.TAKEN if step.owner and step.begun else WorkState.OPEN
        return replace(item, owner=plain(step.owner), state=taken)
    if isinstance(step, PutOff):
        return replace(item, due_wall=step.due_wall)
    if isinstance(step, Tried):
        return _tried(item, step, who, now)
    return _closed(item, step, who, now, policy)


def heard(item: WorkItem, report: CallReport, who: str, policy: WorkPolicy) -> WorkItem | None:
    """`item` after what happened in a call; None when the call says nothing about it."""
    if item.closed or item.state is WorkState.WAITING or not _is_about(item, report):
        return None
    if any(one.call_id == report.call_id for one in item.attempts):
        return None
    if report.what == "missed":
        again = Attempt(
            at_wall=report.at_wall, who="", outcome=Outcome.RANG_AGAIN, call_id=report.call_id
        )
        return replace(item, attempts=(*item.attempts, again))
    if report.what == "spoken":
        spoken = _with(item, report.at_wall, who, Outcome.REACHED, report.call_id)
        if item.kind is not WorkKind.MISSED or report.item_id:
            return spoken  # who answered, and whether all is done, only a person knows
        return replace(
            spoken,
            state=WorkState.DONE,
            outcome=Outcome.REACHED,
            closed_wall=report.at_wall,
            closed_by=who,
        )
    tried = _with(item, report.at_wall, who, report.outcome or Outcome.NO_ANSWER, report.call_id)
    return replace(tried, due_wall=report.at_wall + policy.retry_s)


def new_missed(report: CallReport, policy: WorkPolicy) -> WorkItem:
    return WorkItem(
        title=plain(report.title) or "Missed call",
        kind=WorkKind.MISSED,
        key=missed_key(report.call_id),
        number=report.number,
        call_id=report.call_id,
        created_wall=report.at_wall,
        due_wall=report.at_wall + policy.callback_s,
    )


def missed_key(call_id: str) -> str:
    return f"missed:{call_id}"


def follow_up_key(call_id: str) -> str:
    return f"follow_up:{call_id}"


def overdue(item: WorkItem, now: float) -> bool:
    return not item.closed and item.due_wall is not None and item.due_wall < now


def due_first(items: Iterable[WorkItem]) -> list[WorkItem]:
    """By due date, then by age; what has no date comes last."""
    never = float("inf")

    def order(item: WorkItem) -> tuple[float, float, str]:
        due = never if item.due_wall is None else item.due_wall
        return due, item.created_wall, item.item_id

    return sorted(items, key=order)


def next_states(item: WorkItem, later: Iterable[WorkItem]) -> list[WorkItem]:
    """Which `later` waiting steps of its chain change now that `item` is closed: the next one opens
    when it is done; when it was dropped there is nothing to follow, and all are dropped with it."""
    waiting = sorted(
        (one for one in later if one.state is WorkState.WAITING and one.step > item.step),
        key=lambda one: one.step,
    )
    if item.state is WorkState.DONE:
        return [replace(one, state=WorkState.OPEN) for one in waiting[:1]]
    if item.state is not WorkState.DROPPED:
        return []
    return [
        replace(
            one,
            state=WorkState.DROPPED,
            outcome=Outcome.DROPPED,
            reason=item.reason,
            closed_wall=item.closed_wall,
            closed_by=item.closed_by,
        )
        for one in waiting
    ]


# -------------------------------------------------------------------- private


def _is_about(item: WorkItem, report: CallReport) -> bool:
    if report.what == "missed":
        alike = item.kind is WorkKind.MISSED and item.call_id != report.call_id
    elif item.item_id and item.item_id == report.item_id:
        return True
    else:
        alike = item.is_call and item.created_wall <= report.at_wall
    return alike and bool(report.number) and same_line(item.number, report.number)


def _with(item: WorkItem, at: float, who: str, outcome: str, call_id: str) -> WorkItem:
    new = Attempt(at_wall=at, who=who, outcome=outcome, call_id=call_id)
    kept = item.attempts
    for place, one in enumerate(kept):
        if call_id and one.call_id == call_id:
            said = replace(one, outcome=outcome, who=who)
            return replace(item, attempts=(*kept[:place], said, *kept[place + 1 :]))
    return replace(item, attempts=(*kept, new))


def _tried(item: WorkItem, step: Tried, who: str, now: float) -> WorkItem:
    tried = _with(item, now, who, step.outcome, step.call_id)
    return tried if step.next_wall is None else replace(tried, due_wall=step.next_wall)


def _closed(item: WorkItem, step: Closed, who: str, now: float, policy: WorkPolicy) -> WorkItem:
    if step.outcome not in outcomes_of(item):
        raise KnownError(
            "work_outcome",
            "This work does not end in that way.",
            "Choose one of the outcomes that are offered for it.",
        )
    reason = plain(step.reason, MAX_TITLE)
    tries = len(item.tries)
    can_be_called = bool(item.number or item.member_id)
    if step.outcome is Outcome.GAVE_UP and can_be_called and tries < policy.most_tries:
        raise KnownError(
            "work_tries",
            f"It may be given up after {policy.most_tries} tries; so far there "
            + ("was 1." if tries == 1 else f"were {tries}."),
            "Try again later, or hand it over.",
        )
    if step.outcome in _NEEDS_REASON and not reason:
        raise KnownError(
            "work_reason",
            "It was not done: a reason is needed.",
            "Write in a few words why, then close it.",
        )
    told = step.outcome in (Outcome.LEFT_MESSAGE, Outcome.WRONG_NUMBER) and not tries
    if told or (item.is_call and step.call_id):
        item = _with(item, now, who, step.outcome, step.call_id)
    return replace(
        item,
        state=WorkState.DROPPED if step.outcome in _NOT_DONE else WorkState.DONE,
        outcome=step.outcome,
        reason=reason,
        closed_wall=now,
        closed_by=who,
    )


def is_open(item: WorkItem) -> bool:
    return item.state in OPEN_STATES
