"""A clock that moves only when told to."""

from __future__ import annotations


class FakeClock:
    def __init__(self, mono: float = 1000.0, wall: float = 1_790_000_000.0) -> None:
        self._mono = mono
        self._wall = wall

    def mono(self) -> float:
        return self._mono

    def wall(self) -> float:
        return self._wall

    def advance(self, seconds: float) -> None:
        self._mono += seconds
        self._wall += seconds
