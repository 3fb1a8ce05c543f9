"""Digits into the call, and how many of them left.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ctidesk.calls import events as ev
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.call import Phase
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.ui.live import Live, but_telemetry

KEYS = "123456789*0#"
METHODS = (("rfc4733", "In the audio stream (RFC 4733)"), ("info", "As messages (SIP INFO)"))
MASK = "•"
SHOWN_DIGITS = 24


@dataclass(frozen=True, slots=True)
class KeypadState:
    """`history`: what left, one mark for each digit unless `showing`."""

    enabled: bool
    history: str
    sent: int
    showing: bool
    method: str


class KeypadPresenter:
    """Digits may be card data or a birth date: those sent while hidden are never kept."""

    def __init__(self, desk: CallDesk, actions: DeskActions) -> None:
        self._desk = desk
        self._actions = actions
        self._call_id = ""
        self._waiting: deque[str] = deque()
        self._history = ""
        self._sent = 0
        self._showing = False
        self._method = METHODS[0][0]
        self.live = Live(self._state)
        desk.subscribe(but_telemetry(self._changed))

    def press(self, digit: str) -> None:
        """Send one of `KEYS`."""
        if len(digit) != 1 or digit not in KEYS + "ABCD" or not self._enabled():
            return
        self._waiting.append(digit if self._showing else MASK)
        self._actions.dtmf(digit, self._method)

    def show_digits(self, wanted: bool) -> None:
        """Show digits from now on; hiding forgets those that were shown."""
        self._showing = wanted
        if not wanted:
            self._history = MASK * len(self._history)
            self._waiting = deque(MASK * len(self._waiting))
        self.live.refresh()

    def choose_method(self, method: str) -> None:
        if method in dict(METHODS):
            self._method = method
            self.live.refresh()

    def _enabled(self) -> bool:
        call = self._desk.current
        return call is not None and (call.connected or call.phase is Phase.RINGING)

    def _changed(self, change: Change) -> None:
        call = self._desk.current
        call_id = call.call_id if call is not None else ""
        if call_id != self._call_id:
            self._call_id, self._history, self._sent, self._showing = call_id, "", 0, False
            self._waiting.clear()
        if isinstance(change, ev.DtmfSent) and change.call_id == call_id:
            self._sent += change.count
            left = [self._waiting.popleft() if self._waiting else MASK for _ in range(change.count)]
            self._history = (self._history + "".join(left))[-SHOWN_DIGITS:]
        self.live.refresh()

    def _state(self) -> KeypadState:
        return KeypadState(
            enabled=self._enabled(),
            history=self._history,
            sent=self._sent,
            showing=self._showing,
            method=self._method,
        )
