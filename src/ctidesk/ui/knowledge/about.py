"""What the call in view is about: its party, its code, the caller's language.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.calls.desk import CallDesk
from ctidesk.care.knowledge import Situation
from ctidesk.care.pop import ScreenPop
from ctidesk.ui.in_view import CallInView
from ctidesk.ui.knowledge.presenter import CallAbout
from ctidesk.ui.member_card.languages import language_code


class CallTopic:
    """`code()`: the wrap-up code that is set. `step`: the guide's, told by whoever shows one."""

    def __init__(
        self, desk: CallDesk, pop: ScreenPop, in_view: CallInView, code: Callable[[], str]
    ) -> None:
        self._desk, self._pop, self._in_view, self._code = desk, pop, in_view, code
        self.step: Callable[[], str] = lambda: ""

    def __call__(self) -> CallAbout:
        call_id = self._in_view.call_id
        if not call_id:
            return CallAbout()
        card = self._pop.cards.get(call_id)
        return CallAbout(
            Situation(party=self._desk.context(call_id).party, code=self._code(), step=self.step()),
            "" if card is None else language_code(card.language),
        )
