"""The disclosure gate of every live call: who is proven, what may be shown, what was.

Runs in: desk process, Qt main thread (no Qt in here). The one place that panels ask:
`gate(call_id).may(Field.COVERAGE)`.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ctidesk.calls import agent_events as ag, disclosure_events as de, events as ev
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock
from ctidesk.calls.text import plain
from ctidesk.care import authority
from ctidesk.care.authority import Organisation, RecordNotice
from ctidesk.care.day_words import day, local_day
from ctidesk.care.disclosure import (
    CLOSED,
    DisclosurePolicy,
    Gate,
    Level,
    gate_for,
    narrowed,
)
from ctidesk.care.glass import Glasses
from ctidesk.care.identity import IdentityCheck, QuestionKind, Result
from ctidesk.care.member import Candidate, MemberCard, Party
from ctidesk.care.pop import ScreenPop
from ctidesk.care.ports import MemberDirectory
from ctidesk.care.reveals import Reveals


class Judged(NamedTuple):
    """What was found out of a call, and what it rests on."""

    card: MemberCard
    policy: DisclosurePolicy
    basis: tuple[object, ...]
    check: IdentityCheck
    gate: Gate
    told: MemberCard
    """The card with what may be told, and nothing of the rest."""


class Disclosures:
    """Checks, confirmed organisations, broken glass and reveals, by call. State comes from the
    event log: a new desk takes it up with `take_log`. Listeners get the call_id."""

    def __init__(
        self,
        desk: CallDesk,
        pop: ScreenPop,
        directory: MemberDirectory,
        clock: Clock,
        policy: DisclosurePolicy,
    ) -> None:
        self._desk = desk
        self._pop = pop
        self._directory = directory
        self._clock = clock
        self.policy = policy
        self._listeners: list[Callable[[str], None]] = []
        self._checked: list[ag.IdentityChecked] = []
        self._organisations: dict[str, Organisation] = {}
        self._glasses = Glasses(desk, clock)
        self._reveals = Reveals(desk, clock)
        self._judged: dict[str, Judged] = {}
        self._parties: dict[str, str] = {}
        self._verified_as: dict[tuple[str, str], str] = {}
        """By call_id and member_id: the party that passed the whole check."""
        desk.subscribe(self._changed)
        pop.subscribe(self._popped)

    def subscribe(self, listener: Callable[[str], None]) -> None:
        self._listeners.append(listener)

    # --------------------------------------------------------------- questions

    def gate(self, call_id: str) -> Gate:
        """What the caller of this call may be told of the open card. Without one: nothing."""
        judged = self._judge(call_id)
        return CLOSED if judged is None else judged.gate

    def _judge(self, call_id: str) -> Judged | None:
        """Panels ask at every event: the answer is kept until something changes it."""
        card, call = self._pop.cards.get(call_id), self._desk.calls.get(call_id)
        if card is None or call is None:
            return None
        known = self._judged.get(call_id)
        basis = (
            self._desk.context(call_id),
            sum(one.call_id == call_id for one in self._checked),
            self._organisations.get(call_id),
            self.glass(call_id),
            call.remote.number,
            self._today(),
        )
        if known and known.card is card and known.policy is self.policy and known.basis == basis:
            return known
        check = self._new_check(call_id, card, call.remote.number)
        gate = self._gate_of(call_id, card, check)
        told = narrowed(self.policy, card, gate)
        found = Judged(card, self.policy, basis, check, gate, told)
        self._judged[call_id] = found
        return found

    def _gate_of(self, call_id: str, card: MemberCard, check: IdentityCheck) -> Gate:
        standing = check.standing
        if check.verified and not self._desk.context(call_id).verified:
            # the log does not say so: of another party, or of a card that was closed since
            standing = dataclasses.replace(standing, level=Level.NONE)
        standing = dataclasses.replace(standing, glass=self.glass(call_id) is not None)
        return gate_for(self.policy, card, standing, self._today())

    def card(self, call_id: str) -> MemberCard | None:
        """The open card with what may be told, and nothing of the rest."""
        judged = self._judge(call_id)
        return None if judged is None else judged.told

    def check(self, call_id: str) -> IdentityCheck | None:
        """The identity check of the open card, None without one."""
        judged = self._judge(call_id)
        return None if judged is None else judged.check

    def _new_check(self, call_id: str, card: MemberCard, number: str) -> IdentityCheck:
        return IdentityCheck(
            call_id,
            card,
            self.party(call_id),
            self._clock,
            history=self._checked,
            caller_digits="".join(char for char in number if char.isdecimal()),
            policy=self.policy,
            organisation=self._organisations.get(call_id),
        )

    def party(self, call_id: str) -> Party:
        said = self._desk.context(call_id).party
        return Party(said) if said in {each.value for each in Party} else Party.UNKNOWN

    def notice(self, call_id: str) -> RecordNotice | None:
        """What has to be known of the open record first."""
        card = self._pop.cards.get(call_id)
        return None if card is None else authority.record_notice(self.policy, card, self._today())

    def authority_words(self, call_id: str) -> str:
        """Of a proven carer: kind, scope and end of the authority, "" of others."""
        card, check = self._pop.cards.get(call_id), self.check(call_id)
        if card is None or check is None or check.level is Level.NONE:
            return ""
        _, own = authority.covered(self.policy, card, check.authority_key, self._today())
        return "; ".join(
            f"{plain(one.kind, 20).capitalize()}, for {plain(one.scope, 60) or 'all matters'}"
            + (f", until {day(one.authority_until)}" if one.authority_until else "")
            for one in own
        )

    def organisation(self, call_id: str) -> str:
        """The name of the organisation that the agent confirmed as the caller, "" for none."""
        found = self._organisations.get(call_id)
        return found.name if found is not None else ""

    def glass(self, call_id: str) -> de.GlassBroken | None:
        """The broken glass of this call and its open card, while it lasts."""
        return self._glasses.of(call_id)

    def glass_left_s(self, glass: de.GlassBroken) -> float:
        return self._glasses.left_s(glass)

    def can_break(self, call_id: str) -> bool:
        """Policy and call allow to break the glass: a card is open and something is withheld."""
        call = self._desk.calls.get(call_id)
        open_card = call is not None and not call.ended and call_id in self._pop.cards
        more = open_card and not self.gate(call_id).allowed >= self.policy.glass_shows
        return bool(self.policy.glass_s) and more and self.glass(call_id) is None

    # ----------------------------------------------------------------- intents

    def answer(self, call_id: str, kind: str, text: str) -> Result | None:
        """What the caller said to a question; compared and forgotten."""
        check = self.check(call_id)
        if check is None:
            return None
        result = check.answer(QuestionKind(kind), text)
        if result.counted:
            self._desk.note(check.asked[-1])
        return result

    def confirm_facility(self, call_id: str, found: Candidate) -> None:
        """The agent says that this organisation is calling."""
        known = self._organisations.get(call_id)
        if not found.facility_id or (known and known.facility_id == found.facility_id):
            return
        self._desk.note(
            de.FacilityConfirmed(
                call_id=call_id,
                t_mono=self._clock.mono(),
                t_wall=self._clock.wall(),
                facility_id=found.facility_id,
                name=found.name,
                key=found.key,
            )
        )

    def break_glass(self, call_id: str, reason: str) -> None:
        """Show what is withheld, for a time. Raises `KnownError` without a reason."""
        if self.can_break(call_id):
            self._glasses.shatter(
                call_id,
                self._pop.cards[call_id].member_id,
                reason,
                self.policy.glass_s,
                self._reveals.recording_s(call_id),
            )

    def close_glass(self, call_id: str, by: str = "agent") -> None:
        if self._glasses.close(call_id, by):
            self._tell(call_id)

    def set_policy(self, policy: DisclosurePolicy) -> None:
        """The file was read again."""
        self.policy = policy
        for call_id in list(self._pop.cards):
            self._tell(call_id)

    def tick(self) -> None:
        """Once a second while a call lives: time is up for broken glass."""
        for call_id in self._glasses.over():
            self.close_glass(call_id, "time")

    def take_log(self, log: Sequence[ag.LogEvent]) -> None:
        """What an earlier desk asked, showed and broke (from `recall`)."""
        known = set(self._checked)
        earlier = [one for one in log if isinstance(one, ag.IdentityChecked) and one not in known]
        self._checked = [*earlier, *self._checked]
        for event in log:
            if event.call_id in self._desk.calls:
                self._take(event)
        self.tick()
        for call_id in list(self._pop.cards):
            self._note_reveals(call_id)

    # ----------------------------------------------------------------- private

    def _changed(self, change: Change) -> None:
        if isinstance(change, ag.IdentityChecked):
            self._checked.append(change)
            self._take(change)
        elif isinstance(change, ag.WrapUpSaved):
            self._forget_gone()
        elif isinstance(change, ev.CallEnded):
            self.close_glass(change.call_id, "call")
            self._forget_gone()
        elif isinstance(change, ev.CallEvent | ag.AgentEvent):
            self._take(change)
        if isinstance(change, ag.MemberChosen) and self._glasses.of_another(
            change.call_id, change.member_id
        ):
            self.close_glass(change.call_id, "card")
        if isinstance(change, ag.PartySet):
            self._verify_again(change.call_id)
        if isinstance(change, ag.IdentityChecked | ag.PartySet | de.GlassBroken):
            self._note_reveals(change.call_id)

    def _take(self, event: object) -> None:
        match event:
            case ag.PartySet():
                self._parties[event.call_id] = event.party
            case ag.IdentityChecked() if event.verified:
                of = (event.call_id, event.member_id)
                self._verified_as[of] = self._parties.get(event.call_id, "")
            case ev.RecordingStarted() | de.FactsRevealed():
                self._reveals.take(event)
            case de.FacilityConfirmed():
                self._confirmed(event)
            case de.GlassBroken() | de.GlassClosed():
                self._glasses.take(event)
            case _:
                pass

    def _confirmed(self, event: de.FacilityConfirmed) -> None:
        call_id = event.call_id
        self._organisations[call_id] = Organisation(event.facility_id, event.name)

        def numbers(outcome: Sequence[str] | KnownError) -> None:
            known = self._organisations.get(call_id)
            if isinstance(outcome, KnownError) or known is None:
                return  # the facility number can still be asked
            if known.facility_id == event.facility_id:
                self._organisations[call_id] = Organisation(
                    event.facility_id, event.name, tuple(outcome)
                )
                self._tell(call_id)

        found = Candidate(
            key=event.key,
            party=self.party(call_id),
            name=event.name,
            facility_id=event.facility_id,
        )
        self._directory.numbers_of(found, numbers)

    def _verify_again(self, call_id: str) -> None:
        """A card that was closed, or a party that was corrected, and set back: what the same
        caller has proven in this call is not asked once more."""
        check, context = self.check(call_id), self._desk.context(call_id)
        if check is None or not check.verified or context.verified:
            return
        if self._verified_as.get((call_id, context.member_id)) == context.party:
            last = [one for one in check.asked if one.verified][-1]
            now, wall = self._clock.mono(), self._clock.wall()
            self._desk.note(dataclasses.replace(last, t_mono=now, t_wall=wall))

    def _popped(self, call_id: str) -> None:
        self._verify_again(call_id)
        self._note_reveals(call_id)

    def _note_reveals(self, call_id: str) -> None:
        """One event for what came on the screen now, never twice for a field in a call."""
        card, check = self._pop.cards.get(call_id), self.check(call_id)
        if card is None or check is None:
            return
        self._reveals.note(card.member_id, self.gate(call_id), check)

    def _forget_gone(self) -> None:
        live = self._desk.calls
        self._checked = [one for one in self._checked if one.call_id in live]
        self._glasses.forget_gone()
        held: dict[str, Any]
        self._reveals.forget_gone()
        for held in (self._organisations, self._parties, self._judged):
            for call_id in [key for key in held if key not in live]:
                held.pop(call_id)
        for key in [key for key in self._verified_as if key[0] not in live]:
            del self._verified_as[key]

    def _today(self) -> datetime.date:
        return local_day(self._clock.wall())

    def _tell(self, call_id: str) -> None:
        for listener in list(self._listeners):
            listener(call_id)
