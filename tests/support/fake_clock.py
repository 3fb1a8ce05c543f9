"""A clock that stands still until it is told to go on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class FakeClock:
    """Implements `calls.ports.Clock`; seconds."""

    now: float = 1_000.0
    wall_offset: float = 1_750_000_000.0

    def mono(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + self.wall_offset

    def advance(self, seconds: float) -> None:
        self.now += seconds
