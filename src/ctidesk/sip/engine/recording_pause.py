"""Recordings that keep nothing for a while, and go on by themselves (R12).

Runs in: engine process, loop thread. The engine has the clock and not the desk, so that a desk
that dies in a pause leaves neither a recording that never goes on nor card data in one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ctidesk.calls import events as ev
from ctidesk.calls.errors import KnownError
from ctidesk.sip.engine.bridge import Bridge, agent_tap, caller_tap

if TYPE_CHECKING:
    from ctidesk.sip.engine.endpoint import SipEndpoint
    from ctidesk.sip.engine.leg import Leg

LONGEST_S = 600.0


class RecordingPauses:
    """Both taps of a paused call are off the bridge: its audio reaches no writer, no pipe and no
    file. `emit(event, leg, …)` is the switchboard's."""

    def __init__(self, endpoint: SipEndpoint, bridge: Bridge, emit: Callable[..., None]) -> None:
        self._endpoint = endpoint
        self._bridge = bridge
        self._emit = emit
        self._ends: dict[str, Any] = {}
        """By call_id: the timer that ends the pause."""

    def begin(self, leg: Leg, limit_s: float) -> None:
        """Once more: the time begins anew. Raises `KnownError` not_recording, bad_pause."""
        tap = leg.tap
        if tap is None:
            raise KnownError(
                "not_recording",
                "This call is not being recorded.",
                "Nothing has to be paused.",
            )
        if not 1.0 <= limit_s <= LONGEST_S:
            raise KnownError(
                "bad_pause",
                f"A recording can be paused for 1 to {LONGEST_S:.0f} seconds.",
                "Correct the length of the pause in the settings.",
            )
        if leg.call_id in self._ends:
            self._ends[leg.call_id].cancel()
        else:
            self._bridge.detach(agent_tap(leg.call_id))
            self._bridge.detach(caller_tap(leg.call_id))
            tap.order("pause")
        self._ends[leg.call_id] = self._endpoint.call_later(limit_s, lambda: self._over(leg))
        self._emit(ev.RecordingPaused, leg, limit_s=limit_s)

    def end(self, leg: Leg, by: str) -> None:
        """Nothing happens to a call that is not paused."""
        timer = self._ends.pop(leg.call_id, None)
        if timer is None:
            return
        timer.cancel()
        tap = leg.tap
        if tap is not None:
            tap.order("resume")
            self._bridge.attach(agent_tap(leg.call_id), tap.agent)
            self._bridge.attach(caller_tap(leg.call_id), tap.caller)
            self._emit(ev.RecordingResumed, leg, by=by)

    def started(self, leg: Leg) -> None:
        """The recorder is there only now, and has not heard of the pause."""
        timer = self._ends.get(leg.call_id)
        if timer is not None and leg.tap is not None:
            leg.tap.order("pause")
            left_s = max(1.0, timer.due_mono - time.monotonic())
            self._emit(ev.RecordingPaused, leg, limit_s=left_s)

    def forget(self, call_id: str) -> None:
        """Its recording is over."""
        timer = self._ends.pop(call_id, None)
        if timer is not None:
            timer.cancel()

    def _over(self, leg: Leg) -> None:
        self.end(leg, "limit")
