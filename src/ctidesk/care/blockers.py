"""What stands in the way, said first: expired cover, authorisations, prescriptions, early refills.

Runs in: desk process, Qt main thread. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ctidesk.care.member import (
    Authorisation,
    Coverage,
    MemberCard,
    Prescription,
    Provenance,
)

FRESH_COVERAGE_S = 24 * 3600.0
"""Coverage and authorisations older than this are confirmed before they are quoted (R6)."""
FRESH_OTHER_S = 7 * 86400.0
_ENDED = {"cancelled", "canceled", "expired", "terminated", "inactive", "ended"}
_REFUSED = {"denied", "refused", "rejected"}


class Weight(StrEnum):
    """STOP: it cannot be done now. MIND: it can, with care."""

    STOP = "stop"
    MIND = "mind"


@dataclass(frozen=True, slots=True)
class Blocker:
    """`text`: what, in a sentence. `step`: what to do next."""

    weight: Weight
    text: str
    step: str


def is_stale(fact: object, provenance: Provenance, now_wall: float) -> bool:
    """Older than may be quoted without confirming."""
    limit = FRESH_COVERAGE_S if isinstance(fact, Coverage | Authorisation) else FRESH_OTHER_S
    return now_wall - provenance.read_wall > limit


def blockers(card: MemberCard, today: date) -> tuple[Blocker, ...]:
    """What stops a wish of this member today, the worst first."""
    found = [
        *_coverage(card, today),
        *(one for each in card.authorisations for one in _authorisation(each, today)),
        *(one for each in card.prescriptions for one in _prescription(each, today)),
    ]
    return tuple(sorted(found, key=lambda one: one.weight is not Weight.STOP))


def coverage_ended(coverage: Coverage, today: date) -> bool:
    over = coverage.ends is not None and coverage.ends < today
    return over or coverage.status.lower() in _ENDED


def _coverage(card: MemberCard, today: date) -> list[Blocker]:
    running = [one for one in card.coverages if not coverage_ended(one, today)]
    started = [one for one in running if one.begins is None or one.begins <= today]
    if started or not card.coverages:
        return []
    if running:
        begins = min(one.begins for one in running if one.begins is not None)
        return [
            Blocker(
                Weight.STOP,
                f"Coverage begins only on {_day(begins)}.",
                "Nothing is covered before; check the old policy.",
            )
        ]
    ends = [one.ends for one in card.coverages if one.ends is not None]
    since = f" since {_day(max(ends))}" if ends else ""
    return [
        Blocker(
            Weight.STOP,
            f"No active coverage{since}.",
            "Ask for the new policy and update it before anything is promised.",
        )
    ]


def _authorisation(one: Authorisation, today: date) -> list[Blocker]:
    step = "The doctor has to authorise again, then insurer and supplier follow."
    status = one.status.lower()
    if (one.expires is not None and one.expires < today) or status in _ENDED:
        since = f" on {_day(one.expires)}" if one.expires else ""
        return [Blocker(Weight.STOP, f"Authorisation expired{since}: {one.item}.", step)]
    if status in _REFUSED:
        return [Blocker(Weight.STOP, f"Authorisation refused: {one.item}.", step)]
    if one.units_left == 0:
        return [Blocker(Weight.STOP, f"Authorisation used up: {one.item}.", step)]
    if one.expires is not None and (one.expires - today).days <= 7:
        text = f"Authorisation expires on {_day(one.expires)}: {one.item}."
        return [Blocker(Weight.MIND, text, "Start the renewal now.")]
    return []


def _prescription(one: Prescription, today: date) -> list[Blocker]:
    if one.expires is not None and one.expires < today:
        return [
            Blocker(
                Weight.STOP,
                f"Prescription expired on {_day(one.expires)}: {one.drug}.",
                f"A new prescription by {one.prescriber or 'the doctor'} is needed first.",
            )
        ]
    if one.refills_left <= 0:
        return [
            Blocker(
                Weight.STOP,
                f"No refills left: {one.drug}.",
                f"A new prescription by {one.prescriber or 'the doctor'} is needed first.",
            )
        ]
    if one.next_refill is not None and one.next_refill > today:
        text = f"Refill not before {_day(one.next_refill)}: {one.drug}."
        return [Blocker(Weight.MIND, text, "Offer to note the wish for that day.")]
    return []


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
