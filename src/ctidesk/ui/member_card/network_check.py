"""Another clinic or doctor against the member's own plan, while the caller asks for it.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock
from ctidesk.care.member import NetworkFact
from ctidesk.care.network import NetworkDirectory
from ctidesk.ui.live import Live
from ctidesk.ui.member_card.fact_lines import FactLine, FactWords

SHORTEST = 2
_NOBODY = "Nobody of this name is in the directory. Confirm with the insurer before quoting."


@dataclass(frozen=True, slots=True)
class NetworkCheckState:
    """`asked`: whether a clinic or doctor is looked for. `notice`: what is to be said instead of
    `lines`."""

    asked: bool
    notice: str = ""
    lines: tuple[FactLine, ...] = ()


class NetworkCheck:
    """One look for one member at a time; answers to an older text are dropped, and all with it
    once the card closes."""

    def __init__(self, directory: NetworkDirectory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._member_id = ""
        self._text = ""
        self._asked = 0
        self._found: tuple[FactLine, ...] | None = None
        self._problem = ""
        self.live = Live(self._state)

    def of(self, member_id: str) -> None:
        """Whose plan counts; "" when no card is open."""
        if member_id != self._member_id:
            self._member_id = member_id
            self.type("")

    def type(self, text: str) -> None:
        """The text of the field now."""
        self._text = text.strip()
        self._asked += 1
        self._found, self._problem = None, ""
        asked = self._asked

        def found(outcome: Sequence[NetworkFact] | KnownError) -> None:
            if asked != self._asked:
                return
            if isinstance(outcome, KnownError):
                self._problem = f"{outcome.text} {outcome.remedy}"
            else:
                words = FactWords(self._clock.wall())
                self._found = tuple(words.network(one) for one in outcome)
            self.live.refresh()

        if self._looks():
            self._directory.check(self._member_id, self._text[:80], found)
        self.live.refresh()

    def _looks(self) -> bool:
        return bool(self._member_id) and len(self._text) >= SHORTEST

    def _state(self) -> NetworkCheckState:
        if not self._looks():
            return NetworkCheckState(asked=False)
        if self._problem:
            return NetworkCheckState(asked=True, notice=self._problem)
        if self._found is None:
            return NetworkCheckState(asked=True, notice="Looking…")
        if not self._found:
            return NetworkCheckState(asked=True, notice=_NOBODY)
        return NetworkCheckState(asked=True, lines=self._found)
