"""How far the desk is with reading the CRM.

Runs in: desk process, any thread (frozen values). Imports nothing heavy.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from ctidesk.calls.errors import KnownError

WINDOW_S = 20.0
"""The rate is that of so many seconds."""


class PullPhase(StrEnum):
    STARTING = "starting"
    READING = "reading"
    CURRENT = "current"  # all changes are in; the next look comes by itself
    FAILED = "failed"  # `problem` says why; tried again by itself unless it says otherwise
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullState:
    """`kind`: the resource type that is being read; `loaded` of `total` of it (None: the server
    does not say). `first`: it was never read whole before. `rate`: resources per second,
    `remaining_s`: seconds until this type is in, None when nobody knows. `since_wall`: when it
    failed first. `unreadable`: resources of which only the text could be kept, since the start.
    `troubles`: problems of single types, by type, while the rest is read."""

    phase: PullPhase
    kind: str = ""
    loaded: int = 0
    total: int | None = None
    first: bool = False
    rate: float | None = None
    remaining_s: float | None = None
    problem: KnownError | None = None
    since_wall: float | None = None
    current_wall: float | None = None
    unreadable: int = 0
    troubles: tuple[tuple[str, KnownError], ...] = ()


class Rate:
    """Resources per second over the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, now_mono: float, loaded: int) -> None:
        """`loaded`: all that came so far."""
        self._seen.append((now_mono, loaded))
        while len(self._seen) > 2 and now_mono - self._seen[0][0] > WINDOW_S:
            self._seen.popleft()

    def per_s(self) -> float | None:
        """None before there are two moments to compare."""
        if len(self._seen) < 2:
            return None
        (t0, n0), (t1, n1) = self._seen[0], self._seen[-1]
        return (n1 - n0) / (t1 - t0) if t1 > t0 else None
