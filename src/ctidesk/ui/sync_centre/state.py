"""What the sync centre shows.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ctidesk.care.outgoing import Entry, Standing
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.theme.tokens import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncLine:
    """One message in the list. `right`: how it stands, in the colour `role`."""

    key: str
    title: str
    detail: str
    icon: str
    right: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncDetail:
    """The chosen message. `why` and `remedy` are "" for one that merely waits its turn."""

    key: str
    title: str
    about: str
    standing: Standing
    why: str = ""
    remedy: str = ""
    entries: tuple[Entry, ...] = ()
    can_decide: bool = False
    """It can be sent again, put right or discarded: it is not on its way this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncState:
    """`summary`: one sentence about all of it; `problem`: why nothing goes at the moment."""

    summary: str = ""
    reading: str = ""
    """How the reading of the CRM stands."""
    troubles: tuple[str, ...] = ()
    """What of the CRM cannot be read, why, and what to do."""
    problem: Problem | None = None
    lines: tuple[SyncLine, ...] = field(default=())
    detail: SyncDetail | None = None
    can_try: bool = False
    empty_title: str = ""
    empty_text: str = ""
    said: str = ""
    """What became of the last decision, "" for nothing to say."""
