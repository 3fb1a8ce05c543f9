"""Colleagues and the lamps that show what their telephones do (busy lamp field, BLF).

Runs in: engine process (loop thread) and desk process (Qt main thread).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST_LAMPS = 64
"""Each is a subscription at the exchange."""


class LampState(StrEnum):
    IDLE = "idle"
    RINGING = "ringing"
    BUSY = "busy"
    AWAY = "away"  # no telephone is registered there
    UNKNOWN = "unknown"  # the exchange has not told, or does not tell


@dataclass(frozen=True, slots=True)
class Lamp:
    """What the exchange says about the telephone at `target`."""

    target: str
    state: LampState


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody to consult: `number` as it is dialled."""

    name: str
    number: str
