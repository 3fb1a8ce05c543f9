"""One thing of the status strip.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.theme.tokens import Role


@dataclass(frozen=True, slots=True)
class Indicator:
    """One thing of the strip: icon and word, `tip` for the pointer; a click tells `problem`.
    `whole`: the word is never cut, however full the strip is. `command`: the desk command that a
    click gives instead; `action`: what that does, as a screen reader says it."""

    key: str
    icon: str
    word: str
    role: Role = Role.MUTED
    tip: str = ""
    problem: Problem | None = None
    whole: bool = False
    command: str = ""
    action: str = ""
