"""A member whom the web CRM names for a call: shown to the agent, opened by nobody else.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.calls.desk import CallDesk, Change
from ctidesk.care.member import MemberCard
from ctidesk.care.pop import ScreenPop
from ctidesk.ui.desk_commands import DeskCommand
from ctidesk.ui.live import but_telemetry
from ctidesk.ui.widgets.notice import Level, Notice, NoticeStack

KEY = "suggested"


class MemberSuggestions:
    """One at a time, in a notice that goes with its call, or once that card is open. A locked desk
    shows none: there is a name in it."""

    def __init__(
        self, desk: CallDesk, pop: ScreenPop, stack: NoticeStack, locked: Callable[[], bool]
    ) -> None:
        self._locked = locked
        self._desk = desk
        self._pop = pop
        self._stack = stack
        self._call_id = self._member_id = ""
        desk.subscribe(but_telemetry(self._changed))

    def show(self, call_id: str, card: MemberCard) -> bool:
        """False where nobody is there to see it."""
        if self._locked():
            return False
        self._call_id, self._member_id = call_id, card.member_id
        self._stack.show_notice(
            KEY,
            Notice(
                level=Level.INFO,
                text=f"Your web CRM suggests {card.name} ({card.member_id}) for this call.",
                remedy="Check that this is who the call is about before you open the card.",
                action_text="Open card",
                action=self.open,
            ),
        )
        return True

    @property
    def possible(self) -> bool:
        """Whether one is shown now."""
        return KEY in self._stack.keys()  # noqa: SIM118 - no dict; closed or locked, it is gone

    def open(self) -> None:
        """The agent wants this card."""
        call_id, member_id = self._call_id, self._member_id
        self._clear()
        if call_id in self._desk.calls:
            self._pop.open_member(call_id, member_id)

    def _changed(self, change: Change) -> None:
        if not self._call_id:
            return
        gone = self._call_id not in self._desk.calls
        if gone or self._desk.context(self._call_id).member_id == self._member_id:
            self._clear()

    def _clear(self) -> None:
        self._call_id = self._member_id = ""
        self._stack.clear(KEY)


def suggestion_command(suggestions: MemberSuggestions) -> DeskCommand:
    """For the palette: a shift by keyboard only."""
    return DeskCommand(
        name="card.suggested",
        title="Open the card that the web CRM suggests",
        group="Card",
        run=suggestions.open,
        possible=lambda: suggestions.possible,
        icon="user",
        words="member suggestion",
    )
