"""Days in words: near ones as people say them, always with the date.

Runs in: desk process, any thread. Pure.
"""

from __future__ import annotations

import functools
from datetime import date, datetime

_NEAR_DAYS = 60
"""Beyond them "3 months ago" would hide what the date says."""


def local_day(wall: float) -> date:
    """The day of this computer's time zone. `wall`: seconds since the epoch."""
    return datetime.fromtimestamp(wall).date()


@functools.lru_cache(maxsize=2048)
def day(value: date) -> str:
    """ "3 Apr 1958": no reader takes the day for the month."""
    return f"{value.day} {value:%b %Y}"


def when(value: date, today: date) -> str:
    """ "3 days ago (24 Nov 2026)", "in 2 days (…)", "today (…)"; far ones "on 3 Apr 1958"."""
    away = (value - today).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(away)
    if near is None and abs(away) <= _NEAR_DAYS:
        near = f"in {away} days" if away > 0 else f"{-away} days ago"
    return f"{near} ({day(value)})" if near else f"on {day(value)}"
