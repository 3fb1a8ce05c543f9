"""What can go wrong between a desk and its engine, as sentences for the user.

Runs in: desk process, any thread.
"""

from __future__ import annotations

from ctidesk.calls.errors import CtideskError, KnownError
from ctidesk.sip.protocol import Refusal


class ChannelLost(CtideskError):
    """The other side is gone, stalled inside a message, or broke the framing."""


class SilentEngine(KnownError):
    """Something holds the engine's place but says nothing. `pid`: who, 0 if unknown; it was alive
    when this was raised."""

    def __init__(self, pid: int) -> None:
        super().__init__(
            "engine_silent",
            "The telephone engine does not answer.",
            "ctidesk replaces it by itself; calls that were running are called back in.",
        )
        self.pid = pid


def absent() -> KnownError:
    return KnownError(
        "engine_absent",
        "The telephone engine is not running.",
        "ctidesk starts it again by itself; if this stays, restart ctidesk.",
    )


def wrong_key() -> KnownError:
    return KnownError(
        "engine_key",
        "The program at the telephone engine's place did not know the key of this profile.",
        "Log out of the computer and in again, then start ctidesk; tell IT if it happens again.",
    )


def known_from(refusal: Refusal) -> KnownError:
    return KnownError(refusal.code, refusal.text, refusal.remedy)


def engine_lost() -> KnownError:
    return KnownError(
        "engine_lost",
        "The telephone engine stopped before it could do that.",
        "ctidesk is starting it again; try once more in a moment.",
    )


def engine_silent() -> KnownError:
    return KnownError(
        "engine_silent",
        "The telephone engine did not answer.",
        "Try again; if it stays silent, ctidesk replaces it by itself.",
    )


def other_version() -> KnownError:
    return KnownError(
        "engine_version",
        "A telephone engine of another version of ctidesk is still running.",
        "It ends by itself shortly after its last call; ctidesk then starts the right one.",
    )


def rude() -> KnownError:
    return KnownError(
        "engine_protocol",
        "The telephone engine sent something that ctidesk does not understand.",
        "Restart ctidesk; if it stays, install ctidesk again so that all parts fit together.",
    )
