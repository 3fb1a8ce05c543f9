"""Whether the other side of a connected call is still there: a quiet line is asked about.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from weakref import WeakKeyDictionary

import pjsua2 as pj

from ctidesk.sip.engine.leg import Leg

QUIET_S = 20.0
"""No packet at all, neither voice nor report (RFC 3550 has one every five seconds), for so long is
no pause in talking. A network that is back sooner is not even asked about."""


class Lifeline:
    """Told by `look` what has arrived in each call. In a quiet one it sends an OPTIONS within the
    dialog (RFC 3261, 11); when that stays unanswered for 32 s, or the other side does not know the
    call any more, the stack ends the call (RFC 3261, 12.2.1.2) and the agent can wrap up."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: WeakKeyDictionary[Leg, tuple[int, float]] = WeakKeyDictionary()

    def look(self, leg: Leg, arrived: int) -> None:
        """`arrived`: packets of any kind since the call's media began."""
        now = self._clock()
        before, since = self._heard.get(leg, (-1, now))
        if arrived != before:
            self._heard[leg] = (arrived, now)
        elif now >= since + QUIET_S and leg.native is not None and not leg.ending_here:
            self._heard[leg] = (arrived, now)
            try:
                leg.native.ask_alive()
            except pj.Error:
                return  # asked again after the next quiet time
