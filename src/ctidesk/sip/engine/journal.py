"""The engine's memory for its desks: calls as their own events made them, and the events that no
desk has stored yet.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from ctidesk.calls import events as ev, phases
from ctidesk.calls.call import Call, RecordingState
from ctidesk.calls.codec import to_plain
from ctidesk.sip.protocol import NumberedEvent, Snapshot

log = logging.getLogger("ctidesk.engine")

MAX_UNACKNOWLEDGED = 8_000
"""Bounds the memory and the snapshot when no desk listens for days; the oldest are then lost."""

_RECORDS = frozenset({RecordingState.STARTING, RecordingState.RUNNING, RecordingState.PAUSED})


class Journal:
    """Numbers every event, applies it to its call and passes it on. `send` gets events with their
    number, telemetry with 0."""

    def __init__(self, send: Callable[[ev.EngineEvent, int], None]) -> None:
        self._send = send
        self._calls: dict[str, Call] = {}
        self._registrations: dict[str, ev.RegistrationChanged] = {}
        self._sound: ev.SoundChanged | None = None
        self._waiting: deque[NumberedEvent] = deque()
        self._last_of_call: dict[str, int] = {}
        self._seq = 0
        self._acknowledged = 0

    @property
    def seq(self) -> int:
        return self._seq

    def call(self, call_id: str) -> Call | None:
        return self._calls.get(call_id)

    def live_calls(self) -> list[Call]:
        """Calls that have not ended, oldest first."""
        return [call for call in self._calls.values() if not call.ended]

    @property
    def keeps_calls(self) -> bool:
        """Whether something of a call waits for a desk to store it."""
        return any("call_id" in each.body for each in self._waiting)

    def registration(self, account_id: str) -> ev.RegistrationChanged | None:
        return self._registrations.get(account_id)

    def record(self, event: ev.EngineEvent) -> bool:
        """Keep and send `event`. False when the call's phase does not allow it: our own mistake,
        which is logged and not passed on."""
        if isinstance(event, ev.LampsChanged | ev.SoundLevels):
            return self._tell(event, 0)
        if isinstance(event, ev.TELEMETRY):
            return self._apply(event) and self._tell(event, 0)
        if isinstance(event, ev.RegistrationChanged):
            self._registrations[event.account_id] = event
        elif isinstance(event, ev.SoundChanged):
            self._sound = event
        elif isinstance(event, ev.CallEvent) and not self._apply(event):
            return False
        self._seq += 1
        name = type(event).__name__
        self._waiting.append(NumberedEvent(seq=self._seq, name=name, body=to_plain(event)))
        if isinstance(event, ev.CallEvent) and event.call_id in self._calls:
            self._last_of_call[event.call_id] = self._seq
        if len(self._waiting) > MAX_UNACKNOWLEDGED:
            log.error("nobody acknowledged %d events, the oldest is lost", MAX_UNACKNOWLEDGED)
            self._waiting.popleft()
        return self._tell(event, self._seq)

    def forget_registration(self, account_id: str) -> None:
        """The account was removed."""
        self._registrations.pop(account_id, None)

    def acknowledge(self, seq: int) -> None:
        """A desk has stored everything up to `seq`."""
        self._acknowledged = max(self._acknowledged, min(seq, self._seq))
        while self._waiting and self._waiting[0].seq <= self._acknowledged:
            self._waiting.popleft()
        for call in [c for c in self._calls.values() if c.ended]:
            if (
                self._last_of_call[call.call_id] <= self._acknowledged
                and call.recording not in _RECORDS
            ):
                del self._calls[call.call_id], self._last_of_call[call.call_id]

    def snapshot(self, engine_id: str) -> Snapshot:
        """State and waiting events, consistent with `seq`."""
        return Snapshot(
            engine_id=engine_id,
            seq=self._seq,
            calls=tuple(self._calls.values()),
            registrations=tuple(self._registrations.values()),
            sound=self._sound,
            unacknowledged=tuple(self._waiting),
        )

    def _apply(self, event: ev.AnyCallEvent) -> bool:
        call = self._calls.get(event.call_id)
        if isinstance(event, ev.CallOffered | ev.CallDialled):
            self._calls[event.call_id] = phases.begin(event)
            return True
        if call is None:
            # a recording is sealed after its ended call was acknowledged and forgotten
            return type(event).__name__.startswith("Recording")
        try:
            self._calls[event.call_id] = phases.apply(call, event)
        except phases.ImpossibleEvent as fault:
            log.error("fault: %s", fault)
            return False
        return True

    def _tell(self, event: ev.EngineEvent, seq: int) -> bool:
        self._send(event, seq)
        return True
