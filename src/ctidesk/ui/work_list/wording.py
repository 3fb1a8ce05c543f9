"""Work in the words of an agent: what, when due, how often tried.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from ctidesk.calls.text import plain
from ctidesk.care.day_words import local_day
from ctidesk.care.work import Attempt, Outcome, WorkItem, WorkKind, WorkState
from ctidesk.ui import words

TimeOfDay = Callable[[float], str]

KIND_WORDS: Mapping[WorkKind, str] = {
    WorkKind.MISSED: "Missed call",
    WorkKind.CALLBACK: "Callback",
    WorkKind.TASK: "Task",
    WorkKind.CHAIN: "Step",
    WorkKind.MESSAGE: "Message",
}
KIND_ICONS: Mapping[WorkKind, str] = {
    WorkKind.MISSED: "missed",
    WorkKind.CALLBACK: "callback",
    WorkKind.TASK: "check",
    WorkKind.CHAIN: "network",
    WorkKind.MESSAGE: "note",
}
OUTCOME_WORDS: Mapping[str, str] = {
    Outcome.REACHED: "reached",
    Outcome.LEFT_MESSAGE: "message left",
    Outcome.NO_ANSWER: "no answer",
    Outcome.BUSY: "busy",
    Outcome.WRONG_NUMBER: "wrong number",
    Outcome.GAVE_UP: "given up",
    Outcome.DONE: "done",
    Outcome.DROPPED: "dropped",
    Outcome.RANG_AGAIN: "rang again",
}
CLOSE_WORDS: Mapping[Outcome, str] = {
    Outcome.REACHED: "Reached",
    Outcome.LEFT_MESSAGE: "Message left",
    Outcome.WRONG_NUMBER: "Wrong number",
    Outcome.GAVE_UP: "Give up",
    Outcome.DONE: "Done",
    Outcome.DROPPED: "Drop",
}


def who(item: WorkItem, shown: words.Shown) -> str:
    """Whom it is about: the member, the caller's name, the number."""
    if item.kind is WorkKind.MISSED and item.title != KIND_WORDS[WorkKind.MISSED]:
        return item.member or plain(item.title)
    return item.member or number(item, shown)


def number(item: WorkItem, shown: words.Shown) -> str:
    if not item.number:
        return words.WITHHELD if item.kind is WorkKind.MISSED else ""
    return shown(item.number) or plain(item.number, 32)


def title(item: WorkItem, shown: words.Shown) -> str:
    """First row of a line: of a call whom to call, else what is to be done."""
    if item.kind is WorkKind.MISSED:
        return who(item, shown)
    return plain(item.title, 200)


def detail(item: WorkItem, shown: words.Shown, now: float) -> str:
    """Second row: what kind of work, whose, how old."""
    kind = KIND_WORDS[item.kind]
    if item.chain_id and item.step:
        kind = f"Step {item.step}"
    other = who(item, shown)
    if item.kind is WorkKind.MISSED:
        other = number(item, shown) if other != number(item, shown) else ""
    parts = (kind, other, age(item, now))
    return " · ".join(part for part in parts if part)


def age(item: WorkItem, now: float) -> str:
    return words.age(now - item.created_wall)


def tries(item: WorkItem, time_of_day: TimeOfDay, now: float) -> str:
    """ "2 tries, last 14:05 no answer"; "rang 3 times" of a caller who tried again."""
    made = item.tries
    rang = 1 + len(item.attempts) - len(made)
    said = []
    if made:
        last = made[-1]
        many = "1 try" if len(made) == 1 else f"{len(made)} tries"
        said.append(f"{many}, last {moment(last.at_wall, time_of_day, now)} {outcome(last)}")
    if rang > 1:
        said.append(f"rang {rang} times")
    return " · ".join(said)


def outcome(attempt: Attempt) -> str:
    return OUTCOME_WORDS.get(attempt.outcome, plain(attempt.outcome, 32))


def due(item: WorkItem, time_of_day: TimeOfDay, now: float) -> str:
    """ "Overdue 14:05", "Due 14:05", "Due tomorrow 09:00"; "" without a date."""
    if item.due_wall is None:
        return ""
    word = "Overdue" if item.due_wall < now else "Due"
    return f"{word} {moment(item.due_wall, time_of_day, now)}"


def ended(item: WorkItem, time_of_day: TimeOfDay, now: float) -> str:
    """ "Reached · Kim, 14:05"."""
    said = OUTCOME_WORDS.get(item.outcome, plain(item.outcome, 32))
    at = moment(item.closed_wall, time_of_day, now) if item.closed_wall else ""
    by = ", ".join(part for part in (plain(item.closed_by), at) if part)
    parts = (said.capitalize(), plain(item.reason, 80), by)
    return " · ".join(part for part in parts if part)


def owner(item: WorkItem, agent: str) -> str:
    if not item.owner:
        return ""
    mine = item.owner == agent
    if item.state is WorkState.TAKEN:
        return "taken by you" if mine else f"taken by {plain(item.owner)}"
    return "for you" if mine else f"for {plain(item.owner)}"


def moment(wall: float, time_of_day: TimeOfDay, now: float) -> str:
    """ "14:05" today, "tomorrow 09:00", "yesterday 23:10", "12 Mar 14:05"."""
    at = time_of_day(wall)
    days = (local_day(wall) - local_day(now)).days
    if days == 0:
        return at
    near = {1: "tomorrow", -1: "yesterday"}.get(days)
    return f"{near or day(wall)} {at}"


def day(wall: float) -> str:
    """ "12 Mar"."""
    at = datetime.fromtimestamp(wall)
    return f"{at.day} {at:%b}"
