"""A desk's thread for tests: takes what is delivered, keeps what the listeners were told.

Runs in: test process, the test's own thread.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ctidesk.calls.call import Call, Phase
from ctidesk.calls.commands import Command
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import CallEvent, DeskEvent, EngineEvent
from ctidesk.sip.protocol import Snapshot

E = TypeVar("E")
DEADLINE_S = 30.0


class SystemClock:
    def mono(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()


class SpyDesk:
    """`deliver` posts from any thread; `until` runs what was posted on the test's thread."""

    def __init__(self) -> None:
        self.events: list[DeskEvent] = []
        self.numbers: list[int] = []
        self.missed: list[EngineEvent] = []
        self.snapshots: list[Snapshot] = []
        self.order: list[str] = []
        self.telephony: Any = None
        self._posted: queue.Queue[Callable[[], None]] = queue.Queue()

    def deliver(self, work: Callable[[], None]) -> None:
        self._posted.put(work)

    def listen_to(self, telephony: Any) -> None:
        self.telephony = telephony
        telephony.on_event = self._event
        if hasattr(telephony, "on_missed"):
            telephony.on_missed = self._missed
            telephony.on_snapshot = self._snapshot

    def _event(self, event: DeskEvent, seq: int) -> None:
        self.events.append(event)
        self.numbers.append(seq)
        self.order.append(type(event).__name__)

    def _missed(self, events: Sequence[EngineEvent]) -> None:
        self.missed.extend(events)
        self.order.append("missed")

    def _snapshot(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)
        self.order.append("snapshot")

    def until(self, condition: Callable[[], Any], timeout_s: float = DEADLINE_S) -> None:
        """Run what is delivered until `condition()`; fails, telling what was seen."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                codes = [(type(e).__name__, e.code) for e in self.events if hasattr(e, "code")]
                raise AssertionError(f"never happened; seen: {self.order}; codes: {codes}")
            try:
                work = self._posted.get(timeout=min(left, 0.05))
            except queue.Empty:
                continue
            work()

    def drain(self) -> None:
        """Run what is already delivered."""
        while True:
            try:
                work = self._posted.get_nowait()
            except queue.Empty:
                return
            work()

    def of(self, kind: type[E], call_id: str | None = None) -> list[E]:
        return [
            event
            for event in self.events
            if isinstance(event, kind)
            and (call_id is None or (isinstance(event, CallEvent) and event.call_id == call_id))
        ]

    def names(self, call_id: str) -> list[str]:
        """The lifecycle of one call as class names, in order."""
        return [
            type(event).__name__
            for event in self.events
            if isinstance(event, CallEvent) and event.call_id == call_id
        ]

    def call(self, call_id: str) -> Call | None:
        found: Call
        for found in self.telephony.calls():
            if found.call_id == call_id:
                return found
        return None

    def phase(self, call_id: str) -> Phase | None:
        found = self.call(call_id)
        return None if found is None else found.phase

    def until_event(self, kind: type[E], call_id: str | None = None, count: int = 1) -> E:
        self.until(lambda: len(self.of(kind, call_id)) >= count)
        return self.of(kind, call_id)[count - 1]

    def ask(self, command: Command) -> KnownError | None:
        """Send and wait for the reply."""
        answers: list[KnownError | None] = []
        self.telephony.send(command, answers.append)
        self.until(lambda: answers)
        return answers[0]

    def do(self, command: Command) -> None:
        """Send; a refusal fails the test."""
        refusal = self.ask(command)
        assert refusal is None, f"{type(command).__name__}: {refusal}"
