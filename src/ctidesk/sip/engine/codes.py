"""Codes of the exchange, dialled in the background: no call of the agent's, nothing is heard.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pjsua2 as pj

from ctidesk.calls.commands import DialCode
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import ServiceCodeAnswered
from ctidesk.sip.engine.account_line import AccountLine
from ctidesk.sip.engine.dialling import target_of
from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.loop import Timer
from ctidesk.sip.engine.native import (
    CallSeen,
    MediaSeen,
    NativeCall,
    State,
    TransactionSeen,
)
from ctidesk.sip.engine.stream_figures import StreamFigures

ANSWER_S = 10.0
"""An exchange that has not taken a code by then does not know it."""
SPOKEN_S = 6.0
"""Exchanges confirm a code by a word and hang up; one that goes on talking is hung up."""
_CODE = re.compile(r"[0-9*#]{1,32}")


class Codes:
    """At most one at a time: the next is dialled when the one before is over, so that what was
    wanted last holds. `tell` gets the outcome of each."""

    def __init__(
        self, endpoint: SipEndpoint, tell: Callable[[ServiceCodeAnswered], object]
    ) -> None:
        self._endpoint = endpoint
        self._tell = tell
        self._waiting: list[tuple[AccountLine, str]] = []
        self._now: _CodeCall | None = None

    def dial(self, order: DialCode, line: AccountLine) -> None:
        """Raises `KnownError` for what is no code."""
        if not _CODE.fullmatch(order.code):
            raise KnownError(
                "bad_code",
                "A code of the exchange has only digits, * and #.",
                "Correct the codes in the settings.",
            )
        self._waiting.append((line, order.code))
        self._next()

    def busy(self, account_id: str) -> bool:
        return self._now is not None and self._now.line.config.account_id == account_id

    def _next(self) -> None:
        if self._now is None and self._waiting:
            line, code = self._waiting.pop(0)
            self._now = _CodeCall(line, code, self._endpoint, self._over)
            self._now.begin()

    def _over(self, call: _CodeCall, answered: bool, status: int) -> None:
        self._now = None
        self._endpoint.post(self._next)
        self._tell(
            ServiceCodeAnswered(
                account_id=call.line.config.account_id,
                t_mono=time.monotonic(),
                t_wall=time.time(),
                code=call.code,
                answered=answered,
                status=status,
            )
        )


class _CodeCall:
    """Implements the sink of its native call, and owns it."""

    def __init__(
        self,
        line: AccountLine,
        code: str,
        endpoint: SipEndpoint,
        over: Callable[[_CodeCall, bool, int], None],
    ) -> None:
        self.line, self.code = line, code
        self._endpoint, self._over = endpoint, over
        self._native: NativeCall | None = None
        self._timer: Timer | None = None
        self._answered = False

    def begin(self) -> None:
        try:
            self._native = NativeCall(self.line.native, self)
            self._native.invite(target_of(self.code, self.line.config).uri)
        except (pj.Error, KnownError):
            self._end(503)
            return
        self._timer = self._endpoint.call_later(ANSWER_S, lambda: self._give_up(408))

    def _give_up(self, status: int) -> None:
        """Told now; the library goes on ending it for as long as it takes."""
        native = self._native
        self._end(status)
        if native is not None:
            try:
                native.end()
            except pj.Error:
                return
            # dropping a call that has not ended yet would pull it from under the library
            self._endpoint.call_later(35.0, lambda: _let_go(native))

    def _end(self, status: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._native = None
        self._over(self, self._answered, status)

    # -- told by the native call ------------------------------------------------------------------
    def call_state(self, native: NativeCall, seen: CallSeen) -> None:
        if native is not self._native:
            return
        if seen.state is State.CONFIRMED and not self._answered:
            self._answered = True
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._endpoint.call_later(SPOKEN_S, lambda: self._give_up(200))
        elif seen.state is State.DISCONNECTED:
            self._end(200 if self._answered else seen.code)

    def media_state(self, native: NativeCall, seen: MediaSeen) -> None:
        """What the exchange says is not played."""

    def transaction(self, native: NativeCall, seen: TransactionSeen) -> None:
        """Nothing of it matters here."""

    def digit_received(self, digit: str) -> None:
        """A code asks nothing of us."""

    def transfer_status(self, code: int, reason: str, final: bool) -> None:
        """It is never transferred."""

    def stream_ended(self, figures: StreamFigures) -> None:
        """Its quality interests nobody."""

    def transfer_requested(self, target: str) -> tuple[int, NativeCall | None]:
        return 603, None

    def replacement_wanted(self, request: bytes) -> NativeCall | None:
        return None


def _let_go(_native: NativeCall) -> None:
    """The last reference goes with this timer."""
