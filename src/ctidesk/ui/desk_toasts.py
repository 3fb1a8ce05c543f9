"""The pops of the desk: one for each call that rings here.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ctidesk.ui.desk_presenters import DeskNeeds, DeskPresenters
from ctidesk.ui.live import Live, but_telemetry
from ctidesk.ui.shortcuts.table import Shortcuts
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.toast.presenter import ToastOffer, offers
from ctidesk.ui.toast.view import ToastStack, ToastTools


class DeskToasts:
    """Follows desk and directory. On a locked desk a pop names nobody."""

    def __init__(
        self,
        around: Surroundings,
        needs: DeskNeeds,
        shown: DeskPresenters,
        shortcuts: Shortcuts,
        window: QWidget,
    ) -> None:
        self._needs, self._presenters = needs, shown
        self._locked = False
        self.stack = ToastStack(
            ToastTools(
                around.theme,
                around.tick,
                around.clock,
                shortcuts.keys_of("call.answer"),
                shortcuts.keys_of("call.end"),
            ),
            window,
        )
        self.stack.answered.connect(shown.call_bar.answer_call)
        self.stack.declined.connect(shown.call_bar.decline_call)
        self._offers = Live(self._offers_now)
        self._offers.watch(self.stack.show_offers)
        needs.desk.subscribe(but_telemetry(self._offers.refresh))
        needs.pop.subscribe(self._offers.refresh)

    def set_locked(self, locked: bool) -> None:
        self._locked = locked
        self._offers.refresh()

    def _offers_now(self) -> tuple[ToastOffer, ...]:
        calls, lookups = self._needs.desk.calls.values(), self._needs.pop.lookups
        return offers(calls, lookups, self._presenters.shown, self._locked)
