"""Training: a call played by a made-up caller, and what the event log says of how it went.

Runs in: desk process, any thread (pure functions over the log).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from ctidesk.calls import agent_events as ag, events as ev
from ctidesk.calls.flag_events import LocationRepeatedBack, RedFlagRaised


class Wanted(StrEnum):
    """What a scenario may ask for."""

    ANSWERED = "answered"  # within `within_s` of ringing
    PARTY = "party"  # one of `values`, at the end
    MEMBER = "member"  # the card of one of `values` was opened
    VERIFIED = "verified"  # the identity check was passed
    NOT_VERIFIED = "not_verified"  # nobody's health data was shown
    CODE = "code"  # one of `values` was saved by the agent
    WRAP_UP = "wrap_up"  # saved within `within_s` of the end
    RED_FLAG = "red_flag"
    LOCATION = "location"  # was repeated back


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """`text`: the sentence of the feedback, which is true or missed."""

    what: Wanted
    text: str
    values: tuple[str, ...] = ()
    within_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`caller`: who of the demo's people phones. `brief`: what the trainee is told before; `says`:
    what the caller says, and answers when asked. `members`: whose cards may be opened."""

    key: str
    title: str
    caller: str
    brief: str
    says: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    expects: tuple[Expectation, ...] = ()


class Verdict(StrEnum):
    DONE = "done"
    MISSED = "missed"
    WRONG = "wrong"  # something that must not happen


@dataclass(frozen=True, slots=True)
class Point:
    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Seconds apart, never only their sum. `wrong_disclosures`: cards of others that were opened;
    `wrong_answers`: of the identity check, which is what the check is for."""

    scenario: str
    points: tuple[Point, ...] = ()
    ring_s: float = 0.0
    talk_s: float = 0.0
    hold_s: float = 0.0
    wrap_up_s: float = 0.0
    wrong_disclosures: int = 0
    wrong_answers: int = 0

    @property
    def done(self) -> int:
        return sum(point.verdict is Verdict.DONE for point in self.points)

    @property
    def asked(self) -> int:
        return sum(point.verdict is not Verdict.WRONG for point in self.points)


@dataclass(slots=True)
class _Course:
    """What the log says of one call."""

    offered: float | None = None
    answered: float | None = None
    ended: float | None = None
    saved: float | None = None
    held_since: float | None = None
    held_s: float = 0.0
    party: str = ""
    code: str = ""
    code_by: str = ""
    opened: list[str] = field(default_factory=list)
    verified: bool = False
    wrong_answers: int = 0
    red_flag: bool = False
    location: bool = False

    def between(self, begin: float | None, end: float | None) -> float:
        return 0.0 if begin is None or end is None else max(0.0, end - begin)


def judge(scenario: Scenario, log: Iterable[ag.LogEvent], call_id: str) -> Feedback:
    """How the call went, by its events alone."""
    course = _Course()
    for event in log:
        if getattr(event, "call_id", "") == call_id:
            _take(course, event)
    foreign = [each for each in course.opened if each not in scenario.members]
    points = [
        Point(Verdict.DONE if _came_true(each, course) else Verdict.MISSED, each.text)
        for each in scenario.expects
    ]
    if foreign:
        told = "The card of somebody was opened whom this call is not about."
        points.append(Point(Verdict.WRONG, told))
    return Feedback(
        scenario=scenario.title,
        points=tuple(points),
        ring_s=course.between(course.offered, course.answered),
        talk_s=max(0.0, course.between(course.answered, course.ended) - course.held_s),
        hold_s=course.held_s,
        wrap_up_s=course.between(course.ended, course.saved),
        wrong_disclosures=len(foreign),
        wrong_answers=course.wrong_answers,
    )


def _take(course: _Course, event: ag.LogEvent) -> None:
    match event:
        case ev.CallOffered():
            course.offered = event.t_mono
        case ev.CallAnswered():
            course.answered = event.t_mono
        case ev.CallHeld():
            course.held_since = event.t_mono
        case ev.CallResumed() | ev.CallEnded():
            if course.held_since is not None:
                course.held_s += event.t_mono - course.held_since
                course.held_since = None
            if isinstance(event, ev.CallEnded):
                course.ended = event.t_mono
        case ag.PartySet():
            course.party = event.party
        case ag.MemberChosen():
            if event.member_id and event.member_id not in course.opened:
                course.opened.append(event.member_id)
        case ag.IdentityChecked():
            course.verified = course.verified or event.verified
            course.wrong_answers += not event.passed
        case ag.WrapUpSaved():
            course.saved, course.code, course.code_by = event.t_mono, event.code, event.by
        case RedFlagRaised():
            course.red_flag = True
        case LocationRepeatedBack():
            course.location = True


def _came_true(wanted: Expectation, course: _Course) -> bool:
    match wanted.what:
        case Wanted.ANSWERED:
            ring = course.between(course.offered, course.answered)
            return course.answered is not None and ring <= wanted.within_s
        case Wanted.PARTY:
            return course.party in wanted.values
        case Wanted.MEMBER:
            return any(each in wanted.values for each in course.opened)
        case Wanted.VERIFIED:
            return course.verified
        case Wanted.NOT_VERIFIED:
            return course.answered is not None and not course.verified
        case Wanted.CODE:
            return course.code in wanted.values and course.code_by == "agent"
        case Wanted.WRAP_UP:
            wrap_up = course.between(course.ended, course.saved)
            return course.saved is not None and wrap_up <= wanted.within_s
        case Wanted.RED_FLAG:
            return course.red_flag
        case Wanted.LOCATION:
            return course.location
