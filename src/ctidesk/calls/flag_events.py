"""What happened around an emergency, an interpreter, a call for help and time that is excused.

Runs in: desk process, Qt main thread. Part of the event log; each of them leaves an audit row too.
`call_id` "" where the agent asked for something between calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class LineRole(StrEnum):
    """Why somebody is brought into a call."""

    NURSE = "nurse"
    LEAD = "lead"
    EMERGENCY = "emergency"
    INTERPRETER = "interpreter"


class Excuse(StrEnum):
    """Why time is not the agent's own."""

    INTERPRETER = "interpreter"
    EMERGENCY = "emergency"
    BATCH = "batch"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagEvent:
    """Times as in `events.CallEvent`."""

    call_id: str
    t_mono: float
    t_wall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlagRaised(FlagEvent):
    """The agent takes the call for an emergency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationNoted(FlagEvent):
    """Where the caller says that help is needed. Empty: taken back."""

    location: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRepeatedBack(FlagEvent):
    """The caller confirmed the location as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckBackPrompted(FlagEvent):
    """The desk asked the agent to ask whether the caller is still there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedBack(FlagEvent):
    """What the caller did then."""

    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackReached(FlagEvent):
    """No nurse in time. `why`: "time", "no_answer" (of the caller) or "no_line"."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadAlerted(FlagEvent):
    """The team lead was told, or could not be (`told` False; `problem`: the error's code). `about`:
    "red_flag", "fallback" or "help"."""

    about: str
    told: bool
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPinned(FlagEvent):
    """No retention may erase the recording of this call. `reason`: "red_flag"."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlagEnded(FlagEvent):
    """By the agent, with what came of it: an outcome of the protocol."""

    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTried(FlagEvent):
    """Somebody is called into the call. `line`: the name, `number`: as it is dialled; `language`:
    of an interpreter."""

    role: LineRole
    line: str
    number: str
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFailed(FlagEvent):
    """`outcome`: "busy", "no_answer", "unreachable", "given_up" (by the agent)."""

    role: LineRole
    line: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineJoined(FlagEvent):
    """All three hear one another."""

    role: LineRole
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLeft(FlagEvent):
    """Who had been brought in is not in the call any more."""

    role: LineRole
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpRequested(FlagEvent):
    """`reason`: "policy", "clinical", "system" or "distress"."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpEnded(FlagEvent):
    """`by`: "answered" or "withdrawn"."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryAsked(FlagEvent):
    """A protected minute shall follow the current work; `wanted` False takes it back."""

    wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryExtended(FlagEvent):
    """The protected minute that runs lasts once more as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeExcused(FlagEvent):
    """From here on (`running`), or no longer, the time has this excuse. What is open when the call
    is stamped ends there."""

    reason: Excuse
    running: bool


AnyFlagEvent = (
    RedFlagRaised
    | LocationNoted
    | LocationRepeatedBack
    | CheckBackPrompted
    | CheckedBack
    | FallbackReached
    | LeadAlerted
    | RecordingPinned
    | RedFlagEnded
    | LineTried
    | LineFailed
    | LineJoined
    | LineLeft
    | HelpRequested
    | HelpEnded
    | RecoveryAsked
    | RecoveryExtended
    | TimeExcused
)
