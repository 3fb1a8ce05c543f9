"""The token of the web API: only its digest is kept, and wrong ones are answered ever later.

Runs in: desk process, the web API's thread; command line. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

TOKEN_BYTES = 32
_DIGEST = re.compile(r"[0-9a-f]{64}")
FREE_TRIES = 3
LONGEST_WAIT_S = 60.0


def new_token() -> str:
    """256 random bits as text; its user pastes it once."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest_of(token: str) -> str:
    """What is kept: nobody who reads it can connect with it. A random token of this length needs
    no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None


class Doorkeeper:
    """Judges tokens, in constant time. After `FREE_TRIES` wrong ones in a row nobody gets in for
    1, 2, 4… up to 60 seconds; who is in stays in. Times: seconds, monotonic."""

    def __init__(self, digest: str) -> None:
        self._digest = digest
        self._wrong = 0
        self._closed_until = 0.0

    @property
    def wrong(self) -> int:
        """Wrong tokens since the last right one."""
        return self._wrong

    def wait_s(self, now: float) -> float:
        """How long nobody gets in yet; 0.0 when the door is open."""
        return max(0.0, self._closed_until - now)

    def lets_in(self, token: str, now: float) -> bool:
        if self.wait_s(now):
            return False
        if hmac.compare_digest(digest_of(token), self._digest):
            self._wrong = 0
            return True
        self._wrong += 1
        over = self._wrong - FREE_TRIES
        if over >= 0:
            # the exponent is bounded: an attacker who never stops must not make it a long number
            self._closed_until = now + min(LONGEST_WAIT_S, 2.0 ** min(over, 10))
        return False


class Rate:
    """So many messages a second, and a few at once (a token bucket)."""

    def __init__(self, each_s: float, burst: int) -> None:
        self._each_s = each_s
        self._burst = float(burst)
        self._left = float(burst)
        self._at: float | None = None

    def allows(self, now: float) -> bool:
        if self._at is not None:
            self._left = min(self._burst, self._left + (now - self._at) * self._each_s)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
