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
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"  # closed without having been done, with a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """`outcome`: "reached", "no_answer", "left_message", …"""

    at_wall: float
    who: str
    outcome: str
    call_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """`item_id` "" until it is stored. `key`: with it an item is made once however often it is
    asked for. Times are seconds since the epoch. `chain_id` and `step` (from 1): of a chain."""

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


class WorkItems(Protocol):
    """The rules of `calls.ports` hold. `who`: the agent."""

    def open_items(self, limit: int, done: Done[Sequence[WorkItem]]) -> None:
        """Not closed yet: by due date, then age."""
        ...

    def add(self, items: Sequence[WorkItem], who: str, done: Done[None]) -> None:
        """All or none; one whose `key` is there already is left as it is."""
        ...
