"""What stands in the way, said first, the worst on top.

Runs in: desk process, Qt main thread. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from ctidesk.care import cover_blockers, person_blockers, supply_blockers
from ctidesk.care.blocker import Blocker, Weight
from ctidesk.care.contradictions import as_blocker, contradictions
from ctidesk.care.member import MemberCard, Provenance

__all__ = ["Blocker", "Weight", "blockers"]


def _source(provenance: Provenance) -> str:
    return provenance.source or "source unknown"


def blockers(
    card: MemberCard, today: date, source: Callable[[Provenance], str] = _source
) -> tuple[Blocker, ...]:
    """What stops a wish of this member today, the worst first. `source`: where a fact comes from
    and its age in words."""
    found = [
        *(as_blocker(one, source) for one in contradictions(card, today)),
        *cover_blockers.of_coverage(card, today),
        *cover_blockers.of_network(card),
        *(
            one
            for each in card.authorisations
            for one in supply_blockers.of_authorisation(each, today)
        ),
        *(
            one
            for each in card.prescriptions
            for one in supply_blockers.of_prescription(each, today)
        ),
        *person_blockers.of_language(card),
        *person_blockers.of_tasks(card, today),
        *person_blockers.of_address(card, today),
    ]
    return tuple(sorted(found, key=lambda one: one.weight is not Weight.STOP))
