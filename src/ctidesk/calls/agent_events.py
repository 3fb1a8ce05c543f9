"""What the agent and the desk did: the part of the event log that no engine knows.

Runs in: desk process, Qt main thread. Together with `events` this is the whole log from which
every metric is derived and from which a new desk restores itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ctidesk.calls.disclosure_events import DisclosureEvent
from ctidesk.calls.events import AnyCallEvent
from ctidesk.calls.flag_events import AnyFlagEvent
from ctidesk.calls.guide_events import GuideEvent
from ctidesk.calls.work_events import WorkDialled


class AgentState(StrEnum):
    LOGGED_OUT = "logged_out"
    NOT_READY = "not_ready"
    READY = "ready"
    OFFERED = "offered"
    DIALLING = "dialling"  # an outbound call before its answer
    TALKING = "talking"
    HELD = "held"
    CONSULTING = "consulting"
    ACW = "acw"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStateChanged:
    """One transition. `reason` for NOT_READY (an agent's or a system reason), `queued` the state
    that follows the current work ("" = READY)."""

    t_mono: float
    t_wall: float
    state: AgentState
    reason: str = ""
    call_id: str = ""
    queued: str = ""
    queued_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartySet:
    """The agent or the number decided who speaks; `by` is "number" or "agent"."""

    call_id: str
    t_mono: float
    t_wall: float
    party: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChosen:
    """The agent opened this candidate's card for the call; "" closes it."""

    call_id: str
    t_mono: float
    t_wall: float
    member_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChecked:
    """One question of the identity check. `question` is its kind, never the answer. `authority`:
    opaque, which recorded authority the caller's name belongs to."""

    call_id: str
    t_mono: float
    t_wall: float
    member_id: str
    question: str
    passed: bool
    verified: bool  # the whole check is passed now
    authority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPageOpened:
    """The member's page in the EMR or CRM was opened. `by`: "agent" or "queue" (by itself)."""

    call_id: str
    t_mono: float
    t_wall: float
    member_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpStarted:
    """The conversation ended and after-call work began."""

    call_id: str
    t_mono: float
    t_wall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpSaved:
    """The code is saved: the stamp of the handled call. `by`: "agent" or "timeout"."""

    call_id: str
    t_mono: float
    t_wall: float
    code: str
    party: str
    by: str


AgentEvent = (
    AgentStateChanged
    | PartySet
    | MemberChosen
    | IdentityChecked
    | PatientPageOpened
    | WrapUpStarted
    | WrapUpSaved
    | GuideEvent
    | WorkDialled
    | DisclosureEvent
    | AnyFlagEvent
)

LogEvent = AnyCallEvent | AgentEvent
"""What the event log stores, in order."""
