"""What goes to the CRM: how much waits, what failed, and what a person has to decide.

Runs in: desk process, any thread (frozen values). What an item tells may name a patient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done


class Standing(StrEnum):
    WAITING = "waiting"  # goes by itself
    SENDING = "sending"
    FAILED = "dead"  # the CRM refused it: somebody must decide
    CONFLICT = "conflict"  # the CRM has something else by now: somebody must decide


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingState:
    """`problem`: why nothing goes at the moment, None while all is well; `ready_wall`: when it is
    tried again by itself; `moving`: something is being sent."""

    waiting: int = 0
    failed: int = 0
    conflicts: int = 0
    moving: bool = False
    problem: KnownError | None = None
    ready_wall: float | None = None
    sent: int = 0

    @property
    def undecided(self) -> int:
        return self.failed + self.conflicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A field of an item as text. `theirs`: what the CRM has instead, None where there is no
    conflict about it. `several`: both values may stand side by side. `editable`: it may be put
    right here."""

    name: str
    label: str
    value: str = field(repr=False)
    base: str = field(default="", repr=False)
    theirs: str | None = field(default=None, repr=False)
    several: bool = False
    editable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingItem:
    """One message. `kind`: "interaction", "follow_up", "recording", "change", "request" or
    "checkpoint"; `why` and `remedy`: of the last failure; `behind`: it waits for an undecided one.
    Times: seconds since the epoch."""

    id: int
    kind: str
    standing: Standing
    member_id: str = field(default="", repr=False)
    member: str = field(default="", repr=False)
    created_wall: float = 0.0
    tried_wall: float | None = None
    next_try_wall: float | None = None
    attempts: int = 0
    why: str = ""
    remedy: str = ""
    behind: bool = False
    entries: tuple[Entry, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Of a member: texts by field, as they were shown and as they shall be."""

    member_id: str
    seen: Mapping[str, str] = field(repr=False)
    now: Mapping[str, str] = field(repr=False)


class Outgoing(Protocol):
    """The rules of `calls.ports` hold: nothing blocks, `done` comes on Qt main. `who`: the agent,
    for the audit."""

    def items(self, limit: int, done: Done[Sequence[OutgoingItem]]) -> None:
        """What is not in the CRM: undecided ones first, then as they will go."""
        ...

    def retry(self, item_id: int, who: str, done: Done[None]) -> None:
        """Once more, now."""
        ...

    def edit(self, item_id: int, values: Mapping[str, str], who: str, done: Done[None]) -> None:
        """Put `values` right, by the names of entries, and send it again."""
        ...

    def decide(self, item_id: int, values: Mapping[str, str], who: str, done: Done[None]) -> None:
        """End a conflict: the text that shall stand, for each entry with `theirs`."""
        ...

    def discard(self, item_id: int, reason: str, who: str, done: Done[None]) -> None:
        """Never send it; what is saved on this computer stays."""
        ...

    def try_now(self) -> None:
        """Do not wait for the next try's time."""
        ...

    def details(self, member_id: str, done: Done[Sequence[Entry]]) -> None:
        """What of a member may be put right; `KnownError` not_in_crm for one that only this
        desk has."""
        ...

    def correct(self, correction: Correction, who: str, done: Done[bool]) -> None:
        """Show it from now on and send it; False when nothing differs."""
        ...
