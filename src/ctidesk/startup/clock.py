"""The machine's clocks.

Runs in: every process, any thread.
"""

from __future__ import annotations

import time


class SystemClock:
    """Implements `calls.ports.Clock`. CLOCK_MONOTONIC is one for all processes of a boot."""

    def mono(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()
