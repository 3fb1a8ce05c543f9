"""A card that is refreshed while somebody reads it: nothing moves under her eyes.

Runs in: desk process, Qt main thread (no Qt in here). Lines that stay keep their place and only
change their words; what the CRM says no longer is struck where it stood; what is new comes last.
Another member's card, or the same opened again, is in its own order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TypeVar

from ctidesk.care.blocker import Blocker
from ctidesk.care.member import MOST_HISTORY
from ctidesk.ui.member_card.facts import CardFacts, FactLine

T = TypeVar("T", Blocker, FactLine)


def steady(before: CardFacts | None, now: CardFacts) -> CardFacts:
    """`now` in the order of `before`, which the screen shows; `now` itself without one."""
    if before is None:
        return now
    tabs = {
        name: _lines(before.tabs.get(name, ()), lines, keeps_gone=_is_whole(name, lines))
        for name, lines in now.tabs.items()
    }
    blockers = _ordered(before.blockers, now.blockers, _text_of)
    kept = tuple(one for one, there in blockers if there)
    return replace(now, tabs=tabs, blockers=kept)


# -------------------------------------------------------------------- private


def _is_whole(name: str, lines: Sequence[FactLine]) -> bool:
    """Whether what is not among `lines` is on record no longer, or only not among the newest."""
    return name != "Summary" and not (name == "History" and len(lines) >= MOST_HISTORY)


def _lines(
    before: Sequence[FactLine], now: Sequence[FactLine], *, keeps_gone: bool
) -> tuple[FactLine, ...]:
    found: list[FactLine] = []
    for line, there in _ordered(before, now, _key_of):
        if there:
            found.append(line)
        elif keeps_gone:
            found.append(replace(line, gone=True, stale=True))
    return tuple(found)


def _ordered(
    before: Sequence[T], now: Sequence[T], key: Callable[[T], Hashable]
) -> list[tuple[T, bool]]:
    """(line, whether it is there now): the earlier ones in their places, then the new ones."""
    left: dict[Hashable, list[T]] = {}
    for one in now:
        left.setdefault(key(one), []).append(one)
    seen = Counter(key(one) for one in now)
    found: list[tuple[T, bool]] = []
    for one in before:
        mark = key(one)
        if seen[mark]:
            seen[mark] -= 1
            found.append((left[mark].pop(0), True))
        else:
            found.append((one, False))
    new = {id(one) for lines in left.values() for one in lines}
    return found + [(one, True) for one in now if id(one) in new]


def _key_of(line: FactLine) -> Hashable:
    return line.kind, line.title


def _text_of(blocker: Blocker) -> Hashable:
    """What it is about: "3 days ago" becomes "4 days ago" at midnight in the same place."""
    return blocker.group, blocker.subject, blocker.weight
