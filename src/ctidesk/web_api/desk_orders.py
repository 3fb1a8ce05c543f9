"""What web CRMs may ask of the desk, carried out as the agent's own intents are.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from ctidesk.calls import links
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.call import Call, Phase
from ctidesk.calls.desk import CallDesk, EngineState
from ctidesk.calls.errors import KnownError
from ctidesk.care.member import MemberCard
from ctidesk.care.ports import MemberDirectory
from ctidesk.web_api import messages
from ctidesk.web_api.messages import Message, Order, Request

_ANY_NUMBER = re.compile(r"\+?[0-9]{2,20}")
"""Dialled without the agent: numbers and extensions, no codes and no addresses."""


class Hands(Protocol):
    """What the screen does for a page."""

    def prefill(self, number: str) -> None:
        """Into the dial field; the agent dials."""
        ...

    def suggest(self, call_id: str, card: MemberCard) -> bool:
        """Show the agent that the page names this member for the call; the agent opens the card,
        or does not (nothing is picked by itself). False where nobody is there to see it."""
        ...


class DeskOrders:
    """`carry_out` answers each request exactly once. A result says that the desk has taken it up;
    what came of it is told by the events, as for the agent's own keys."""

    def __init__(
        self,
        desk: CallDesk,
        actions: DeskActions,
        directory: MemberDirectory,
        hands: Hands,
        dialable: Callable[[str], str],
        may_dial: bool,
    ) -> None:
        self._desk = desk
        self._actions = actions
        self._directory = directory
        self._hands = hands
        self._dialable = dialable
        self._may_dial = may_dial

    def carry_out(self, request: Request, answer: Callable[[Message], None]) -> None:
        if request.order is Order.DIAL:
            answer(self._dial(request))
            return
        call = self._desk.calls.get(request.call_id)
        if call is None:
            text = "The desk has no such call."
            answer(messages.failed(request.request_id, "unknown_call", text))
        elif request.order is Order.OPEN_MEMBER:
            self._suggest(request, answer)
        else:
            answer(self._call(request, call))

    # ----------------------------------------------------------------- private

    def _call(self, request: Request, call: Call) -> Message:
        wanted, act, why = {
            Order.ANSWER: ((Phase.OFFERED,), self._actions.answer, "The call does not ring."),
            Order.HOLD: ((Phase.TALKING,), self._actions.toggle_hold, "Nobody talks in the call."),
            Order.RESUME: ((Phase.HELD,), self._actions.toggle_hold, "The call is not on hold."),
            Order.HANG_UP: (
                frozenset(Phase) - {Phase.ENDED},
                self._actions.end,
                "The call has ended already.",
            ),
        }[request.order]
        if call.phase not in wanted:
            return messages.failed(request.request_id, "not_possible", why)
        if self._desk.engine is not EngineState.READY:
            return _no_telephone(request)
        act(call.call_id)
        return messages.done(request)

    def _dial(self, request: Request) -> Message:
        try:
            wanted = links.read_link(request.number)
            number = self._dialable(wanted.text)
        except KnownError as error:
            return messages.failed(request.request_id, error.code, error.text)
        if not self._may_dial or wanted.caution or not _ANY_NUMBER.fullmatch(number):
            self._hands.prefill(links.link_to(wanted.text))
            return messages.done(request, dialled=False, call_id="")
        if self._desk.engine is not EngineState.READY:
            return _no_telephone(request)
        if self._desk.live:
            text = "The agent has a call."
            return messages.failed(request.request_id, "not_possible", text)
        return messages.done(request, dialled=True, call_id=self._actions.dial(number))

    def _suggest(self, request: Request, answer: Callable[[Message], None]) -> None:
        def found(outcome: MemberCard | KnownError) -> None:
            if isinstance(outcome, KnownError):
                text = "The desk cannot show this member."
                answer(messages.failed(request.request_id, "unknown_member", text))
            elif request.call_id not in self._desk.calls:
                text = "The desk has no such call."
                answer(messages.failed(request.request_id, "unknown_call", text))
            elif self._desk.context(request.call_id).member_id == request.member_id:
                answer(messages.done(request, opened=True))  # the agent was quicker
            elif self._hands.suggest(request.call_id, outcome):
                answer(messages.done(request, opened=False))
            else:
                text = "The desk is locked."
                answer(messages.failed(request.request_id, "not_possible", text))

        self._directory.card(request.member_id, found)


def _no_telephone(request: Request) -> Message:
    text = "The telephone is not ready."
    return messages.failed(request.request_id, "not_ready", text)
