"""What the validity of a certificate, and the exchange's clock, mean for the agent.

Runs in: engine process, loop thread. Pure.
"""

from __future__ import annotations

import datetime
import email.utils
from typing import NamedTuple

from ctidesk.calls.events import AccountWarning

DAY_S = 86_400.0
WARN_S = 14 * DAY_S
CLOCK_S = 300.0
"""More than this between two clocks is wrong; certificates, recordings and audit need the time."""


class Validity(NamedTuple):
    """From when to when a certificate is good: seconds since the epoch, 0 when not known."""

    begins: float = 0.0
    ends: float = 0.0


class Certificates(NamedTuple):
    """The exchange's certificate and this computer's own, as a connection showed them."""

    exchange: Validity = Validity()
    own: Validity = Validity()


def unusable(validity: Validity, now: float) -> str:
    """The problem with the exchange's certificate at `now`, "" when its time is right."""
    if validity.begins and now < validity.begins:
        return "certificate_not_yet"
    if validity.ends and now > validity.ends:
        return "certificate_expired"
    return ""


def expiry_warnings(seen: Certificates, now: float) -> list[AccountWarning]:
    """One for each certificate that ends within two weeks."""
    found = []
    if _ends_soon(seen.exchange, now):
        found.append(
            AccountWarning(
                "certificate_expires",
                f"The certificate of the telephone exchange expires {_when(seen.exchange, now)}.",
                "Tell IT now: from that day on the telephone will not connect any more.",
            )
        )
    if _ends_soon(seen.own, now):
        found.append(
            AccountWarning(
                "own_certificate_expires",
                f"The certificate of this computer's telephone expires {_when(seen.own, now)}.",
                "Ask IT for a new one now: from that day on the exchange will refuse this"
                " telephone.",
            )
        )
    return found


def clock_warning(date: str, now: float) -> AccountWarning | None:
    """Whether this computer's clock differs from the exchange's. `date`: its Date header, as text
    (RFC 3261 20.17); what can't be read says nothing."""
    try:
        there = email.utils.parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    off_s = now - there
    if abs(off_s) <= CLOCK_S:
        return None
    way = "ahead of" if off_s > 0 else "behind"
    return AccountWarning(
        "clock_wrong",
        f"The clock of this computer is {_span(abs(off_s))} {way} the telephone exchange's.",
        "Set date, time and time zone of this computer right, or ask IT: recordings, wrap-ups and"
        " certificates depend on them.",
    )


def _ends_soon(validity: Validity, now: float) -> bool:
    return 0 < validity.ends <= now + WARN_S


def _when(validity: Validity, now: float) -> str:
    day = datetime.datetime.fromtimestamp(validity.ends, datetime.UTC).date().isoformat()
    days = int((validity.ends - now) // DAY_S)
    if days < 1:
        return f"within a day, on {day}"
    return f"in {days} day{'s' if days != 1 else ''}, on {day}"


def _span(seconds: float) -> str:
    """How far apart, in the unit that a person would use."""
    for size, name in ((DAY_S, "day"), (3600.0, "hour"), (60.0, "minute")):
        if seconds >= 0.95 * size:
            count = max(1, round(seconds / size))
            return f"{count} {name}{'s' if count != 1 else ''}"
    return "some minutes"
