"""The contacts of all channels on one time line, and of one channel alone.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ctidesk.ui import words
from ctidesk.ui.live import Live
from ctidesk.ui.member_card.fact_lines import FactLine

ALL = ""
_ORDER = ("call", "sms", "email", "chat", "web", "letter", "task", "document")


@dataclass(frozen=True, slots=True)
class HistoryState:
    """`channels`: (channel, its word, how many), all of them first. `lines`: those of `chosen`,
    newest first, each with its place on the whole time line."""

    channels: tuple[tuple[str, str, int], ...]
    chosen: str
    lines: tuple[tuple[int, FactLine], ...]


class History:
    """What of the time line is shown. Another card begins with all channels."""

    def __init__(self) -> None:
        self._lines: tuple[FactLine, ...] = ()
        self._chosen = ALL
        self.live = Live(self._state)

    def show(self, lines: Sequence[FactLine]) -> None:
        """The time line of the card; empty when none is open."""
        self._lines = tuple(lines)
        if self._chosen not in {one.channel for one in self._lines}:
            self._chosen = ALL
        self.live.refresh()

    def choose(self, channel: str) -> None:
        self._chosen = channel
        self.live.refresh()

    def _state(self) -> HistoryState:
        counted = Counter(one.channel for one in self._lines)
        found = sorted(counted, key=lambda one: (_place(one), one))
        chosen = self._chosen
        return HistoryState(
            channels=(
                (ALL, "All channels", len(self._lines)),
                *((one, _word(one), counted[one]) for one in found),
            ),
            chosen=chosen,
            lines=tuple(
                (at, one) for at, one in enumerate(self._lines) if chosen in (ALL, one.channel)
            ),
        )


def _place(channel: str) -> int:
    return _ORDER.index(channel) if channel in _ORDER else len(_ORDER)


def _word(channel: str) -> str:
    """ "SMS", "Call"; one that the desk has no word for begins large."""
    word = words.channel(channel)
    return word[:1].upper() + word[1:]
