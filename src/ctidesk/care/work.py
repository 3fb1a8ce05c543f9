"""Work that outlives a call: callbacks, tasks, the steps of a chain.

Runs in: desk process, any thread (frozen values). What an item tells may name a patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from ctidesk.calls.ports import Done


class WorkKind(StrEnum):
    MISSED = "missed"  # rang here and was not answered
    CALLBACK = "callback"  # promised to a caller
    TASK = "task"
    CHAIN = "chain"  # one step of several that follow one another
    MESSAGE = "message"  # taken after hours, to be passed on


class WorkState(StrEnum):
    WAITING = "waiting"  # a step of a chain whose turn has not come
    OPEN = "open"  # for anybody, or for the owner who has not begun
    TAKEN = "taken"  # the owner works on it
    DONE = "done"
    DROPPED = "dropped"  # closed without having been done, with a reason


OPEN_STATES = (WorkState.OPEN, WorkState.TAKEN)
CLOSED_STATES = (WorkState.DONE, WorkState.DROPPED)


class Outcome(StrEnum):
    """How a try ended, or the whole item."""

    REACHED = "reached"
    LEFT_MESSAGE = "left_message"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"
    GAVE_UP = "gave_up"
    DONE = "done"
    DROPPED = "dropped"
    RANG_AGAIN = "rang_again"  # the caller's own further try: nobody's attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """`outcome`: an `Outcome`, or the word of a newer desk."""

    at_wall: float
    who: str
    outcome: str
    call_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """`item_id` "" until it is stored. `key`: with it an item is made once however often it is
    asked for. Times are seconds since the epoch. `chain_id` and `step` (from 1): of a chain.
    `remote`: the CRM's Task that it is ("Task/1"). `reason`: why it was dropped."""

    title: str = field(repr=False)
    kind: WorkKind = WorkKind.TASK
    item_id: str = ""
    key: str = ""
    state: WorkState = WorkState.OPEN
    owner: str = ""
    due_wall: float | None = None
    created_wall: float = 0.0
    member_id: str = field(default="", repr=False)
    member: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    call_id: str = ""
    chain_id: str = ""
    step: int = 0
    note: str = field(default="", repr=False)
    outcome: str = ""
    attempts: tuple[Attempt, ...] = ()
    closed_wall: float | None = None
    closed_by: str = ""
    reason: str = field(default="", repr=False)
    remote: str = ""

    @property
    def closed(self) -> bool:
        return self.state in CLOSED_STATES

    @property
    def is_call(self) -> bool:
        """Whether calling is what it takes."""
        return self.kind in (WorkKind.MISSED, WorkKind.CALLBACK)

    @property
    def tries(self) -> tuple[Attempt, ...]:
        """The attempts of agents."""
        return tuple(one for one in self.attempts if one.outcome != Outcome.RANG_AGAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """It is `owner`'s now; "": nobody's, for anybody to take. `begun`: works on it already."""

    owner: str
    begun: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A call about it. A later word on the same call replaces the earlier one. `next_wall`: when
    to try again, None leaves the due date."""

    outcome: str
    call_id: str = ""
    next_wall: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    outcome: Outcome
    reason: str = field(default="", repr=False)
    call_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    due_wall: float


WorkStep = Assigned | Tried | Closed | Noted | PutOff
"""What can be done to an item; `work_rules.apply` says what becomes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReport:
    """What a call of the log means for work: "missed", "tried" (dialled, not reached) or "spoken".
    `item_id`: the item that it was dialled for, "" where only the number tells."""

    what: str
    call_id: str
    number: str = field(repr=False)
    at_wall: float
    title: str = field(default="", repr=False)
    outcome: str = ""
    item_id: str = ""


class WorkItems(Protocol):
    """The rules of `calls.ports` hold. `who`: the agent."""

    def open_items(self, limit: int, done: Done[Sequence[WorkItem]]) -> None:
        """Not closed yet, steps that wait for their turn left out: by due date, then age."""
        ...

    def closed_items(self, limit: int, done: Done[Sequence[WorkItem]]) -> None:
        """The latest first."""
        ...

    def add(self, items: Sequence[WorkItem], who: str, done: Done[None]) -> None:
        """All or none; one whose `key` is there already is left as it is."""
        ...

    def act(self, item_id: str, step: WorkStep, who: str, done: Done[None]) -> None:
        """What `work_rules.apply` says. `KnownError` work_gone, or that of the rule."""
        ...

    def follow(self, reports: Sequence[CallReport], who: str, done: Done[None]) -> None:
        """Let items follow calls (`work_rules.heard`). Each report counts once, however often it
        is told; kept until it can be written."""
        ...


class NoWork:
    """A `WorkItems` of a desk without a cache: nothing is kept."""

    def open_items(self, limit: int, done: Done[Sequence[WorkItem]]) -> None:
        done(())

    def closed_items(self, limit: int, done: Done[Sequence[WorkItem]]) -> None:
        done(())

    def add(self, items: Sequence[WorkItem], who: str, done: Done[None]) -> None:
        done(None)

    def act(self, item_id: str, step: WorkStep, who: str, done: Done[None]) -> None:
        done(None)

    def follow(self, reports: Sequence[CallReport], who: str, done: Done[None]) -> None:
        done(None)
