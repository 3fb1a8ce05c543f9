"""What a pop says about an offered call, and what a notification may say.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ctidesk.calls.call import Call, Phase
from ctidesk.calls.text import plain
from ctidesk.care.member import Lookup
from ctidesk.ui.words import PARTY_WORDS, Shown, caller_name, caller_number

_REASONS = {
    "withheld": "The number is withheld",
    "not_a_number": "No number to look up",
    "unknown": "Not in the directory",
    "unavailable": "The directory is not available",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToastOffer:
    """One pop. `since_mono`: when the call began to ring (seconds, monotonic clock)."""

    call_id: str
    queue: str
    caller: str
    number: str
    match: str
    since_mono: float


def offers(
    calls: Iterable[Call], lookups: Mapping[str, Lookup], shown: Shown, locked: bool = False
) -> tuple[ToastOffer, ...]:
    """A pop for each call that rings here, oldest first. `lookups` by call_id. On a locked desk a
    pop names the queue and nobody."""
    ringing = [call for call in calls if call.phase is Phase.OFFERED]
    return tuple(_offer(call, lookups.get(call.call_id), shown, locked) for call in ringing)


def match_summary(lookup: Lookup | None) -> str:
    """Who it may be, in one line, without health data. None: still looking."""
    if lookup is None:
        return "Looking up…"
    count = len(lookup.candidates)
    if count == 0:
        return _REASONS.get(lookup.reason, _REASONS["unknown"])
    if count > 1:
        return f"{count} possible callers"
    only = lookup.candidates[0]
    parts = (PARTY_WORDS[only.party], plain(only.name, 40), plain(only.reason, 40))
    return " · ".join(part for part in parts if part)


def notification_text(call: Call) -> str:
    """For the notification area of the system, which others may read: the queue alone."""
    queue = plain(call.routing.queue, 40)
    return f"Incoming call · {queue}" if queue else "Incoming call"


def _offer(call: Call, lookup: Lookup | None, shown: Shown, locked: bool) -> ToastOffer:
    name = "Incoming call" if locked else caller_name(call.remote, shown)
    number = "" if locked else caller_number(call.remote, shown)
    return ToastOffer(
        call_id=call.call_id,
        queue=plain(call.routing.queue, 40) or "Direct call",
        caller=name,
        number="" if number == name else number,
        match="The desk is locked" if locked else match_summary(lookup),
        since_mono=call.began_mono,
    )
