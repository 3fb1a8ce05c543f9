"""Facts that contradict each other: both are said with their sources, none is picked.

Runs in: desk process, Qt main thread. Pure.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from ctidesk.care.blocker import Blocker, Weight
from ctidesk.care.cover_blockers import NOT_IN_FORCE, coverage_ended, in_force
from ctidesk.care.day_words import day
from ctidesk.care.field_groups import FieldGroup
from ctidesk.care.member import (
    Authorisation,
    Coverage,
    MemberCard,
    OtherDetail,
    Prescription,
    Provenance,
)
from ctidesk.care.supply_blockers import authorisation_over

Fact = TypeVar("Fact")
_DETAILS = {"birth_date": "Two birth dates", "address": "Two addresses"}
_STEP = "Quote neither. Confirm with the source, then have the record corrected."


@dataclass(frozen=True, slots=True)
class Contradiction:
    """`sides`: what each source says, with the source. `facts`: the facts themselves."""

    group: FieldGroup
    text: str
    sides: tuple[tuple[str, Provenance], ...]
    facts: tuple[object, ...] = ()
    subject: str = ""


def contradictions(card: MemberCard, today: date) -> tuple[Contradiction, ...]:
    return (
        *(_detail(card, one) for one in card.other_details),
        *_covers(card.coverages, today),
        *_prescriptions(card.prescriptions),
        *_authorisations(card.authorisations, today),
    )


def as_blocker(one: Contradiction, source: Callable[[Provenance], str]) -> Blocker:
    """`source`: where a fact comes from and its age in words."""
    said = " / ".join(f"{what} ({source(where)})" for what, where in one.sides)
    return Blocker(
        weight=Weight.STOP,
        group=one.group,
        text=f"{one.text}: {said}.",
        say="I have two different entries here. Let me confirm it before I tell you.",
        step=_STEP,
        subject=f"contradiction {one.subject}",
    )


# -------------------------------------------------------------------- private


def _detail(card: MemberCard, other: OtherDetail) -> Contradiction:
    own = card.address
    theirs = other.value
    if other.detail == "birth_date":
        own = day(card.birth_date) if card.birth_date else "none"
        theirs = day(date.fromisoformat(other.value))
    return Contradiction(
        FieldGroup.IDENTITY,
        _DETAILS.get(other.detail, "Two entries"),
        ((own, card.provenance), (theirs, other.provenance)),
        subject=other.detail,
    )


def _covers(coverages: Iterable[Coverage], today: date) -> list[Contradiction]:
    """Two covers for the same time, or one whose insurer says that it does not hold."""
    found = []
    for one, other in itertools.combinations(coverages, 2):
        if _refuses(one, other, today) or _refuses(other, one, today):
            text = "Cover and eligibility disagree"
        elif _two_covers(one, other, today):
            text = "Two active covers for the same time"
        else:
            continue
        sides = tuple((_cover(each), each.provenance) for each in (one, other))
        subject = f"{one.plan} {other.plan}"
        found.append(Contradiction(FieldGroup.COVERAGE, text, sides, (one, other), subject))
    return found


def _refuses(one: Coverage, other: Coverage, today: date) -> bool:
    says_no = one.status.lower() in NOT_IN_FORCE and not coverage_ended(one, today)
    same = not one.payer or not other.payer or one.payer.lower() == other.payer.lower()
    return says_no and same and in_force(other, today)


def _two_covers(one: Coverage, other: Coverage, today: date) -> bool:
    """An eligibility answer only confirms a cover. What begins when the other ends is the next."""
    if "eligible" in (one.status.lower(), other.status.lower()):
        return False
    if any(coverage_ended(each, today) for each in (one, other)):
        return False
    if any(each.status.lower() in NOT_IN_FORCE for each in (one, other)):
        return False
    begins = max(one.begins or date.min, other.begins or date.min)
    ends = min(one.ends or date.max, other.ends or date.max)
    alike = (one.plan, one.payer, one.begins, one.ends) == (
        other.plan,
        other.payer,
        other.begins,
        other.ends,
    )
    return begins <= ends and not alike


def _cover(one: Coverage) -> str:
    return " ".join(part for part in (one.plan, one.payer, one.status) if part)


def _prescriptions(prescriptions: Iterable[Prescription]) -> list[Contradiction]:
    """One that is active here and withdrawn there, or two sources with other figures."""
    found = []
    for one, other in _pairs(prescriptions, lambda each: each.drug):
        if one.withdrawn and other.withdrawn:
            continue
        other_source = one.provenance.source != other.provenance.source
        figures = (one.expires, one.refills_left) != (other.expires, other.refills_left)
        if not (one.withdrawn != other.withdrawn or (other_source and figures)):
            continue
        sides = tuple((_prescription(each), each.provenance) for each in (one, other))
        found.append(
            Contradiction(
                FieldGroup.PRESCRIPTIONS,
                f"{one.drug}: sources disagree",
                sides,
                (one, other),
                one.drug,
            )
        )
    return found


def _prescription(one: Prescription) -> str:
    if one.withdrawn:
        return one.status.lower()
    until = f", until {day(one.expires)}" if one.expires else ""
    return f"active, {one.refills_left} refills left{until}"


def _authorisations(authorisations: Iterable[Authorisation], today: date) -> list[Contradiction]:
    """The same item valid for one source and over for another."""
    found = []
    for one, other in _pairs(authorisations, lambda each: each.item):
        if one.provenance.source == other.provenance.source:
            continue  # a renewal of the same source follows what expired
        if authorisation_over(one, today) == authorisation_over(other, today):
            continue
        sides = tuple(
            ("over" if authorisation_over(each, today) else "valid", each.provenance)
            for each in (one, other)
        )
        text = f"{one.item}: sources disagree"
        found.append(Contradiction(FieldGroup.AUTHORISATIONS, text, sides, (one, other), one.item))
    return found


def _pairs(facts: Iterable[Fact], name: Callable[[Fact], str]) -> Iterable[tuple[Fact, Fact]]:
    by_name: dict[str, list[Fact]] = {}
    for fact in facts:
        by_name.setdefault(" ".join(name(fact).casefold().split()), []).append(fact)
    for alike in by_name.values():
        yield from itertools.combinations(alike, 2)
