"""Blind and attended transfer: REFER after a confirmed hold, its progress, its failure.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

from collections.abc import Callable

import pjsua2 as pj

from ctidesk.calls import events as ev
from ctidesk.calls.baton import referred
from ctidesk.calls.call import TransferState
from ctidesk.calls.errors import KnownError
from ctidesk.sip.engine.dialling import Target
from ctidesk.sip.engine.leg import Leg, TransferWork
from ctidesk.sip.engine.switchboard import Switchboard

CONSULT_ENDS_S = 2.0
"""After a completed attended transfer the target ends the replaced leg; if it doesn't, we do."""
MIN_TIMEOUT_S, MAX_TIMEOUT_S = 1.0, 180.0


class Transfers:
    """At most one transfer per leg. Whatever fails leaves every leg where it was."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        board.on_transfer = self._progress

    def check_free(self, leg: Leg) -> None:
        """Raises `KnownError` while a transfer of this call is under way."""
        if leg.transfer is not None and not leg.transfer.over:
            raise KnownError(
                "transfer_pending",
                "This call is being transferred already.",
                "Wait for the result of the transfer.",
            )

    def blind(self, leg: Leg, target: Target, timeout_s: float, baton: str = "") -> None:
        """Hold, then REFER to `target`; with a `baton` the target gets its token."""
        self.check_free(leg)
        work = leg.transfer = TransferWork(attended=False)

        def send(native: pj.Call) -> None:
            native.refer(referred(target.uri, baton))

        self._hold_then_refer(
            leg, work, target.remote.number or target.remote.host, timeout_s, send
        )

    def attended(self, leg: Leg, consult: Leg, target: str, timeout_s: float) -> None:
        """Hold the caller, then REFER with Replaces of the consultation's dialog (RFC 3891)."""
        self.check_free(leg)
        work = leg.transfer = TransferWork(attended=True, consult_id=consult.call_id)

        def send(native: pj.Call) -> None:
            other = self._board.legs.get(work.consult_id)
            if other is None or other.native is None:
                raise _ConsultGone
            native.refer_replacing(other.native)

        self._hold_then_refer(leg, work, target, timeout_s, send)

    def instead_of(self, consult: Leg, caller: Leg, timeout_s: float) -> None:
        """The colleague has not answered: our ringing there ends, then the caller rings there. A
        REFER with Replaces of an early dialog is understood by hardly any exchange."""
        target = consult.target
        if target is None:
            raise KnownError(
                "consult_not_answered",
                "The consulted party has not answered yet.",
                "Wait for the answer, cancel, or transfer without consulting.",
            )

        def ring_there() -> None:
            busy = caller.transfer is not None and not caller.transfer.over
            if not busy and self._board.call(caller) is not None:
                self.blind(caller, target, timeout_s)

        consult.then = ring_there
        self._board.hang_up(consult)

    def _hold_then_refer(
        self,
        leg: Leg,
        work: TransferWork,
        target: str,
        timeout_s: float,
        send: Callable[[pj.Call], None],
    ) -> None:
        patience_s = min(MAX_TIMEOUT_S, max(MIN_TIMEOUT_S, timeout_s))

        def held(ok: bool) -> None:
            if work.over or self._board.call(leg) is None:
                return
            if not ok or leg.native is None:
                self._fail(leg, work, 488, "Hold Refused")
                return
            try:
                send(leg.native)
            except (pj.Error, _ConsultGone):
                self._fail(leg, work, 481, "Not Sent")
                return
            self._board.emit(ev.TransferStarted, leg, target=target, attended=work.attended)
            work.timer = self._board.endpoint.call_later(
                patience_s, lambda: self._fail(leg, work, 408, "Not Answered")
            )

        self._board.holding.hold(leg, held)

    def _progress(self, leg: Leg, code: int, reason: str, final: bool) -> None:
        work, call = leg.transfer, self._board.call(leg)
        if work is None or call is None:
            return
        if final and code // 100 == 2:
            # also after our own patience ended: the caller is with the target now
            if call.transfer is not TransferState.DONE:
                self._complete(leg, work)
        elif not work.over:
            if final or code >= 300:
                self._fail(leg, work, code, reason)
                # Asterisk has taken the caller off our leg for good and hangs up on both, but
                # leaves our side to find out
                self._board.holding.repeat(leg)
            else:
                self._board.emit(ev.TransferProgressed, leg, code=code, reason=reason)

    def _complete(self, leg: Leg, work: TransferWork) -> None:
        self._close(work)
        self._board.emit(ev.TransferCompleted, leg)
        # the transferor ends its own leg; nobody else does (Asterisk waits for a minute)
        self._board.hang_up(leg)
        consult = self._board.legs.get(work.consult_id)
        if consult is not None:
            self._board.endpoint.call_later(CONSULT_ENDS_S, lambda: self._end_consult(consult))

    def _end_consult(self, consult: Leg) -> None:
        if self._board.call(consult) is not None and not consult.ending_here:
            self._board.hang_up(consult)

    def _fail(self, leg: Leg, work: TransferWork, code: int, reason: str) -> None:
        if work.over:
            return
        self._close(work)
        if self._board.call(leg) is not None:
            self._board.emit(ev.TransferFailed, leg, code=code, reason=reason)

    def _close(self, work: TransferWork) -> None:
        work.over = True
        if work.timer is not None:
            work.timer.cancel()


class _ConsultGone(Exception):
    """The consultation ended between the hold and the REFER."""
