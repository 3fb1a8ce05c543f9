"""The turns of the loop: jobs from any thread, timers, one owner of every pjsua2 object.

Runs in: engine process, loop thread; `post` may be called from any thread.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable

from ctidesk.sip.engine.faults import log_fault

Job = Callable[[], None]

POLL_MS = 100
FEW_TIMERS = 32
"""Cancelled timers are swept out when there are twice as many as after the last sweep."""


class Timer:
    """A job for later; `cancel` forgets it and whatever it holds."""

    __slots__ = ("_job", "due_mono")

    def __init__(self, due_mono: float, job: Job) -> None:
        self.due_mono = due_mono
        self._job: Job | None = job

    def cancel(self) -> None:
        self._job = None

    @property
    def waits(self) -> bool:
        return self._job is not None

    def take(self) -> Job | None:
        job, self._job = self._job, None
        return job


class TurnLoop:
    """Runs `poll(max_ms)` over and over, and between the polls the posted jobs and due timers.

    `wake` must end a running poll soon; it is called from other threads only.
    """

    def __init__(self, poll: Callable[[int], object], wake: Callable[[], None]) -> None:
        self._poll = poll
        self._wake = wake
        self._jobs: deque[Job] = deque()
        self._timers: list[tuple[float, int, Timer]] = []
        self._sweep_at = 2 * FEW_TIMERS
        self._order = itertools.count()
        self._owner = threading.get_ident()
        self._stopped = False

    def assert_owner(self) -> None:
        """Raises RuntimeError off the loop thread: pjsua2 would abort the process there."""
        if threading.get_ident() != self._owner:
            raise RuntimeError("not on the loop thread")

    def post(self, job: Job) -> None:
        """Run `job` in the next turn. Any thread; never blocks."""
        self._jobs.append(job)
        if threading.get_ident() != self._owner:
            self._wake()

    def call_later(self, delay_s: float, job: Job) -> Timer:
        """Run `job` after `delay_s` seconds, at the earliest. Loop thread only."""
        self.assert_owner()
        if len(self._timers) >= self._sweep_at:
            self._timers = [entry for entry in self._timers if entry[2].waits]
            heapq.heapify(self._timers)
            self._sweep_at = 2 * max(FEW_TIMERS, len(self._timers))
        timer = Timer(time.monotonic() + delay_s, job)
        heapq.heappush(self._timers, (timer.due_mono, next(self._order), timer))
        return timer

    def stop(self) -> None:
        """End `run` after the current turn."""
        self._stopped = True

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Turn until `stop` or until `until()`."""
        while not self._stopped and not until():
            self.turn(POLL_MS)

    def turn(self, max_ms: int) -> None:
        """One poll of at most `max_ms`, then what is due."""
        self.assert_owner()
        wait_ms = 0 if self._jobs else max_ms
        if self._timers:
            due_ms = (self._timers[0][0] - time.monotonic()) * 1000
            wait_ms = max(0, min(wait_ms, int(due_ms) + 1))
        self._poll(wait_ms)
        # only the jobs of now: a job that posts itself again must not starve SIP
        for _ in range(len(self._jobs)):
            self._do(self._jobs.popleft())
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            job = heapq.heappop(self._timers)[2].take()
            if job is not None:
                self._do(job)

    def _do(self, job: Job) -> None:
        try:
            job()
        except Exception as fault:  # noqa: BLE001 - one bad job must not end all calls
            log_fault(getattr(job, "__qualname__", type(job).__name__), fault)
