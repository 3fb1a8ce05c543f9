"""What the member card shows. Without a passed check there is no health data in it at all.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ctidesk.calls.text import plain
from ctidesk.care.member import Candidate, Lookup, Party
from ctidesk.ui import words
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.member_card.facts import CardFacts
from ctidesk.ui.member_card.withheld import NOTHING_WITHHELD, Withheld

_NO_MATCH = {
    "withheld": "The number was withheld: ask who is calling and search.",
    "not_a_number": "What the network sent is no telephone number: ask who is calling and search.",
    "unknown": "No match: nobody in the directory has this number. Ask and search.",
    "unavailable": "The directory cannot be read now. The call is not affected.",
}
_CERTAINTY = {
    "exact": "",
    "national": "same number without country code",
    "last_digits": "only the last digits agree",
}


class CardStage(StrEnum):
    NO_CALL = "no_call"
    LOOKING = "looking"  # the number is being looked up
    MATCHES = "matches"  # no card open: candidates, or none
    LOADING = "loading"
    MASKED = "masked"
    VERIFIED = "verified"


class Proof(StrEnum):
    """How far the caller is proven, or why else the card is open."""

    NONE = "none"
    PARTLY = "partly"
    VERIFIED = "verified"
    GLASS = "glass"


@dataclass(frozen=True, slots=True)
class PartyChip:
    """`key`: Alt+key chooses it. `by`: "number" or "agent"."""

    party: Party
    label: str
    key: int
    chosen: bool
    by: str


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """Somebody whose number this may be, with the reason."""

    key: str
    title: str
    detail: str
    opened: bool
    icon: str

    @classmethod
    def of(cls, one: Candidate, opened_member: str) -> CandidateLine:
        born = f"born {one.birth_year}" if one.birth_year else ""
        parts = (
            words.PARTY_WORDS[one.party],
            born,
            plain(one.reason),
            _CERTAINTY.get(one.certainty, ""),
        )
        return cls(
            key=one.key,
            title=plain(one.name),
            detail=" · ".join(part for part in parts if part),
            opened=bool(one.member_id) and one.member_id == opened_member,
            icon=words.PARTY_ICONS[one.party],
        )


@dataclass(frozen=True, slots=True)
class CheckState:
    """The identity check. `questions`: (kind, label, sentence to say), best first."""

    questions: tuple[tuple[str, str, str], ...]
    notice: str
    right: int
    needed: int
    verified: bool
    locked: bool
    result: str
    result_good: bool


@dataclass(frozen=True, slots=True)
class GlassState:
    """What is withheld is shown for a while: how long yet, and the reason that was given."""

    left: str
    reason: str


@dataclass(frozen=True, slots=True)
class NoticeState:
    """What has to be known of the record first. `can_go`: another record took its place."""

    text: str
    step: str
    grave: bool
    can_go: bool


@dataclass(frozen=True, slots=True)
class MemberCardState:
    """`facts` holds what the gate allows and is None where that is nothing; besides, only name and
    birth year are here."""

    call_id: str
    stage: CardStage
    caller: str = ""
    detail: str = ""
    ended: bool = False
    parties: tuple[PartyChip, ...] = ()
    match: str = ""
    candidates: tuple[CandidateLine, ...] = ()
    facility: str = ""
    problem: Problem | None = None
    name: str = ""
    birth_year: str = ""
    check: CheckState | None = None
    page: str = ""
    """The name of the EMR or CRM that has a page of this member."""
    correctable: str = ""
    """The member's id, once verified, where the CRM keeps them."""
    facts: CardFacts | None = None
    withheld: Withheld = NOTHING_WITHHELD
    proof: Proof = Proof.NONE
    notice: NoticeState | None = None
    glass: GlassState | None = None
    can_break: bool = False
    authority: str = ""
    """Kind, scope and end of the authority of somebody who was proven to have it."""


NO_CARD = MemberCardState(call_id="", stage=CardStage.NO_CALL)


def match_words(lookup: Lookup | None) -> str:
    """How the caller's number matched, in a sentence."""
    if lookup is None:
        return "Looking the number up…"
    found = len(lookup.candidates)
    if found == 0:
        return _NO_MATCH.get(lookup.reason, _NO_MATCH["unknown"])
    if found == 1:
        return "1 match. Ask who is calling, then open."
    if lookup.more:
        return (
            f"{found + lookup.more} matches share this number, {found} are listed. Ask who is"
            " calling, then search."
        )
    return f"{found} matches share this number. Ask who is calling, then open the right one."
