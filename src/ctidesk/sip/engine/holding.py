"""Hold and resume: one re-INVITE at a time, told to the desk only when the peer confirmed it.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pjsua2 as pj

from ctidesk.calls import events as ev
from ctidesk.calls.call import Phase
from ctidesk.sip.engine.audience import rivals
from ctidesk.sip.engine.leg import Leg, Settled
from ctidesk.sip.engine.native import MediaStatus

if TYPE_CHECKING:
    from ctidesk.sip.engine.switchboard import Switchboard

log = logging.getLogger("ctidesk.engine")

ANSWER_S = 10.0
"""A peer that has not answered a re-INVITE by then has not confirmed it."""
MAX_TRIES = 5
PENDING = (491, 500)
"""Another request is under way at the peer (RFC 3261, 14.2): tried again."""
TAKEN_OVER_S = 1.0
"""How long an accepted request may take to show in the media."""
OTHERS_S = 2.0
"""How long an answer waits for the hold of the other calls; the bridge parts them at once."""


class Holding:
    """Drives each leg from what the peer confirmed to what the agent last wanted."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board

    def hold(self, leg: Leg, then: Settled | None = None) -> None:
        """Ask for hold; `then(ok)` once it is confirmed, refused or overtaken."""
        self._want(leg, True, then)

    def hold_soon(self, leg: Leg) -> None:
        """Ask for hold within a native callback of another leg: told and parted now, sent in the
        next turn."""
        self._wish(leg, True, None)
        self._board.endpoint.post(lambda: self._drive(leg))

    def resume(self, leg: Leg, then: Settled | None = None) -> None:
        """Ask for resume; `then(ok)` as with `hold`."""
        self._want(leg, False, then)

    def hold_all(self, legs: Sequence[Leg], then: Callable[[], None]) -> None:
        """`then()` once all `legs` are on hold, have refused, or took too long."""
        missing = {leg.call_id for leg in legs}
        done = False

        def finish() -> None:
            nonlocal done
            if not done:
                done = True
                timer.cancel()
                then()

        def settled(call_id: str, _ok: bool) -> None:
            missing.discard(call_id)
            if not missing:
                finish()

        timer = self._board.endpoint.call_later(OTHERS_S, finish)
        if not missing:
            finish()
        for leg in legs:
            self.hold(leg, functools.partial(settled, leg.call_id))

    def answered(self, leg: Leg, code: int) -> None:
        """A final response to a re-INVITE of ours."""
        if not leg.hold.in_flight or code in (401, 407):
            return  # not ours, or pjsip repeats it with the password
        # pjsip takes the new SDP over after this callback
        self._board.endpoint.post(lambda: self._conclude(leg, code))

    def repeat(self, leg: Leg) -> None:
        """Confirm the hold that stands once more: a peer that has let the call go meanwhile says
        so (481), and the call ends."""
        if leg.native is None or leg.hold.in_flight or not leg.hold.held:
            return
        with contextlib.suppress(pj.Error):  # another request is under way and tells as much
            leg.native.hold()

    def observed(self, leg: Leg) -> None:
        """The media state changed without a request under way: an answer after our patience."""
        work, call = leg.hold, self._board.call(leg)
        held = leg.media.status is MediaStatus.LOCAL_HOLD
        if work.in_flight or work.held == held or call is None:
            return
        if leg.media.status in (MediaStatus.NONE, MediaStatus.ERROR):
            return
        if call.phase in (Phase.TALKING, Phase.HELD):
            work.held = work.wanted = held
            self._tell(leg, held)

    def ended(self, leg: Leg) -> None:
        """The call is over: nobody waits any longer."""
        work = leg.hold
        work.in_flight = ""
        if work.timer is not None:
            work.timer.cancel()
        self._settle(leg, None)

    def _want(self, leg: Leg, held: bool, then: Settled | None) -> None:
        if self._wish(leg, held, then):
            self._drive(leg)

    def _wish(self, leg: Leg, held: bool, then: Settled | None) -> bool:
        """Note and tell what is asked for; False when there is nothing to send."""
        call = self._board.call(leg)
        work = leg.hold
        here, coming = (Phase.HELD, Phase.HOLDING) if held else (Phase.TALKING, Phase.RESUMING)
        if call is None or not call.connected or call.phase is here:
            if then is not None:
                then(call is not None and call.phase is here)
            return False
        if call.phase is not coming:
            self._board.emit(ev.HoldRequested if held else ev.ResumeRequested, leg)
            work.wanted = held
            work.tries = 0
            overtaken = [settled for wish, settled in work.waiting if wish is not held]
            work.waiting = [each for each in work.waiting if each[0] is held]
            for settled in overtaken:
                settled(False)
        if then is not None:
            work.waiting.append((held, then))
        return True

    def _drive(self, leg: Leg) -> None:
        work, call = leg.hold, self._board.call(leg)
        if work.in_flight or leg.native is None or call is None or not call.connected:
            return
        if work.held == work.wanted:
            self._settle(leg, work.held)
            return
        work.tries += 1
        work.in_flight = "hold" if work.wanted else "resume"
        try:
            if work.wanted:
                leg.native.hold()
            else:
                leg.native.unhold()
        except pj.Error:
            # another re-INVITE, of the peer or a session refresh, is under way
            self._again_or_fail(leg, 491, "Request Pending")
            return
        work.timer = self._board.endpoint.call_later(ANSWER_S, lambda: self._conclude(leg, 408))

    def _conclude(self, leg: Leg, code: int) -> None:
        work = leg.hold
        if not work.in_flight or leg.native is None:
            return
        if work.timer is not None:
            work.timer.cancel()
        if code // 100 == 2 and not self._taken_over(leg):
            # the peer has agreed; the stack may need another turn to change the stream
            work.timer = self._board.endpoint.call_later(
                TAKEN_OVER_S, lambda: self._conclude(leg, 200 if self._taken_over(leg) else 488)
            )
        elif code // 100 == 2:
            work.held = work.in_flight == "hold"
            work.in_flight, work.tries = "", 0
            self._drive(leg)
        elif code in PENDING:
            self._again_or_fail(leg, code, "Request Pending")
        else:
            self._fail(leg, code, "Refused" if code != 408 else "No Answer")

    def _taken_over(self, leg: Leg) -> bool:
        """Whether the stream is as the request under way wants it."""
        if leg.native is None:
            return False
        status = leg.native.media_seen().status
        held = status in (MediaStatus.LOCAL_HOLD, MediaStatus.NONE)
        return held == (leg.hold.in_flight == "hold")

    def _again_or_fail(self, leg: Leg, code: int, reason: str) -> None:
        work = leg.hold
        if work.tries >= MAX_TRIES:
            self._fail(leg, code, reason)
            return
        work.in_flight = ""
        # RFC 3261 14.1: both sides wait for a random time after a glare
        work.timer = self._board.endpoint.call_later(
            random.uniform(0.2, 1.5), lambda: self._drive(leg)
        )

    def _fail(self, leg: Leg, code: int, reason: str) -> None:
        work = leg.hold
        failed, work.in_flight = work.in_flight or ("hold" if work.wanted else "resume"), ""
        if (failed == "hold") != work.wanted:
            self._drive(leg)  # what failed was overtaken by the opposite wish
            return
        work.wanted = work.held
        if failed == "hold" and rivals(self._board, leg):
            # the agent talks to somebody else, whom this peer must not hear: the bridge keeps it
            # apart until the agent wants it back
            log.warning("hold refused with %d while another call talks", code)
            self._board.emit(ev.CallHeld, leg)
        else:
            self._board.emit(ev.HoldFailed, leg, wanted=failed, code=code, reason=reason)
        self._settle(leg, None)

    def _settle(self, leg: Leg, held: bool | None) -> None:
        call = self._board.call(leg)
        coming = Phase.HOLDING if held else Phase.RESUMING
        if held is not None and call is not None and call.phase is coming:
            self._tell(leg, held)
        waiting, leg.hold.waiting = leg.hold.waiting, []
        for wish, settled in waiting:
            settled(held is not None and wish is held)

    def _tell(self, leg: Leg, held: bool) -> None:
        if not held:
            self._board.make_way(leg)
        self._board.emit(ev.CallHeld if held else ev.CallResumed, leg)
