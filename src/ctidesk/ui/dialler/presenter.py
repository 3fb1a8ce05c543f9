"""Dialling out: a number or a name, redial, recent targets.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ctidesk.calls import events as ev
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.desk import CallDesk, Change, EngineState
from ctidesk.calls.errors import KnownError
from ctidesk.calls.links import Wanted, read_link
from ctidesk.ui import words
from ctidesk.ui.directory_search.presenter import DirectorySearch, Problem
from ctidesk.ui.live import Live, but_telemetry

RECENT = 5
LONGEST = 256


@dataclass(frozen=True, slots=True)
class DiallerState:
    """`hint`: the number as it would be dialled, "" while it is none. `recent`: (target, as
    shown), latest first. `caution`: what the agent must know of a number from a link."""

    text: str
    hint: str
    problem: Problem | None
    can_dial: bool
    redial: str
    recent: tuple[tuple[str, str], ...]
    caution: str = ""


class DiallerPresenter:
    """The field's text is here, since links and search results write it too.

    `dialable` as in `calls.numbers`: raises `KnownError` for what cannot be dialled.
    """

    def __init__(
        self,
        desk: CallDesk,
        actions: DeskActions,
        search: DirectorySearch,
        shown: words.Shown,
        dialable: Callable[[str], str],
    ) -> None:
        self._desk = desk
        self._actions = actions
        self.search = search
        self._shown = shown
        self._dialable = dialable
        self._text = self._caution = ""
        self._problem: Problem | None = None
        self._recent: list[str] = []
        self.live = Live(self._state)
        desk.subscribe(but_telemetry(self._changed))

    def type(self, text: str) -> None:
        """The text of the field now; a name is looked up."""
        self._text = text[:LONGEST]
        self._problem, self._caution = None, ""
        self.search.type(self._text)
        self.live.refresh()

    def prefill(self, text: str) -> None:
        """A link or a number of another program: shown as plain text, never dialled by itself.
        A link that hides something leaves the field empty and says why."""
        self.search.clear()
        wanted = Wanted("")
        self._problem = None
        try:
            wanted = read_link(text)
            self._dialable(wanted.text)
        except KnownError as error:
            self._problem = Problem(error.text, error.remedy)
        self._text, self._caution = wanted.text, wanted.caution
        self.live.refresh()

    def dial(self, target: str = "") -> bool:
        """Dial `target`, else what the field holds. False when it could not be; the problem is
        then in the state (or, when the telephone is away, published by the desk)."""
        wanted = target or self._text
        try:
            self._dialable(wanted)
        except KnownError as error:
            self._problem = Problem(error.text, error.remedy)
            self.live.refresh()
            return False
        if not self._actions.dial(wanted):
            return False
        self._text, self._problem, self._caution = "", None, ""
        self.search.clear()
        self.live.refresh()
        return True

    def enter(self) -> None:
        """Enter in the field: dial the number, or the first of those whom the name found."""
        hits = self.search.live.state.hits
        try:
            self._dialable(self._text)
        except KnownError as error:
            if hits:
                self.choose(hits[0].key)
                return
            if self._text.strip():
                self._problem = Problem(error.text, error.remedy)
            self.live.refresh()
            return
        self.dial()

    def redial(self) -> None:
        self._actions.redial()

    def choose(self, key: str) -> None:
        """A search result: with one number it is dialled, several are offered."""

        def got(numbers: Sequence[str]) -> None:
            if len(numbers) == 1:
                self.dial(numbers[0])
            elif not numbers:
                self._problem = Problem(
                    "There is no number for this entry.", "Choose another one or type a number."
                )
                self.live.refresh()

        self.search.ask_numbers(key, got)

    def _changed(self, change: Change) -> None:
        if isinstance(change, ev.CallDialled) and not change.consult_of:
            number = self._actions.last_dialled or change.remote.number
            self._recent = [number, *(one for one in self._recent if one != number)][:RECENT]
        self.live.refresh()

    def _hint(self) -> str:
        text = self._text.strip()
        if not any(char.isdigit() for char in text):
            return ""
        try:
            number = self._dialable(text)
        except KnownError:
            return ""
        return self._shown(number) or number

    def _state(self) -> DiallerState:
        last = self._actions.last_dialled
        return DiallerState(
            text=self._text,
            hint=self._hint(),
            problem=self._problem,
            can_dial=bool(self._text.strip()) and self._desk.engine is EngineState.READY,
            redial=(self._shown(last) or last) if last else "",
            recent=tuple((one, self._shown(one) or one) for one in self._recent),
            caution=self._caution,
        )
