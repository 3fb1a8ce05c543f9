"""Whether a call is really being recorded: the light needs bytes that grew, not a wish.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ctidesk.calls import events as ev
from ctidesk.calls.call import Call, RecordingState
from ctidesk.calls.ports import Clock
from ctidesk.ui import words
from ctidesk.ui.theme.tokens import Role

_PAUSED = "Nothing of either side is kept. It goes on by itself when the time is over."
PROOF_S = 15.0
"""A recording that has not grown for this long is not shown as one. Segments last 10 s."""


@dataclass(frozen=True, slots=True)
class RecordingShown:
    """`lit`: encrypted bytes reached the disk within the last `PROOF_S`."""

    word: str
    detail: str
    tone: Role
    lit: bool


class RecordingWatch:
    """Remembers when each recording last grew."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._bytes: dict[str, int] = {}
        self._grew_mono: dict[str, float] = {}

    def grew(
        self, event: ev.RecordingGrew | ev.RecordingSegmentSealed | ev.RecordingStarted
    ) -> None:
        """Take in what the recorder reported; equal or fewer bytes are no growth."""
        if isinstance(event, ev.RecordingStarted):
            self._grew_mono.setdefault(event.call_id, self._clock.mono())
            return
        if event.recorded_bytes > self._bytes.get(event.call_id, 0):
            self._bytes[event.call_id] = event.recorded_bytes
            self._grew_mono[event.call_id] = self._clock.mono()

    def baseline(self, calls: Iterable[Call]) -> None:
        """Calls taken over from an engine: what they have recorded so far proves nothing."""
        for call in calls:
            self._bytes.setdefault(call.call_id, call.recorded_bytes)

    def forget(self, call_id: str) -> None:
        self._bytes.pop(call_id, None)
        self._grew_mono.pop(call_id, None)

    def shown(self, call: Call) -> RecordingShown:
        """The light and words for `call`."""
        state = call.recording
        if state is RecordingState.FAILED:
            why = words.RECORDING_PROBLEMS.get(call.recording_problem, "The recording stopped")
            return RecordingShown("Not recorded", f"{why}. The call goes on.", Role.DANGER, False)
        if state is RecordingState.PAUSED:
            return RecordingShown(self._paused(call), _PAUSED, Role.HOLD, False)
        if state is RecordingState.STOPPED:
            return RecordingShown("Recorded", "Sealed and signed.", Role.MUTED, False)
        if state is RecordingState.STARTING:
            return RecordingShown("REC starting…", "Not recorded yet.", Role.HOLD, False)
        if state is RecordingState.OFF:
            return RecordingShown("Not recorded", "Nothing of this call is kept.", Role.AWAY, False)
        return self._running(call)

    def _paused(self, call: Call) -> str:
        if call.recording_resumes_mono is None:
            return "REC paused"
        left = max(0, math.ceil(call.recording_resumes_mono - self._clock.mono()))
        return f"REC paused {left // 60}:{left % 60:02}"

    def _running(self, call: Call) -> RecordingShown:
        grew = self._grew_mono.get(call.call_id)
        if grew is None:
            # taken over from an earlier desk: lit by the next report of the recorder
            return RecordingShown("REC checking…", "Waiting for proof.", Role.HOLD, False)
        if self._clock.mono() - grew > PROOF_S:
            text = f"No new bytes for {PROOF_S:.0f} s: take the recording as stopped."
            return RecordingShown("REC stalled", text, Role.DANGER, False)
        return RecordingShown("REC", "Recorded, encrypted on this computer.", Role.DANGER, True)
