"""An emergency on the line: what the protocol wants, and how far it got, from the log alone.

Runs in: desk process, any thread (frozen values).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ctidesk.calls import flag_events as fl
from ctidesk.calls.flag_events import LineRole
from ctidesk.care.line_joining import JoinLine


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that help. `about`: "bad_news", "calm", …"""

    about: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagProtocol:
    """The centre's own texts and times; times in seconds. `placeholder`: no clinician has written
    or approved them yet, which the screen says. `outcomes`: (key, words)."""

    placeholder: bool
    opening: str
    location_say: str
    location_repeat: str
    nurse_do: str
    joined_do: str
    check_back_say: str
    fallback_do: str
    ended_do: str
    outcomes: tuple[tuple[str, str], ...]
    lines: tuple[JoinLine, ...] = ()
    emergency: JoinLine | None = None
    lead: JoinLine | None = None
    phrases: tuple[Phrase, ...] = ()
    check_back_s: float = 45.0
    fallback_s: float = 180.0
    call_nurse_s: float = 30.0
    ring_s: float = 20.0
    next_round_s: float = 10.0
    recovery_s: float = 60.0


NO_PROTOCOL = FlagProtocol(
    placeholder=True,
    opening="",
    location_say="Where exactly are you?",
    location_repeat="Is that right?",
    nurse_do="Keep talking to the caller.",
    joined_do="Stay in the call.",
    check_back_say="Are you still with me?",
    fallback_do="Call the emergency number.",
    ended_do="Call the caller back.",
    outcomes=(("over", "It is over"),),
)
"""What counts where nobody gives another: nobody is called by it."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A line that could not be had."""

    line: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlag:
    """One emergency. Times are monotonic seconds; `contact_mono`: when the caller was last known
    to be there; `prompted_mono`: since when a check-back is due. `trying`, `joined`: names."""

    call_id: str
    raised_mono: float
    contact_mono: float
    location: str = field(default="", repr=False)
    repeated_back: bool = False
    trying: str = ""
    trying_role: str = ""
    tried: tuple[Tried, ...] = ()
    nurse_tries: int = 0
    failed_mono: float = 0.0
    given_up: bool = False
    """The agent ended the attempts: no line is tried by itself any more."""
    joined: str = ""
    left: str = ""
    prompted_mono: float | None = None
    unanswered: int = 0
    fallback: str = ""
    lead_told: bool | None = None
    outcome: str = ""

    @property
    def open(self) -> bool:
        return not self.outcome


def after(flag: RedFlag | None, event: object) -> RedFlag | None:
    """The emergency after `event`; another call's events change nothing."""
    if isinstance(event, fl.RedFlagRaised):
        if flag is not None and flag.open:
            return flag
        return RedFlag(call_id=event.call_id, raised_mono=event.t_mono, contact_mono=event.t_mono)
    if flag is None or not isinstance(event, fl.FlagEvent) or event.call_id != flag.call_id:
        return flag
    return _protocol(_lines(flag, event), event)


def _lines(flag: RedFlag, event: fl.FlagEvent) -> RedFlag:
    if getattr(event, "role", None) is LineRole.INTERPRETER:
        return flag
    match event:
        case fl.LineTried():
            nurse = event.role is LineRole.NURSE
            return replace(
                flag,
                trying=event.line,
                trying_role=event.role.value,
                left="",
                nurse_tries=flag.nurse_tries + nurse,
                given_up=False,
            )
        case fl.LineFailed():
            return replace(
                flag,
                trying="",
                trying_role="",
                tried=(*flag.tried, Tried(event.line, event.outcome)),
                failed_mono=event.t_mono,
                given_up=event.outcome == "given_up",
            )
        case fl.LineJoined():
            return replace(
                flag,
                trying="",
                trying_role="",
                joined=event.line,
                prompted_mono=None,
                unanswered=0,
                contact_mono=event.t_mono,
            )
        case fl.LineLeft():
            return replace(flag, joined="", left=event.line, contact_mono=event.t_mono)
    return flag


def _protocol(flag: RedFlag, event: fl.FlagEvent) -> RedFlag:
    match event:
        case fl.LocationNoted():
            return replace(flag, location=event.location, repeated_back=False)
        case fl.LocationRepeatedBack():
            return replace(flag, repeated_back=True, contact_mono=event.t_mono)
        case fl.CheckBackPrompted():
            return replace(flag, prompted_mono=event.t_mono)
        case fl.CheckedBack():
            return replace(
                flag,
                prompted_mono=None,
                contact_mono=event.t_mono,
                unanswered=0 if event.answered else flag.unanswered + 1,
            )
        case fl.FallbackReached():
            return replace(flag, fallback=event.why)
        case fl.LeadAlerted(about="red_flag" | "fallback"):
            return replace(flag, lead_told=event.told)
        case fl.RedFlagEnded():
            return replace(flag, outcome=event.outcome)
    return flag
