"""The screen pop: who may be calling, and whose card is open, for each live call.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.calls import agent_events as ag, events as ev
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.care.member import Candidate, Lookup, MemberCard, Party
from ctidesk.care.ports import MemberDirectory


class ScreenPop:
    """Looks every call's number up and loads the card that the agent opens.

    Nothing is picked by itself (R1, acceptance story 1): even a single candidate is only offered
    first. Late answers for a call that is gone are dropped. Listeners get the call_id.
    """

    def __init__(self, desk: CallDesk, actions: DeskActions, directory: MemberDirectory) -> None:
        self._desk = desk
        self._actions = actions
        self._directory = directory
        self._listeners: list[Callable[[str], None]] = []
        self.lookups: dict[str, Lookup] = {}
        """By call_id; absent while the directory is still looking."""
        self.cards: dict[str, MemberCard] = {}
        """By call_id: the opened card."""
        self.problems: dict[str, KnownError] = {}
        """By call_id: why there is no look-up or card."""
        desk.subscribe(self._changed)

    def subscribe(self, listener: Callable[[str], None]) -> None:
        self._listeners.append(listener)

    def open(self, call_id: str, candidate: Candidate) -> None:
        """The agent chose a candidate for this call: its party counts, its card is loaded."""
        self._actions.set_party(call_id, candidate.party, "agent")
        self.open_member(call_id, candidate.member_id)

    def open_member(self, call_id: str, member_id: str) -> None:
        """Open a member's card ("" closes it)."""
        if self._desk.context(call_id).member_id != member_id:
            self._actions.choose_member(call_id, member_id)
        self.cards.pop(call_id, None)
        self._tell(call_id)
        if member_id:
            self._load(call_id, member_id)

    def reload(self, member_id: str) -> None:
        """The cache has newer facts of this member: open cards show them, none is closed."""
        for call_id, card in list(self.cards.items()):
            if card.member_id == member_id:
                self._load(call_id, member_id)

    def resume(self) -> None:
        """After a restart: look up again and reopen what the earlier desk had open."""
        for call in list(self._desk.calls.values()):
            if call.consult_of:
                continue
            self._look_up(call.call_id, call.remote.number)
            member_id = self._desk.context(call.call_id).member_id
            if member_id and call.call_id not in self.cards:
                self._load(call.call_id, member_id)

    # ----------------------------------------------------------------- private

    def _changed(self, change: Change) -> None:
        if isinstance(change, ev.CallOffered | ev.CallDialled):
            consult = isinstance(change, ev.CallDialled) and change.consult_of
            if not consult and change.call_id not in self.lookups:
                self._look_up(change.call_id, change.remote.number)
        elif isinstance(change, ev.CallEnded | ag.WrapUpSaved):
            self._forget_gone()

    def _look_up(self, call_id: str, number: str) -> None:
        def found(outcome: Lookup | KnownError) -> None:
            if call_id not in self._desk.calls:
                return
            if isinstance(outcome, KnownError):
                self.problems[call_id] = outcome
                self.lookups[call_id] = Lookup(number="", e164="", reason="unavailable")
            else:
                self.problems.pop(call_id, None)
                self.lookups[call_id] = outcome
                self._guess_party(call_id, outcome)
            self._tell(call_id)

        self._directory.find_by_number(number, found)

    def _guess_party(self, call_id: str, lookup: Lookup) -> None:
        """The party type follows from the number when all candidates agree (R1)."""
        parties = {candidate.party for candidate in lookup.candidates}
        if len(parties) != 1 or self._desk.context(call_id).party:
            return
        (party,) = parties
        if party is not Party.UNKNOWN:
            self._actions.set_party(call_id, party, "number")

    def _load(self, call_id: str, member_id: str) -> None:
        def loaded(outcome: MemberCard | KnownError) -> None:
            if self._desk.context(call_id).member_id != member_id:
                return  # another card was opened in the meantime, or the call is gone
            if isinstance(outcome, KnownError):
                self.problems[call_id] = outcome
            else:
                self.problems.pop(call_id, None)
                self.cards[call_id] = outcome
            self._tell(call_id)

        self._directory.card(member_id, loaded)

    def _forget_gone(self) -> None:
        for held in (self.lookups, self.cards, self.problems):
            for call_id in [key for key in held if key not in self._desk.calls]:
                held.pop(call_id)

    def _tell(self, call_id: str) -> None:
        for listener in list(self._listeners):
            listener(call_id)
