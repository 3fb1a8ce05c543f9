"""In-memory stand-ins for the member directory and the call journal.

Runs in: tests, and whatever needs a desk without a cache. Answers come by `deliver` like the
real ones' (by default: at once, on the caller's thread).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ctidesk.calls import numbers
from ctidesk.calls.agent_events import LogEvent, WrapUpSaved
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import TELEMETRY, DtmfReceived
from ctidesk.calls.numbers import NumberKind
from ctidesk.calls.ports import Done, Interaction, WrapUpDraft
from ctidesk.care.member import Candidate, Lookup, MemberCard, Party
from ctidesk.crm.matching import certainty, ordered

Deliver = Callable[[Callable[[], None]], None]


def at_once(function: Callable[[], None]) -> None:
    function()


@dataclass
class FakeMemberDirectory:
    """`people`: (candidate, its numbers in any spelling); `cards` by member id."""

    people: list[tuple[Candidate, tuple[str, ...]]] = field(default_factory=list)
    cards: dict[str, MemberCard] = field(default_factory=dict)
    region: str = "DE"
    deliver: Deliver = at_once
    unavailable: bool = False
    asked: list[str] = field(default_factory=list)

    def find_by_number(self, number: str, done: Done[Lookup]) -> None:
        self.asked.append(number)
        read = numbers.normalise(number, self.region)
        found = Lookup(number=read.shown, e164=read.e164)
        if read.kind is NumberKind.WITHHELD:
            found = replace(found, reason="withheld")
        elif self.unavailable:
            found = replace(found, reason="unavailable")
        else:
            matches = self._matches(read)
            if any(match.certainty == "exact" for match in matches):
                matches = [match for match in matches if match.certainty == "exact"]
            none = (
                "not_a_number" if read.kind is NumberKind.INVALID and not read.digits else "unknown"
            )
            found = replace(found, candidates=ordered(matches), reason="" if matches else none)
        self.deliver(lambda: done(found))

    def _matches(self, read: numbers.Number) -> list[Candidate]:
        found: list[Candidate] = []
        for candidate, spellings in self.people:
            for spelling in spellings:
                known = numbers.normalise(spelling, self.region)
                if read.kind is NumberKind.EXTENSION:
                    sure = "exact" if known == read else ""
                else:
                    sure = certainty(read, known.e164, known.national)
                if sure:
                    found.append(replace(candidate, certainty=sure))
        return found

    def search(self, text: str, limit: int, done: Done[Sequence[Candidate]]) -> None:
        words = text.casefold().split()
        found = [
            candidate
            for candidate, _ in self.people
            if words
            and all(any(part.startswith(word) for part in _words_of(candidate)) for word in words)
        ]
        self.deliver(lambda: done(found[:limit]))

    def card(self, member_id: str, done: Done[MemberCard]) -> None:
        card = self.cards.get(member_id)
        answer: MemberCard | KnownError = card or KnownError(
            "member_unknown", "This member is not in the member cache.", "Search by name."
        )
        self.deliver(lambda: done(answer))

    def numbers_of(self, candidate: Candidate, done: Done[Sequence[str]]) -> None:
        spellings = next((s for each, s in self.people if each.key == candidate.key), ())
        read = [numbers.normalise(spelling, self.region) for spelling in spellings]
        self.deliver(lambda: done([number.e164 or number.digits for number in read]))


def _words_of(candidate: Candidate) -> list[str]:
    ids = candidate.member_id if candidate.party is Party.MEMBER else candidate.facility_id
    return f"{candidate.name} {ids}".casefold().split()


@dataclass
class FakeCallJournal:
    """Keeps all in lists. `problem`: what every save answers while it is set."""

    deliver: Deliver = at_once
    log: list[LogEvent] = field(default_factory=list)
    drafts: dict[str, WrapUpDraft] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    problem: KnownError | None = None

    def append(self, event: LogEvent, done: Done[None] | None = None) -> None:
        if not isinstance(event, TELEMETRY):
            kept = replace(event, digit="") if isinstance(event, DtmfReceived) else event
            self.log.append(kept)
        if done is not None:
            self.deliver(lambda: done(None))

    def load_since(self, t_wall: float, done: Done[Sequence[LogEvent]]) -> None:
        found = [event for event in self.log if event.t_wall >= t_wall]
        self.deliver(lambda: done(found))

    def save_draft(self, draft: WrapUpDraft, done: Done[None] | None = None) -> None:
        if draft.call_id not in self.interactions:
            self.drafts[draft.call_id] = draft
        if done is not None:
            self.deliver(lambda: done(self.problem))

    def load_drafts(self, done: Done[Sequence[WrapUpDraft]]) -> None:
        found = list(self.drafts.values())
        self.deliver(lambda: done(found))

    def save_interaction(
        self, interaction: Interaction, done: Done[None], stamp: WrapUpSaved | None = None
    ) -> None:
        answer = self.problem
        known = self.interactions.get(interaction.call_id)
        if answer is None and known is not None and not _same(known, interaction):
            answer = KnownError("already_saved", "Saved before, with other content.", "See it.")
        if answer is None:
            self.interactions.setdefault(interaction.call_id, interaction)
            self.drafts.pop(interaction.call_id, None)
            if stamp is not None:
                self.log.append(stamp)
        self.deliver(lambda: done(answer))

    def outbox_waiting(self, done: Done[int]) -> None:
        count = len(self.interactions)
        self.deliver(lambda: done(count))


def _same(one: Interaction, other: Interaction) -> bool:
    return (one.code, one.note, one.member_id) == (other.code, other.note, other.member_id)
