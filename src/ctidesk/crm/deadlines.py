"""Calls functions when their time has come, so that a stuck store is noticed by somebody else.

Runs in: desk process, a thread of its own.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Deadlines:
    """One sleeping thread for all deadlines. The functions must be quick and never raise."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="ctidesk-deadlines", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def at(self, t_mono: float, function: Callable[[], None]) -> None:
        """Call `function` once `time.monotonic()` has reached `t_mono` (seconds)."""
        with self._wake:
            heapq.heappush(self._waiting, (t_mono, next(self._order), function))
            self._wake.notify()

    def stop(self) -> None:
        with self._wake:
            self._stopped = True
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._stopped:
                    wait_s = self._waiting[0][0] - time.monotonic() if self._waiting else None
                    if wait_s is not None and wait_s <= 0:
                        break
                    self._wake.wait(wait_s)
                if self._stopped:
                    return
                _, _, function = heapq.heappop(self._waiting)
            function()
