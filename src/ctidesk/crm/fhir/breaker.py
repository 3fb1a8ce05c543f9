"""When a server that fails is asked again: rarely, and one message first.

Runs in: desk process, the CRM's sending thread. Pure; times by the monotonic clock, in seconds.
"""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S, LONGEST_S = 1.0, 60.0
HOPELESS_S = 300.0
"""For what does not pass by itself, such as a refused sign-in."""


def jittered(seconds: float) -> float:
    """Hundreds of desks that lost the same server must not come back in the same second."""
    return seconds * random.uniform(0.7, 1.3)


class Breaker:
    """Closed until something fails; then open until `ready_mono`, after which one try decides: it
    closes, or opens for longer."""

    def __init__(self, jitter: Callable[[float], float] = jittered) -> None:
        self.jitter = jitter
        self.failures = 0
        self.ready_mono = 0.0

    @property
    def open(self) -> bool:
        """Something failed since it worked last; maybe it may be tried again by now."""
        return self.failures > 0

    def failed(self, now: float, told_s: float | None = None, *, passing: bool = True) -> float:
        """Returns the seconds until the next try: what the server named, else twice as long as
        before; long at once for what does not pass by itself."""
        self.failures += 1
        wait_s = min(LONGEST_S, FIRST_S * 2 ** min(self.failures - 1, 20))
        if told_s is not None:
            # a little later than told, never sooner
            wait_s = max(FIRST_S, told_s) + self.jitter(FIRST_S)
        else:
            wait_s = self.jitter(wait_s if passing else HOPELESS_S)
        self.ready_mono = now + wait_s
        return wait_s

    def works(self) -> None:
        self.failures, self.ready_mono = 0, 0.0

    def try_now(self) -> None:
        """Somebody asked for it."""
        self.ready_mono = 0.0
