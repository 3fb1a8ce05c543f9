"""Which call the desk is looking at: the one whose card and wrap-up are on the screen.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.calls.call import Call
from ctidesk.calls.desk import CallDesk
from ctidesk.ui.live import but_telemetry


def caller_call(desk: CallDesk, call: Call | None) -> Call | None:
    """The caller's call behind `call`: itself, or the one that a consultation leg is about."""
    if call is not None and call.consult_of:
        return desk.calls.get(call.consult_of, call)
    return call


def talking_caller(desk: CallDesk) -> Call | None:
    """The caller's call behind the current one, once it is answered and while it lives."""
    call = caller_call(desk, desk.current)
    return call if call is not None and call.connected else None


class CallInView:
    """The current caller, unless the agent chose another call to look at.

    The choice lasts until the current caller changes (answered, resumed, ended) or the chosen call
    is gone: a card left open from an earlier call must not be taken for the caller's.
    """

    def __init__(self, desk: CallDesk) -> None:
        self._desk = desk
        self._chosen = ""
        self._chosen_beside = ""
        self._told = ""
        self._listeners: list[Callable[[str], None]] = []
        desk.subscribe(but_telemetry(self._changed))

    @property
    def call_id(self) -> str:
        """The call in view, "" when there is none."""
        current = self._current()
        if self._chosen in self._desk.calls and self._chosen_beside == current:
            return self._chosen
        return current

    def choose(self, call_id: str) -> None:
        """Look at this call."""
        self._chosen, self._chosen_beside = call_id, self._current()
        self._changed(None)

    def subscribe(self, listener: Callable[[str], None]) -> None:
        """`listener(call_id)` at each change."""
        self._listeners.append(listener)

    def _current(self) -> str:
        call = caller_call(self._desk, self._desk.current)
        if call is not None:
            return call.call_id
        return self._desk.wrap_ups[0] if self._desk.wrap_ups else ""

    def _changed(self, _: object) -> None:
        call_id = self.call_id
        if call_id == self._told:
            return
        self._told = call_id
        for listener in list(self._listeners):
            listener(call_id)
