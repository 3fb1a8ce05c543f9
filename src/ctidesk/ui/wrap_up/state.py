"""What the wrap-up panel shows.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.ui.directory_search.presenter import Problem


@dataclass(frozen=True, slots=True)
class OpenWrapUp:
    """One of several. `waiting`: its conversation is over."""

    call_id: str
    title: str
    waiting: bool
    shown: bool


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code to choose; `path`: the groups above it."""

    code: str
    label: str
    path: str


@dataclass(frozen=True, slots=True)
class WrapUpState:
    """`call_id` "" when nothing is open. `until_mono`: when the time limit ends, None without one.
    `acw_since_mono`: since when after-call work runs, None during the call. `hint`: why it cannot
    be saved yet. `closing`: saved, waits for the end of the limit."""

    call_id: str = ""
    title: str = ""
    queue: tuple[OpenWrapUp, ...] = ()
    code: str = ""
    code_label: str = ""
    code_path: str = ""
    search: str = ""
    found: tuple[CodeLine, ...] = ()
    recent: tuple[CodeLine, ...] = ()
    note: str = ""
    follow_up: str = ""
    acw_since_mono: float | None = None
    until_mono: float | None = None
    extensions_left: int = 0
    can_save: bool = False
    saving: bool = False
    closing: bool = False
    hint: str = ""
    problem: Problem | None = None
