"""Who may be calling is read anew from the CRM while it rings, and the opened card too.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ctidesk.calls.desk import CallDesk
from ctidesk.care.pop import ScreenPop

MOST = 3
"""Candidates of a call that are read; behind a switchboard may be hundreds."""


class CardRefresh:
    """Asks `refresh` for each member of a call once; again only when another call brings it."""

    def __init__(
        self, desk: CallDesk, pop: ScreenPop, refresh: Callable[[Iterable[str]], None]
    ) -> None:
        self._desk = desk
        self._pop = pop
        self._refresh = refresh
        self._asked: set[tuple[str, str]] = set()
        pop.subscribe(self._look)

    def _look(self, call_id: str) -> None:
        self._asked = {each for each in self._asked if each[0] in self._desk.calls}
        call = self._desk.calls.get(call_id)
        if call is None or call.ended:
            return
        lookup = self._pop.lookups.get(call_id)
        found = [one.member_id for one in lookup.candidates] if lookup is not None else []
        wanted = found if len(found) <= MOST else []
        card = self._pop.cards.get(call_id)
        # the opened one last: it is read first
        wanted = [*wanted, *([card.member_id] if card is not None else [])]
        new = [each for each in wanted if each and (call_id, each) not in self._asked]
        self._asked |= {(call_id, each) for each in new}
        if new:
            self._refresh(new)
