"""What was told of a member's record, to whom, and on what it rests.

Runs in: desk process, Qt main thread. Each of them but `FacilityConfirmed` leaves rows in the audit
trail, in the transaction that stores it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityConfirmed:
    """The agent says that this organisation is calling. `key`: the directory's own of it."""

    call_id: str
    t_mono: float
    t_wall: float
    facility_id: str
    name: str
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsRevealed:
    """Groups of facts came on the screen, each once in a call. `asked`: kinds of the questions
    that were answered right; `recording_s`: seconds since the recording began, None without one.
    `basis`: "verified", "partly" or "break_glass"."""

    call_id: str
    t_mono: float
    t_wall: float
    member_id: str
    party: str
    basis: str
    fields: tuple[str, ...]
    asked: tuple[str, ...]
    recording_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GlassBroken:
    """The agent looks at what is withheld, with a reason, for `limit_s` at most."""

    call_id: str
    t_mono: float
    t_wall: float
    member_id: str
    reason: str
    limit_s: float
    recording_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GlassClosed:
    """It is over. `by`: "agent", "time", "call" (which ended) or "card" (another was opened)."""

    call_id: str
    t_mono: float
    t_wall: float
    member_id: str
    by: str


DisclosureEvent = FacilityConfirmed | FactsRevealed | GlassBroken | GlassClosed
