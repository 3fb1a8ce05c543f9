"""What an agent needs at once, made together: red flag, interpreter, help, the protected minute.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctidesk.calls.agent_events import LogEvent
from ctidesk.care.help_call import HelpCall
from ctidesk.care.interpreter import InterpreterDesk
from ctidesk.care.line_joining import LineJoiner
from ctidesk.care.recovery import RecoveryMinute
from ctidesk.care.red_flag_desk import RedFlagDesk
from ctidesk.ui.interpreter.presenter import InterpreterPresenter
from ctidesk.ui.red_flag.presenter import RedFlagPresenter
from ctidesk.ui.support.presenter import SupportPresenter

if TYPE_CHECKING:
    from ctidesk.ui.desk_presenters import DeskNeeds


class Urgent:
    """Made after the panels of the call: each of those has seen an event before the next line is
    called because of it."""

    def __init__(self, needs: DeskNeeds) -> None:
        desk, actions, clock = needs.desk, needs.actions, needs.clock
        protocol = needs.red_flag
        self.joiner = LineJoiner(desk, actions, clock, protocol.ring_s)
        self.flags = RedFlagDesk(desk, actions, clock, self.joiner, protocol, needs.lead)
        self.red_flag = RedFlagPresenter(desk, actions, clock, self.flags, self.joiner)

        def language_of(call_id: str) -> str:
            card = needs.pop.cards.get(call_id)
            return card.language if card is not None else ""

        self.interpreters = InterpreterDesk(
            desk, clock, self.joiner, needs.interpreters, language_of
        )
        self.interpreter = InterpreterPresenter(desk, self.interpreters, self.joiner)
        self.recovery = RecoveryMinute(desk, clock, protocol.recovery_s)
        self.help = HelpCall(desk, clock, needs.lead)
        self.support = SupportPresenter(desk, self.help, self.recovery, protocol.phrases)

    def covers(self, call_id: str) -> bool:
        """Whether one of these speaks for the consultation of that call."""
        return self.red_flag.covers(call_id) or self.interpreter.covers(call_id)

    @property
    def running(self) -> bool:
        """Whether time matters to one of them."""
        return self.flags.running or self.recovery.running

    def tick(self) -> None:
        """Once a second."""
        self.red_flag.tick()
        self.support.tick()

    def take_log(self, log: Sequence[LogEvent]) -> None:
        """What an earlier desk had begun; nobody acts before all know it."""
        self.interpreters.take_log(log)
        self.help.take_log(log)
        self.recovery.take_log(log)
        self.flags.take_log(log)
        self.joiner.take_log(log)
        for live in (self.red_flag.live, self.interpreter.live, self.support.live):
            live.refresh()
