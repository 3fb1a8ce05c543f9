"""How many requests of which kind are taken, and when refusals have become an attack.

Runs in: engine process, loop thread. Pure. The numbers are the rules of both guards: the one in C
of our own build is told them, the one in Python for the development wheel counts by them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import IntEnum, StrEnum
from typing import NamedTuple

MAX_SOURCES = 128
"""How many senders are told apart; an older one is forgotten for a new one."""
RETRY_AFTER_S = 5
"""What a refusal asks the sender to wait."""


class Kind(IntEnum):
    """Numbered as in the C guard. `REINVITE` (with UPDATE) and `INNER` are requests within a
    dialog; `ANY` counts everything, repetitions too."""

    INVITE = 0
    OPTIONS = 1
    SUBSCRIBE = 2
    OTHER = 3
    REINVITE = 4
    INNER = 5
    ANY = 6


class Outcome(IntEnum):
    """Numbered as in the C guard."""

    ACCEPTED = 0
    REFUSED = 1
    DROPPED = 2


class Rate(NamedTuple):
    """Tokens that come back per second, and how many there are at most."""

    per_s: float
    burst: float


class Rule(NamedTuple):
    """`each`: of one source, or of one dialog for what is within dialogs."""

    each: Rate
    overall: Rate


RULES = {
    # an exchange that rings an agent sends a few in a minute
    Kind.INVITE: Rule(Rate(10, 20), Rate(20, 40)),
    Kind.OPTIONS: Rule(Rate(5, 20), Rate(10, 40)),
    Kind.SUBSCRIBE: Rule(Rate(5, 10), Rate(10, 20)),
    Kind.OTHER: Rule(Rate(10, 40), Rate(20, 80)),
    # hold, resume, session timers, a change of codec
    Kind.REINVITE: Rule(Rate(4, 8), Rate(20, 40)),
    # lamps come as NOTIFY, one dialog for each
    Kind.INNER: Rule(Rate(20, 60), Rate(200, 600)),
    Kind.ANY: Rule(Rate(200, 600), Rate(400, 1200)),
}
ANSWERS = Rate(5, 10)
"""Refusals that are answered; beyond them there is silence, so that nobody floods others by us."""


class Bucket:
    """A token bucket; full at first."""

    __slots__ = ("_at", "_rate", "_tokens")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = rate.burst
        self._at = now

    def take(self, now: float) -> bool:
        """One token at `now` (seconds, monotonic); False when there is none."""
        came = max(0.0, now - self._at) * self._rate.per_s
        self._tokens = min(self._rate.burst, self._tokens + came)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Limits:
    """Requests outside of dialogs, judged by `RULES`. `clock` in seconds, monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        now = clock()
        self._overall = {kind: Bucket(rule.overall, now) for kind, rule in RULES.items()}
        self._each: dict[tuple[Kind, str], Bucket] = {}
        self._answers = Bucket(ANSWERS, now)
        self.counted = dict.fromkeys(Outcome, 0)

    def judge(self, kind: Kind, source: str, allowed: bool = True) -> Outcome:
        """Whether to take it, to refuse it, or to be silent about it if that can be."""
        now = self._clock()
        if allowed and self._of(kind, source, now).take(now) and self._overall[kind].take(now):
            outcome = Outcome.ACCEPTED
        else:
            outcome = Outcome.REFUSED if self._answers.take(now) else Outcome.DROPPED
        self.counted[outcome] += 1
        return outcome

    def _of(self, kind: Kind, source: str, now: float) -> Bucket:
        key = (kind, source)
        bucket = self._each.pop(key, None) or Bucket(RULES[kind].each, now)
        if len(self._each) >= MAX_SOURCES:
            del self._each[next(iter(self._each))]
        self._each[key] = bucket  # the one used last stands last
        return bucket


class Mood(StrEnum):
    QUIET = "quiet"
    UNDER_ATTACK = "under_attack"


class AttackWatch:
    """Says when refusals are many, how many they were every minute while it lasts, and its end."""

    WINDOW_S = 60.0
    MANY = 30

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()
        self._mood = Mood.QUIET
        self._told_at = 0.0

    def look(self, total: int, now: float) -> int | None:
        """`total` refusals since the start. How many in the last minute, when that is to be told
        (0: it is over), else None. Call it every second or so."""
        self._seen.append((now, total))
        while len(self._seen) > 1 and self._seen[1][0] <= now - self.WINDOW_S:
            self._seen.popleft()
        count = total - self._seen[0][1]
        if self._mood is Mood.QUIET:
            if count < self.MANY:
                return None
            self._mood = Mood.UNDER_ATTACK
        elif count == 0:
            self._mood = Mood.QUIET
        elif now - self._told_at < self.WINDOW_S:
            return None
        self._told_at = now
        return count
