"""Who is calling, whose card is open, and what of it may be seen.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from ctidesk.calls import agent_events as ag
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock
from ctidesk.care.disclosure import Field, Gate, Level
from ctidesk.care.disclosures import Disclosures
from ctidesk.care.identity import IdentityCheck, Result
from ctidesk.care.member import CALLING_PARTIES, Candidate, MemberCard, Party
from ctidesk.care.network import NoNetworks
from ctidesk.care.patient_page import PatientPages
from ctidesk.care.pop import ScreenPop
from ctidesk.ui import words
from ctidesk.ui.call_names import CallNames
from ctidesk.ui.directory_search.presenter import DirectorySearch, Problem
from ctidesk.ui.in_view import CallInView
from ctidesk.ui.live import Live, but_telemetry
from ctidesk.ui.member_card.facts import CardFacts, card_facts
from ctidesk.ui.member_card.network_check import NetworkCheck
from ctidesk.ui.member_card.state import (
    NO_CARD,
    CandidateLine,
    CardStage,
    CheckState,
    GlassState,
    MemberCardState,
    NoticeState,
    PartyChip,
    Proof,
    match_words,
)
from ctidesk.ui.member_card.steady import steady
from ctidesk.ui.member_card.withheld import told_blockers, withheld_by

MINUTE_S = 60.0


class MemberCardPresenter:
    """The card of the call in view. Of a card nothing but name and birth year leaves here that the
    disclosure gate withholds (R7); no candidate is ever opened by itself (R1)."""

    def __init__(
        self,
        desk: CallDesk,
        actions: DeskActions,
        pop: ScreenPop,
        disclosures: Disclosures,
        in_view: CallInView,
        search: DirectorySearch,
        names: CallNames,
        clock: Clock,
        pages: PatientPages,
    ) -> None:
        self._desk = desk
        self._actions = actions
        self._pop = pop
        self._disclosures = disclosures
        self._in_view = in_view
        self.search = search
        self._names = names
        self._clock = clock
        self._pages = pages
        self._results: dict[str, Result] = {}
        """By call_id: the outcome of the last answer."""
        self.code_label: Callable[[str], str] = str
        """A wrap-up code of the history in words."""
        self.network_check = NetworkCheck(NoNetworks(), clock)
        self._facts: tuple[str, MemberCard, float, Gate, CardFacts] | None = None
        self.live = Live(self._state)
        desk.subscribe(but_telemetry(self._changed))
        pop.subscribe(self.live.refresh)
        disclosures.subscribe(self.live.refresh)
        in_view.subscribe(self._moved)

    # ----------------------------------------------------------------- intents

    def open_candidate(self, key: str) -> None:
        """The agent says that this candidate is calling."""
        call_id = self._in_view.call_id
        lookup = self._pop.lookups.get(call_id)
        candidate = next((c for c in lookup.candidates if c.key == key), None) if lookup else None
        if candidate is not None:
            self._open(call_id, candidate, keep_party=False)

    def open_found(self, key: str) -> None:
        """A search result. Somebody who asks about a member stays who they are."""
        candidate = self.search.candidate(key)
        call_id = self._in_view.call_id
        if candidate is not None and call_id:
            self._open(call_id, candidate, keep_party=True)
            self.search.clear()

    def close_card(self) -> None:
        """Back to the candidates."""
        if call_id := self._in_view.call_id:
            self._facts = None
            self._pop.open_member(call_id, "")

    def open_page(self) -> None:
        """The member's page in the EMR or CRM, in the browser."""
        self._pages.open(self._in_view.call_id)

    def set_party(self, party: Party) -> None:
        """Correct who is calling."""
        if call_id := self._in_view.call_id:
            self._actions.set_party(call_id, party.value, "agent")

    def answer(self, kind: str, text: str) -> None:
        """What the caller said to a question; compared and forgotten."""
        call_id = self._in_view.call_id
        result = self._disclosures.answer(call_id, kind, text)
        if result is not None:
            self._results[call_id] = result
            self.live.refresh()

    def break_glass(self, reason: str) -> KnownError | None:
        """Show what is withheld, for a time; what is wrong with the reason, if anything."""
        try:
            self._disclosures.break_glass(self._in_view.call_id, reason)
        except KnownError as error:
            return error
        return None

    def close_glass(self) -> None:
        self._disclosures.close_glass(self._in_view.call_id)

    def open_survivor(self) -> None:
        """The record that took the place of the open one."""
        call_id = self._in_view.call_id
        notice = self._disclosures.notice(call_id)
        if notice is not None and notice.survivor:
            self._pop.open_member(call_id, notice.survivor)

    def take_log(self, log: list[ag.LogEvent]) -> None:
        """What an earlier desk did already (from `recall`)."""
        self._pages.take_log(log)
        self.live.refresh()

    def tick(self) -> None:
        """Once a minute: ages grow; once a second while the glass is broken."""
        self.live.refresh()

    # ----------------------------------------------------------------- private

    def _open(self, call_id: str, candidate: Candidate, keep_party: bool) -> None:
        self._results.pop(call_id, None)
        self._facts = None  # opened again, a card is in its own order
        if candidate.facility_id and candidate.party is not Party.UNKNOWN:
            self._disclosures.confirm_facility(call_id, candidate)
        party = words.party_of(self._desk.context(call_id).party)
        if keep_party and party is not Party.UNKNOWN and candidate.member_id:
            self._pop.open_member(call_id, candidate.member_id)
        elif candidate.member_id or not keep_party:
            self._pop.open(call_id, candidate)
        elif candidate.party is not Party.UNKNOWN:
            self._actions.set_party(call_id, candidate.party.value, "agent")
        self.live.refresh()

    def _changed(self, change: Change) -> None:
        if isinstance(change, ag.WrapUpSaved):
            self._forget_gone()
        self.live.refresh()

    def _moved(self, call_id: str) -> None:
        self.search.clear()
        self.live.refresh()

    def _forget_gone(self) -> None:
        live = self._desk.calls
        for call_id in [key for key in self._results if key not in live]:
            del self._results[call_id]

    def _state(self) -> MemberCardState:
        call = self._desk.calls.get(self._in_view.call_id)
        if call is None:
            return NO_CARD
        context = self._desk.context(call.call_id)
        lookup = self._pop.lookups.get(call.call_id)
        problem = self._pop.problems.get(call.call_id)
        card = self._pop.cards.get(call.call_id)
        check = self._disclosures.check(call.call_id)
        gate = self._disclosures.gate(call.call_id)
        verified = check is not None and check.verified and context.verified
        party = words.party_of(context.party)
        return MemberCardState(
            call_id=call.call_id,
            stage=_stage(lookup is None, context.member_id, card, verified),
            caller=self._names.name(call),
            detail=self._names.detail(call),
            ended=call.ended,
            parties=tuple(
                PartyChip(one, words.PARTY_WORDS[one], number, one is party, context.party_by)
                for number, one in enumerate(CALLING_PARTIES, 1)
            ),
            match=match_words(lookup),
            candidates=self._candidates(call.call_id),
            facility=self._disclosures.organisation(call.call_id),
            problem=Problem(problem.text, problem.remedy) if problem else None,
            name=card.name if card else "",
            birth_year=str(card.birth_date.year) if card and card.birth_date else "",
            check=self._check_state(call.call_id, check),
            page=self._pages.name(call.call_id),
            correctable=card.member_id if card and card.crm_id and _correctable(gate) else "",
            facts=self._told(call.call_id, card, gate) if card and gate.allowed else None,
            withheld=withheld_by(gate),
            proof=_proof(gate, check),
            notice=self._notice(call.call_id),
            glass=self._glass(call.call_id),
            can_break=self._disclosures.can_break(call.call_id),
            authority=self._disclosures.authority_words(call.call_id),
        )

    def _notice(self, call_id: str) -> NoticeState | None:
        found = self._disclosures.notice(call_id)
        if found is None:
            return None
        return NoticeState(found.text, found.step, found.kind != "minor", bool(found.survivor))

    def _glass(self, call_id: str) -> GlassState | None:
        found = self._disclosures.glass(call_id)
        if found is None:
            return None
        left = words.short_duration(math.ceil(self._disclosures.glass_left_s(found)))
        return GlassState(left, found.reason)

    def _candidates(self, call_id: str) -> tuple[CandidateLine, ...]:
        lookup = self._pop.lookups.get(call_id)
        if lookup is None:
            return ()
        opened = self._desk.context(call_id).member_id
        return tuple(CandidateLine.of(one, opened) for one in lookup.candidates)

    def _check_state(self, call_id: str, check: IdentityCheck | None) -> CheckState | None:
        if check is None:
            return None
        result = self._results.get(call_id)
        right, needed = check.progress
        return CheckState(
            questions=tuple((q.kind.value, q.label, q.sentence) for q in check.questions()),
            notice=check.notice,
            right=right,
            needed=needed,
            verified=check.verified,
            locked=check.locked,
            result="" if result is None or result.locked else result.text,
            result_good=result is not None and result.correct,
        )

    def _told(self, call_id: str, card: MemberCard, gate: Gate) -> CardFacts:
        """Worded once a minute: the state is computed at every event. A card that is refreshed
        meanwhile keeps its lines in their places, unless more or less of it may be told."""
        now = self._clock.wall()
        known = self._facts
        if known is not None and (known[0], known[1].member_id) != (call_id, card.member_id):
            known = None
        if known is not None and known[3].allowed != gate.allowed:
            known = None
        if known is None or known[1] is not card or now - known[2] >= MINUTE_S:
            facts = card_facts(self._disclosures.card(call_id) or card, now, self.code_label)
            facts = replace(facts, blockers=told_blockers(facts.blockers, gate))
            facts = steady(None if known is None else known[4], facts)
            self._facts = (call_id, card, now, gate, facts)
            return facts
        return known[4]


def _proof(gate: Gate, check: IdentityCheck | None) -> Proof:
    if gate.glass:
        return Proof.GLASS
    if check is None or check.level is Level.NONE or not gate.allowed:
        return Proof.NONE
    return Proof.VERIFIED if check.level is Level.FULLY else Proof.PARTLY


def _correctable(gate: Gate) -> bool:
    """All that the form shows may be told."""
    return all(map(gate.may, _IN_THE_FORM))


_IN_THE_FORM = (Field.BIRTH_DATE, Field.ADDRESS, Field.LANGUAGE, Field.CHANNEL, Field.POLICY_NUMBER)


def _stage(looking: bool, member_id: str, card: MemberCard | None, verified: bool) -> CardStage:
    if card is not None:
        return CardStage.VERIFIED if verified else CardStage.MASKED
    if member_id:
        return CardStage.LOADING
    return CardStage.LOOKING if looking else CardStage.MATCHES
