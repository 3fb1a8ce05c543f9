"""The facts of a verified card: blockers first, then the tabs, each line with source and age.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ctidesk.calls.text import plain
from ctidesk.care.blockers import Blocker, blockers
from ctidesk.care.contradictions import contradictions
from ctidesk.care.cover_blockers import in_force
from ctidesk.care.day_words import day, local_day
from ctidesk.care.field_groups import FieldGroup
from ctidesk.care.freshness import is_stale
from ctidesk.care.member import MemberCard
from ctidesk.ui import words
from ctidesk.ui.member_card.fact_lines import FactLine, FactWords
from ctidesk.ui.member_card.languages import language_name

__all__ = ["GROUP_OF_TAB", "TABS", "CardFacts", "FactLine", "card_facts"]

TABS = (
    "Summary",
    "Coverage",
    "Network",
    "Prescriptions",
    "Authorisations",
    "Appointments",
    "History",
)
GROUP_OF_TAB = {
    "Coverage": FieldGroup.COVERAGE,
    "Network": FieldGroup.NETWORK,
    "Prescriptions": FieldGroup.PRESCRIPTIONS,
    "Authorisations": FieldGroup.AUTHORISATIONS,
    "Appointments": FieldGroup.APPOINTMENTS,
    "History": FieldGroup.HISTORY,
}
"""What a tab holds; the summary's lines each name their own group."""
SUMMARY_LINES = 3


@dataclass(frozen=True, slots=True)
class CardFacts:
    """`identity`: (caption, value) pairs, `identity_source` where they come from. `tabs`: lines by
    the names in `TABS`."""

    identity: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]
    blockers: tuple[Blocker, ...]
    tabs: dict[str, tuple[FactLine, ...]]
    member_id: str = ""
    identity_source: str = ""
    identity_stale: bool = False


def card_facts(
    card: MemberCard, now_wall: float, code_label: Callable[[str], str] = str
) -> CardFacts:
    """Everything that the verified card shows, as of `now_wall` (seconds since the epoch).
    `code_label`: a wrap-up code in words."""
    today = local_day(now_wall)
    disputed = [fact for one in contradictions(card, today) for fact in one.facts]
    told = FactWords(now_wall, code_label, disputed)
    tabs = _tabs(card, told)
    return CardFacts(
        identity=_identity(card),
        flags=tuple(plain(flag, 40) for flag in card.flags),
        blockers=tuple(_plain(one) for one in blockers(card, today, told.source)),
        tabs={"Summary": _summary(card, told, tabs), **tabs},
        member_id=card.member_id,
        identity_source=told.source(card.provenance),
        identity_stale=is_stale(FieldGroup.IDENTITY, card.provenance, now_wall),
    )


# -------------------------------------------------------------------- private


def _tabs(card: MemberCard, told: FactWords) -> dict[str, tuple[FactLine, ...]]:
    upcoming = sorted(card.appointments, key=lambda one: one.starts)
    contacts = sorted(card.history, key=lambda one: one.at, reverse=True)
    return {
        "Coverage": tuple(told.coverage(one) for one in card.coverages),
        "Network": tuple(told.network(one) for one in card.networks),
        "Prescriptions": _valid_first(told.prescription(one) for one in card.prescriptions),
        "Authorisations": tuple(told.authorisation(one) for one in card.authorisations),
        "Appointments": _valid_first(told.appointment(one) for one in upcoming),
        "History": tuple(told.contact(one) for one in contacts),
    }


def _summary(
    card: MemberCard, told: FactWords, tabs: dict[str, tuple[FactLine, ...]]
) -> tuple[FactLine, ...]:
    """Of covers those that hold today, all of them: none is picked."""
    holding = [
        line
        for one, line in zip(card.coverages, tabs["Coverage"], strict=True)
        if in_force(one, told.today) or line.disputed
    ]
    return (
        *(holding or tabs["Coverage"])[:SUMMARY_LINES],
        *[one for one in tabs["Appointments"] if not one.over][:1],
        *[one for one in tabs["Authorisations"] if one.over][:SUMMARY_LINES],
        *tabs["Prescriptions"][:SUMMARY_LINES],
        *tabs["History"][:SUMMARY_LINES],
        *(told.relation(one, card.provenance) for one in card.relations[:SUMMARY_LINES]),
    )


def _valid_first(lines: Iterable[FactLine]) -> tuple[FactLine, ...]:
    return tuple(sorted(lines, key=lambda one: one.over))


def _identity(card: MemberCard) -> tuple[tuple[str, str], ...]:
    return (
        ("Date of birth", day(card.birth_date) if card.birth_date else "not on record"),
        ("Member ID", plain(card.member_id, 40)),
        ("Policy number", plain(card.policy_number, 40) or "not on record"),
        ("Address", plain(f"{card.address}, {card.postcode}".strip(", "), 120) or "not on record"),
        ("Language", plain(language_name(card.language), 20) or "not on record"),
        ("Prefers", words.channel(plain(card.channel_preference, 20)) or "no preference"),
    )


def _plain(one: Blocker) -> Blocker:
    """Names of drugs, doctors and plans come from elsewhere: text, nothing else."""
    return replace(
        one, text=plain(one.text, 300), say=plain(one.say, 300), step=plain(one.step, 300)
    )
