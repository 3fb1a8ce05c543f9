"""Who may speak for a member, what their authority covers, and what the record itself forbids.

Runs in: desk process, any thread. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ctidesk.calls.folding import folded
from ctidesk.care import answers
from ctidesk.care.day_words import day
from ctidesk.care.disclosure import NOTHING, DisclosurePolicy, Fields, is_minor
from ctidesk.care.member import MemberCard, Party, Relation


@dataclass(frozen=True, slots=True)
class Organisation:
    """The professional caller's, as the directory has it. `numbers`: E.164 or national."""

    facility_id: str
    name: str
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordNotice:
    """What has to be known of a record before anything else. `kind`: "merged", "restricted",
    "deceased" or "minor"; `survivor`: the member id of the record to open instead."""

    kind: str
    text: str
    step: str
    survivor: str = ""


def record_notice(policy: DisclosurePolicy, card: MemberCard, today: date) -> RecordNotice | None:
    """The gravest one. Tells no health data: it is shown before anything is proven."""
    if card.merged_into:
        return RecordNotice(
            "merged",
            "This record was merged into another.",
            "Open the record that took its place; nothing is told from this one.",
            card.merged_into,
        )
    if card.is_restricted:
        return RecordNotice(
            "restricted",
            "This record is restricted.",
            "Nothing is told from it. Pass the caller to your lead.",
        )
    if card.is_deceased:
        return RecordNotice(
            "deceased",
            "This member has died.",
            "Take your time. Only an executor on record may be told anything.",
        )
    if is_minor(policy, card, today):
        return RecordNotice(
            "minor",
            "This member is a minor.",
            "Speak with a parent or guardian on record: choose Carer as who is calling.",
        )
    return None


def obstacle(policy: DisclosurePolicy, card: MemberCard, party: Party, today: date) -> str:
    """Why this party cannot be checked for this record at all, "" if it can."""
    notice = record_notice(policy, card, today)
    if notice is not None:
        dead, minor = notice.kind == "deceased", notice.kind == "minor"
        professional = party not in (Party.MEMBER, Party.CARER)
        may = (dead and (party is Party.CARER or party in policy.after_death_parties)) or (
            minor and (party is Party.CARER or professional)
        )
        if not may:
            return f"{notice.text} {notice.step}"
    if party is Party.CARER and not current(policy, card, today):
        return _no_authority(policy, card, today)
    return ""


def current(policy: DisclosurePolicy, card: MemberCard, today: date) -> tuple[Relation, ...]:
    """Those whose authority to speak for the member is in force; of a minor or of somebody who
    died only the kinds that the policy names."""
    return tuple(one for one in _of_kind(policy, card, today) if _in_force(one, today))


def expired(
    policy: DisclosurePolicy, card: MemberCard, today: date
) -> tuple[tuple[Relation, date], ...]:
    """Those whose authority is over, each with its last day."""
    return tuple(
        (one, one.authority_until)
        for one in _of_kind(policy, card, today)
        if one.authority_until is not None and not _in_force(one, today)
    )


def named(relations: Iterable[Relation], text: str) -> str:
    """The key of the authorities that belong to the name in `text`, "" for none."""
    found = next((r for r in relations if answers.full_name_matches(r.name, text)), None)
    return key_of(found) if found is not None else ""


def key_of(relation: Relation) -> str:
    """Opaque, the same for all authorities of one name: for the log, which holds no names."""
    return hashlib.sha256(folded(relation.name).encode()).hexdigest()[:16]


def covered(
    policy: DisclosurePolicy, card: MemberCard, key: str, today: date
) -> tuple[Fields, tuple[Relation, ...]]:
    """What the authorities of `key` that are in force cover together, and which they are."""
    own = tuple(one for one in current(policy, card, today) if key and key_of(one) == key)
    return NOTHING.union(*(policy.of_scope(one.scope) for one in own)), own


# -------------------------------------------------------------------- private


def _in_force(one: Relation, today: date) -> bool:
    return one.authority_until is None or one.authority_until >= today


def _of_kind(policy: DisclosurePolicy, card: MemberCard, today: date) -> list[Relation]:
    kinds: frozenset[str] | None = None
    if card.is_deceased:
        kinds = policy.after_death_speakers
    elif is_minor(policy, card, today):
        kinds = policy.minor_speakers
    return [one for one in card.relations if one.may_speak and (kinds is None or one.kind in kinds)]


def _no_authority(policy: DisclosurePolicy, card: MemberCard, today: date) -> str:
    over = [last for _, last in expired(policy, card, today)]
    if over:
        return (
            f"The authority to speak for this member ended on {day(max(over))}. "
            "Speak with the member, or have a new authority recorded first."
        )
    if card.is_deceased:
        return "This member has died, and no executor's authority is on record. Ask for it first."
    if is_minor(policy, card, today):
        return (
            "This member is a minor, and no parent's or guardian's authority is on record. "
            "Have it recorded first."
        )
    return (
        "Nobody's authority to speak for this member is on record. "
        "Speak with the member, or have the authority recorded first."
    )
