"""How a caller's number is compared with those of the directory, and in which order matches come.

Runs in: desk process, any thread. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from ctidesk.calls.numbers import Number, NumberKind
from ctidesk.care.member import Candidate, Party

TAIL_DIGITS = 8
MIN_TAIL_DIGITS = 6
"""Fewer last digits than these would match strangers."""

PARTY_OF_FACILITY = {
    "hospital": Party.PROVIDER,
    "clinic": Party.PROVIDER,
    "practice": Party.PROVIDER,
    "doctor": Party.PROVIDER,
    "laboratory": Party.PROVIDER,
    "pharmacy": Party.PROVIDER,
    "care_home": Party.PROVIDER,
    "supplier": Party.SUPPLIER,
    "insurer": Party.INSURER,
}

SPEAKS_FOR = frozenset({"carer", "guardian", "parent", "proxy", "executor"})

_CERTAINTY = {"exact": 0, "national": 1, "last_digits": 2}
_PARTY = {
    party: rank
    for rank, party in enumerate(
        (Party.MEMBER, Party.CARER, Party.PROVIDER, Party.SUPPLIER, Party.INSURER, Party.UNKNOWN)
    )
}


def tail_of(national: str) -> str:
    """The last digits by which a number is found when its prefixes differ; "" if too few."""
    return national[-TAIL_DIGITS:] if len(national) >= MIN_TAIL_DIGITS else ""


def wanted_national(number: Number) -> str:
    """The digits to compare with `numbers.national`, "" when the number has none worth it."""
    if number.kind in (NumberKind.WITHHELD, NumberKind.EXTENSION):
        return ""
    return number.national or number.digits.lstrip("0")


def certainty(number: Number, e164: str, national: str) -> str:
    """How sure a row of the directory is this number: "exact"; "national" (same digits, but one
    side has no country code); "last_digits"; "" if it is not."""
    if number.e164 and number.e164 == e164:
        return "exact"
    wanted = wanted_national(number)
    if wanted and wanted == national and not (number.e164 and e164):
        return "national"
    tail = tail_of(wanted)
    return "last_digits" if tail and tail == tail_of(national) else ""


def ordered(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Each candidate once with its best match, most certain first; then members before carers
    before facilities, and names. Nothing else: the order must not suggest who is calling."""
    best: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=_rank):
        best.setdefault(candidate.key, candidate)
    return tuple(best.values())


def _rank(candidate: Candidate) -> tuple[int, int, str, str]:
    return (
        _CERTAINTY[candidate.certainty],
        _PARTY[candidate.party],
        candidate.name,
        candidate.key,
    )
