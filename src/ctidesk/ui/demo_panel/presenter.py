"""Who lives in the demo centre, what each of them is doing now, and the way to make them phone.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ctidesk.ui.live import Live
from ctidesk.ui.theme.tokens import Role

LATER_S = 5.0
FIRST_CALL_S = 3.0
LINES = 4
"""Calls that the callers' end carries at once."""

_WORDS = {
    "placed": ("Phoning you…", Role.RINGING),
    "ringing": ("Ringing at you", Role.RINGING),
    "called": ("Ringing", Role.RINGING),
    "answered": ("In a call", Role.ON_CALL),
    "resumed": ("In a call", Role.ON_CALL),
    "held": ("On hold", Role.HOLD),
}
_IDLE = ("", Role.MUTED)


class Inhabitant(Protocol):
    """Somebody of the demo centre. `shows`: one sentence on what there is to see."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def shows(self) -> str: ...


class Callers(Protocol):
    def call(self, who: str, after_s: float = 0.0) -> None: ...

    def hang_up(self, who: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class InhabitantShown:
    """`word` and `tone`: what they do now, "" when nothing. `can_call`: they may phone now."""

    key: str
    name: str
    number: str
    shows: str
    phones: bool
    word: str = ""
    tone: Role = Role.MUTED
    can_call: bool = False
    can_hang_up: bool = False


@dataclass(frozen=True, slots=True)
class DemoPanelState:
    """`problem`: a sentence, "" when all is well."""

    callers: tuple[InhabitantShown, ...]
    colleagues: tuple[InhabitantShown, ...]
    problem: str = ""


class DemoPanelPresenter:
    """`told` takes what the demo centre reports; the state follows from that alone."""

    def __init__(
        self,
        callers: Sequence[Inhabitant],
        colleagues: Sequence[Inhabitant],
        centre: Callers,
        shown: Callable[[str], str],
    ) -> None:
        self._callers = tuple(callers)
        self._colleagues = tuple(colleagues)
        self._centre = centre
        self._shown = shown
        self._ready = False
        self._legs: dict[tuple[str, int], tuple[str, str]] = {}
        """(house, leg) → (who, latest step), oldest first."""
        self._awaited: set[str] = set()
        """Those who will phone soon."""
        self._problem = ""
        self.live = Live(self._state)

    # ----------------------------------------------------------------- intents

    def call(self, who: str) -> None:
        self._phone(who, 0.0)

    def call_soon(self, who: str) -> None:
        """In 5 s: time to look at something else, or to take another call first."""
        self._phone(who, LATER_S)

    def begin(self) -> None:
        """The first call of a demo comes by itself."""
        self._phone(self._callers[0].key, FIRST_CALL_S)

    def hang_up(self, who: str) -> None:
        self._centre.hang_up(who)

    # ----------------------------------------------------------------- reports

    def told(self, what: str, who: str, house: str, leg: int, text: str) -> None:
        """A report of the demo centre (`demo.lines.Report`)."""
        if what == "ready":
            self._ready = True
        elif what == "gone":
            self._ready = False
            self._legs.clear()
            self._awaited.clear()
            self._problem = "The demo centre has stopped. Start the demo again."
        elif what == "refused":
            self._awaited.discard(who)
            self._problem = text
        elif what == "ended":
            self._legs.pop((house, leg), None)
        elif what in _WORDS:
            self._awaited.discard(who)
            self._legs[(house, leg)] = (who, what)
        self.live.refresh()

    # ----------------------------------------------------------------- private

    def _phone(self, who: str, after_s: float) -> None:
        self._problem = ""
        self._awaited.add(who)
        self._centre.call(who, after_s)
        self.live.refresh()

    def _state(self) -> DemoPanelState:
        phoning = {one.key for one in self._callers}
        full = sum(who in phoning for who, _ in self._legs.values()) >= LINES
        return DemoPanelState(
            callers=tuple(self._one(one, True, full) for one in self._callers),
            colleagues=tuple(self._one(one, False, full) for one in self._colleagues),
            problem=self._problem,
        )

    def _one(self, one: Inhabitant, phones: bool, full: bool) -> InhabitantShown:
        steps = [step for who, step in self._legs.values() if who == one.key]
        word, tone = _WORDS[steps[-1]] if steps else _IDLE
        awaited = one.key in self._awaited
        if awaited and not steps:
            word, tone = "Will phone soon", Role.MUTED
        return InhabitantShown(
            key=one.key,
            name=one.name,
            number=self._shown(one.number) or one.number,
            shows=one.shows,
            phones=phones,
            word=word,
            tone=tone,
            can_call=phones and self._ready and not steps and not awaited and not full,
            can_hang_up=bool(steps),
        )
