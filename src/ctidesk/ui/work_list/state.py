"""What the work list shows.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.ui.theme.tokens import Role


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call in hand. `action`: what Enter does to it beyond looking at it, "" for nothing."""

    call_id: str
    title: str
    detail: str
    word: str
    tone: Role
    icon: str
    since_mono: float
    action: str
    in_view: bool


@dataclass(frozen=True, slots=True)
class WorkListState:
    calls: tuple[CallLine, ...]


@dataclass(frozen=True, slots=True)
class WorkLine:
    """One piece of work. `due`: "Overdue 14:05", with `overdue`; `note`: tries, owner, or what
    Enter does; `why_not`: why it cannot be dialled, "" when it can."""

    key: str
    title: str
    detail: str
    due: str
    note: str
    icon: str
    overdue: bool
    why_not: str
    closed: bool


@dataclass(frozen=True, slots=True)
class OutcomeChoice:
    """One way to end it, or to go on. `key`: an `Outcome`, or "again"."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class WorkPrompt:
    """The call about `title` is over: how did it end?"""

    key: str
    title: str
    choices: tuple[OutcomeChoice, ...]


@dataclass(frozen=True, slots=True)
class WorkDetail:
    """The chosen item in full. `log`: what was tried, oldest first; `later`: (seconds since the
    epoch, label) to put it off to."""

    key: str
    title: str
    lines: tuple[str, ...]
    log: tuple[str, ...]
    note: str
    can_dial: bool
    can_take: bool
    can_give_back: bool
    stored: bool
    choices: tuple[OutcomeChoice, ...]
    later: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class WorkState:
    """`filter`: "mine", "all" or "closed". `empty`: (title, text) where no line is."""

    lines: tuple[WorkLine, ...]
    filter: str
    text: str
    summary: str
    due: int
    overdue: int
    empty: tuple[str, str]
    prompt: WorkPrompt | None
    detail: WorkDetail | None
