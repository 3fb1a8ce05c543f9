"""The disclosure gate (R7): which facts of a member's card this caller may be told, and why not.

Runs in: desk process, any thread. Pure: the policy is data (`disclosure_file`), the standing of the
caller comes from the identity check. What no rule allows is withheld.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum

from ctidesk.calls.folding import folded
from ctidesk.care.member import Authorisation, MemberCard, Party
from ctidesk.care.questions import FACTS, REQUIRED, QuestionKind


class Field(StrEnum):
    """A group of facts that is told or withheld as a whole."""

    BIRTH_DATE = "birth_date"
    MEMBER_ID = "member_id"
    POLICY_NUMBER = "policy_number"
    ADDRESS = "address"
    LANGUAGE = "language"
    CHANNEL = "channel"
    FLAGS = "flags"
    COVERAGE = "coverage"
    NETWORK = "network"
    PRESCRIPTIONS = "prescriptions"
    SUPPLIES = "supplies"  # authorisations of medical supplies
    AUTHORISATIONS = "authorisations"  # all others
    APPOINTMENTS = "appointments"
    HISTORY = "history"
    RELATIONS = "relations"


FIELD_WORDS = {
    Field.BIRTH_DATE: "date of birth",
    Field.MEMBER_ID: "member ID",
    Field.POLICY_NUMBER: "policy number",
    Field.ADDRESS: "address",
    Field.LANGUAGE: "language",
    Field.CHANNEL: "preferred channel",
    Field.FLAGS: "flags",
    Field.COVERAGE: "coverage",
    Field.NETWORK: "network",
    Field.PRESCRIPTIONS: "prescriptions",
    Field.SUPPLIES: "supply authorisations",
    Field.AUTHORISATIONS: "authorisations",
    Field.APPOINTMENTS: "appointments",
    Field.HISTORY: "history",
    Field.RELATIONS: "relations",
}
EVERY_FIELD = frozenset(Field)
Fields = frozenset[Field]
NOTHING: Fields = frozenset()


class Sensitivity(IntEnum):
    OPEN = 0
    PERSONAL = 1
    COVER = 2
    HEALTH = 3
    SPECIAL = 4


class Level(IntEnum):
    """How far the caller's identity and authority are proven."""

    NONE = 0
    PARTLY = 1
    FULLY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRule:
    """What one party is asked, and told. `names` have to be right besides `needed` of at most
    `asked` facts; of `organisation` (proofs of who the professional is) one. `failures`: wrong
    answers that lock the check."""

    names: tuple[QuestionKind, ...] = ()
    facts: tuple[QuestionKind, ...] = ()
    organisation: tuple[QuestionKind, ...] = ()
    needed: int = 2
    asked: int = 3
    failures: int = 2
    told: Mapping[Level, Fields] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosurePolicy:
    """A centre's rules. `after_failure`: the most that is told once an answer was wrong.
    `scopes`: what somebody with such an authority may be told; `unstated` names the one of an
    authority without a scope. `glass_s` 0: the glass cannot be broken."""

    rules: Mapping[Party, PartyRule]
    sensitivity: Mapping[Field, Sensitivity] = field(default_factory=dict)
    after_failure: Sensitivity = Sensitivity.SPECIAL
    minor_below: int = 0
    minor_speakers: frozenset[str] = frozenset()
    teens_from: int = 0
    teens_withheld: Fields = NOTHING
    after_death_speakers: frozenset[str] = frozenset()
    after_death_parties: frozenset[Party] = frozenset()
    scopes: Mapping[str, Fields] = field(default_factory=dict)
    unstated: str = ""
    supply_words: tuple[str, ...] = ()
    glass_s: float = 0.0
    glass_shows: Fields = NOTHING

    def rule(self, party: Party) -> PartyRule:
        return self.rules.get(party, NO_RULE)

    def of_scope(self, scope: str) -> Fields:
        """What an authority with `scope` covers: several are separated by comma, semicolon, slash
        or bar; a word that the policy does not know covers nothing."""
        words = [each.strip().lower().removesuffix(" only") for each in _split(scope)]
        words = words or [self.unstated]
        return frozenset().union(*(self.scopes.get(word, NOTHING) for word in words))

    def is_supply(self, one: Authorisation) -> bool:
        said = folded(one.item)
        return any(folded(word) in said for word in self.supply_words)


NO_RULE = PartyRule()
TELLS_NOTHING = DisclosurePolicy(
    rules={party: PartyRule(names=REQUIRED[party], facts=FACTS[party]) for party in FACTS}
)
"""Where no policy is given: the checks are made, and nothing is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of the caller. `covers`: of somebody who speaks for the member, what their
    authority covers. `glass`: it is broken now."""

    party: Party = Party.UNKNOWN
    level: Level = Level.NONE
    failures: int = 0
    covers: Fields = EVERY_FIELD
    glass: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """The answer for one caller and one card, until something changes."""

    allowed: Fields = NOTHING
    reason: str = "Hidden until the caller is verified."
    """Why the others are withheld, in a sentence for the agent."""
    glass: bool = False

    def may(self, one: Field) -> bool:
        """Whether this may be shown and told."""
        return one in self.allowed

    @property
    def withheld(self) -> Fields:
        return EVERY_FIELD - self.allowed


CLOSED = Gate()


def gate_for(policy: DisclosurePolicy, card: MemberCard, standing: Standing, today: date) -> Gate:
    """What the caller in this `standing` may be told of `card` as of `today`."""
    if standing.glass:
        return Gate(policy.glass_shows, "Not even break-glass shows this.", glass=True)
    if card.merged_into:
        return Gate(NOTHING, "This record was merged: open the one that took its place.")
    if card.is_restricted:
        return Gate(NOTHING, "This record is restricted: nothing is told from it.")
    if card.is_deceased and not _after_death(policy, standing):
        return Gate(NOTHING, "The member has died: only an executor may be told.")
    rule, level = policy.rule(standing.party), standing.level
    if standing.failures and level is Level.PARTLY:
        level = Level.NONE
    allowed = rule.told.get(level, NOTHING)
    reason = "Hidden until the caller is verified."
    if level is Level.FULLY:
        reason = "This party is not told this."
    if standing.failures:
        allowed = frozenset(
            one for one in allowed if _sensitivity(policy, one) <= policy.after_failure
        )
        reason = "Hidden, as an answer did not match."
    if standing.party is Party.CARER:
        if level is Level.FULLY and not allowed <= standing.covers:
            reason = "The authority on record does not cover this."
        allowed &= standing.covers
        if policy.teens_from <= _age(card, today) < policy.minor_below:
            allowed -= policy.teens_withheld
    return Gate(allowed, reason)


def narrowed(policy: DisclosurePolicy, card: MemberCard, gate: Gate) -> MemberCard:
    """`card` with the allowed facts and nothing of the others: what may leave for the screen."""
    if gate.allowed == EVERY_FIELD:
        return card
    emptied: dict[str, object] = {
        name: empty for name, empty in _empties().items() if not gate.may(_FIELD_OF[name])
    }
    emptied |= _ALWAYS_EMPTIED
    emptied["authorisations"] = tuple(
        one
        for one in card.authorisations
        if gate.may(Field.SUPPLIES if policy.is_supply(one) else Field.AUTHORISATIONS)
    )
    emptied["other_details"] = tuple(
        one
        for one in card.other_details
        if gate.may(Field.BIRTH_DATE if one.detail == "birth_date" else Field.ADDRESS)
    )
    return dataclasses.replace(card, **emptied)  # type: ignore[arg-type]


def is_minor(policy: DisclosurePolicy, card: MemberCard, today: date) -> bool:
    return _age(card, today) < policy.minor_below


# -------------------------------------------------------------------- private

_FIELD_OF = {
    "birth_date": Field.BIRTH_DATE,
    "member_id": Field.MEMBER_ID,
    "policy_number": Field.POLICY_NUMBER,
    "address": Field.ADDRESS,
    "postcode": Field.ADDRESS,
    "language": Field.LANGUAGE,
    "channel_preference": Field.CHANNEL,
    "flags": Field.FLAGS,
    "coverages": Field.COVERAGE,
    "prescriptions": Field.PRESCRIPTIONS,
    "appointments": Field.APPOINTMENTS,
    "history": Field.HISTORY,
    "relations": Field.RELATIONS,
    "networks": Field.NETWORK,
    "open_tasks": Field.HISTORY,
    "address_confirmed": Field.ADDRESS,
}
"""Attribute of the card → its group."""
_OPEN = {"given", "family", "provenance", "deceased", "merged_into", "restricted"}
"""What the card shows before anything is proven: whose it is, and that it needs care."""
_ALWAYS_EMPTIED: dict[str, object] = {"phone_last4": "", "crm_id": ""}
_DATES = {"birth_date", "address_confirmed"}
_TEXTS = {"member_id", "policy_number", "address", "postcode", "language", "channel_preference"}


@functools.cache
def _empties() -> dict[str, object]:
    """The empty value of every attribute that can be withheld. One that nobody has placed in a
    group is an error here, so that a new fact cannot slip through."""
    known = {*_FIELD_OF, *_OPEN, *_ALWAYS_EMPTIED, "authorisations", "other_details"}
    unplaced = {each.name for each in dataclasses.fields(MemberCard)} - known
    if unplaced:
        raise TypeError(f"in no group of the disclosure gate: {sorted(unplaced)}")
    return {name: None if name in _DATES else "" if name in _TEXTS else () for name in _FIELD_OF}


def _sensitivity(policy: DisclosurePolicy, one: Field) -> Sensitivity:
    return policy.sensitivity.get(one, Sensitivity.SPECIAL)


def _after_death(policy: DisclosurePolicy, standing: Standing) -> bool:
    # who speaks for a member is judged by `authority`: after a death only those of the policy
    return standing.party is Party.CARER or standing.party in policy.after_death_parties


def _age(card: MemberCard, today: date) -> int:
    """Whole years; of an unknown birth date, those of a grown-up."""
    born = card.birth_date
    if born is None:
        return 999
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _split(scope: str) -> list[str]:
    for separator in (";", "/", "|"):
        scope = scope.replace(separator, ",")
    return [each for each in scope.split(",") if each.strip()]
