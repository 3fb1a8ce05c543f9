"""What stands in the way of a promise about cover: the policy, the network of clinic and doctor.

Runs in: desk process, Qt main thread. Pure.
"""

from __future__ import annotations

from datetime import date

from ctidesk.care.blocker import Blocker, Weight
from ctidesk.care.day_words import day, when
from ctidesk.care.field_groups import FieldGroup
from ctidesk.care.freshness import ENDS_SOON_DAYS
from ctidesk.care.member import Coverage, MemberCard, NetworkFact, Standing

ENDED = frozenset({"cancelled", "canceled", "expired", "terminated", "inactive", "ended"})
NOT_IN_FORCE = frozenset({"not eligible", "draft", "entered-in-error"})


def coverage_ended(coverage: Coverage, today: date) -> bool:
    over = coverage.ends is not None and coverage.ends < today
    return over or coverage.status.lower() in ENDED


def in_force(coverage: Coverage, today: date) -> bool:
    """Begun, not ended, and nobody says that it does not hold."""
    begun = coverage.begins is None or coverage.begins <= today
    refused = coverage.status.lower() in NOT_IN_FORCE
    return begun and not refused and not coverage_ended(coverage, today)


def of_coverage(card: MemberCard, today: date) -> list[Blocker]:
    """No cover today, or one that ends soon."""
    if not card.coverages:
        return []
    holding = [one for one in card.coverages if in_force(one, today)]
    if holding:
        return _ends_soon(card, holding, today)
    later = [one.begins for one in card.coverages if one.begins and one.begins > today]
    if later:
        return [
            _cover(
                Weight.STOP,
                f"Coverage begins only {when(min(later), today)}.",
                f"The new policy covers from {day(min(later))}. Before that day I cannot promise"
                " anything.",
                "Nothing is covered before; check the old policy.",
            )
        ]
    if any(one.status.lower() in NOT_IN_FORCE for one in card.coverages):
        return [
            _cover(
                Weight.STOP,
                "The insurer says: not eligible.",
                "The insurer does not confirm the cover at present. Let me check it with them.",
                "Confirm with the insurer before anything is promised.",
            )
        ]
    ends = [one.ends for one in card.coverages if one.ends is not None]
    past = f": the policy ended {when(max(ends), today)}" if ends else ""
    return [
        _cover(
            Weight.STOP,
            f"No active coverage{past}.",
            "I see no active policy here. Do you have a new one that I may note?",
            "Ask for the new policy and update it before anything is promised.",
        )
    ]


def _ends_soon(card: MemberCard, holding: list[Coverage], today: date) -> list[Blocker]:
    last = max((one.ends or date.max) for one in holding)
    follows = any(one.begins and one.begins > today for one in card.coverages)
    if follows or (last - today).days > ENDS_SOON_DAYS:
        return []
    return [
        _cover(
            Weight.MIND,
            f"The policy ends {when(last, today)}.",
            f"Your policy ends on {day(last)}. Do you know already how it goes on?",
            "Ask for the next policy; promise nothing beyond that day.",
        )
    ]


def _cover(weight: Weight, text: str, say: str, step: str) -> Blocker:
    return Blocker(
        weight=weight,
        group=FieldGroup.COVERAGE,
        text=text,
        say=say,
        step=step,
        guide="policy_update",
        subject="cover",
    )


# -------------------------------------------------------------------- network


def of_network(card: MemberCard) -> list[Blocker]:
    """The clinic may be contracted while its doctor is not (R3): both are said."""
    found = [one for fact in card.networks if (one := _standing(fact, card.networks)) is not None]
    return sorted(found, key=lambda one: one.weight is not Weight.STOP)


def _standing(fact: NetworkFact, others: tuple[NetworkFact, ...]) -> Blocker | None:
    if fact.standing is Standing.IN:
        return None
    clinic = next((one for one in others if not one.is_doctor and one.name == fact.place), None)
    where = f" at {fact.place}" if fact.place else ""
    if fact.standing is Standing.NOT_KNOWN:
        return _network(
            fact,
            Weight.MIND,
            f"Network not known: {fact.name}{where}.",
            f"I do not see yet whether {fact.name} is in your network. I confirm it before we"
            " book.",
            "Confirm with the insurer before quoting. Not known is not out of network.",
        )
    if fact.is_doctor and clinic is not None and clinic.standing is Standing.IN:
        return _network(
            fact,
            Weight.STOP,
            f"{clinic.name} is in network, {fact.name} is NOT.",
            f"{clinic.name} is in your network, but {fact.name} is not. Let me look for a doctor"
            " there who is.",
            "Check the doctor before booking; offer another one of this clinic.",
        )
    return _network(
        fact,
        Weight.STOP,
        f"Out of network: {fact.name}{where}.",
        f"{fact.name} is not in your network; a visit may cost you more. May I look for another"
        " one?",
        "Check the doctor before booking." if fact.is_doctor else "Offer a clinic in network.",
    )


def _network(fact: NetworkFact, weight: Weight, text: str, say: str, step: str) -> Blocker:
    return Blocker(
        weight=weight,
        group=FieldGroup.NETWORK,
        text=text,
        say=say,
        step=step,
        guide="appointment_book",
        subject=f"{fact.name} {fact.place}",
    )
