"""What happened in the guides of a call: from these alone a guide's place and answers follow.

Runs in: desk process, Qt main thread. Answers may be health data: they go to the log in the
encrypted cache and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideOpened:
    """The agent opened a guide, or came back to it. `digest`: of the version that was opened."""

    call_id: str
    t_mono: float
    t_wall: float
    guide: str
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideStepAnswered:
    """The step was done; a second answer replaces the first. `answer` "" where nothing was asked
    or nothing was said."""

    call_id: str
    t_mono: float
    t_wall: float
    guide: str
    step: str
    answer: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideStepReturned:
    """The agent went back to a step that was done already; "" goes on to the first open one."""

    call_id: str
    t_mono: float
    t_wall: float
    guide: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideLeft:
    """The agent left the guide where it was; it can be opened again at the same step."""

    call_id: str
    t_mono: float
    t_wall: float
    guide: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideCompleted:
    """All was done and everything ordered. `code`: the wrap-up code that it proposed."""

    call_id: str
    t_mono: float
    t_wall: float
    guide: str
    code: str = ""


GuideEvent = GuideOpened | GuideStepAnswered | GuideStepReturned | GuideLeft | GuideCompleted
