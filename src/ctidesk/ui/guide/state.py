"""What the guide panel shows.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ctidesk.ui.directory_search.presenter import Problem


class GuideStage(StrEnum):
    NO_CALL = "no_call"
    LIST = "list"
    VERIFY = "verify"  # nothing of it before the identity is checked
    STEP = "step"
    BLOCKED = "blocked"
    FINISH = "finish"  # every step is done, the orders are not placed yet
    DONE = "done"


class Input(StrEnum):
    """How the step is answered."""

    NEXT = "next"  # Enter
    TEXT = "text"  # typed, then Enter
    CHOICE = "choice"  # a digit
    YES_NO = "yes_no"  # Y or N
    CONFIRM = "confirm"  # Enter or N


@dataclass(frozen=True, slots=True)
class GuideLine:
    """A guide to open. `why`: what on the card calls for it; `mark`: "started", "done" or ""."""

    key: str
    title: str
    summary: str
    why: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """`say`: for the caller, `hint`: for the agent. `place` of `places`: steps, from 1. `typed`:
    what was answered before. `facts`: label and value."""

    step: str
    input: Input
    say: str = ""
    hint: str = ""
    field: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    typed: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    place: int = 1
    places: int = 1
    optional: bool = False
    wanted: str = ""
    """In a word, what may be typed: "a day such as 3 April"."""
    action: str = ""
    """What the button says where it does more than go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObstacleState:
    reason: str
    say: str
    next: str
    guide: str
    """Title of the guide that goes on from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideState:
    """`ordering`: the orders are on their way into the cache. `ordered`: how many there were."""

    stage: GuideStage = GuideStage.NO_CALL
    call_id: str = ""
    guide: str = ""
    title: str = ""
    placeholder: bool = False
    search: str = ""
    lines: tuple[GuideLine, ...] = ()
    step: StepState | None = None
    obstacle: ObstacleState | None = None
    can_back: bool = False
    ordering: bool = False
    closing: str = ""
    code: str = ""
    problem: Problem | None = None


NO_GUIDE = GuideState()
