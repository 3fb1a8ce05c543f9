"""Type-to-search over the directory, and the numbers of what was found.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ctidesk.calls.errors import KnownError
from ctidesk.calls.text import plain
from ctidesk.care.member import Candidate, Party
from ctidesk.care.ports import MemberDirectory
from ctidesk.ui import words
from ctidesk.ui.live import Live

LIMIT = 12
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong and what to do, as sentences."""

    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. `detail`: what tells two people of one name apart, no health data."""

    key: str
    title: str
    detail: str
    icon: str


@dataclass(frozen=True, slots=True)
class SearchState:
    """`numbers`: of the hit with key `numbers_of`, preferred first."""

    text: str
    searching: bool
    hits: tuple[Hit, ...]
    problem: Problem | None
    numbers_of: str
    numbers: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Asked and answered: there is nobody."""
        asked = len(self.text.strip()) >= SHORTEST
        return asked and not (self.searching or self.hits or self.problem)


class DirectorySearch:
    """One search field. Answers to an older text are dropped."""

    def __init__(self, directory: MemberDirectory, limit: int = LIMIT) -> None:
        self._directory = directory
        self._limit = limit
        self._asked = 0
        self._text = ""
        self._searching = False
        self._candidates: tuple[Candidate, ...] = ()
        self._problem: Problem | None = None
        self._numbers_of = ""
        self._numbers: tuple[str, ...] = ()
        self.live = Live(self._state)

    @property
    def text(self) -> str:
        """What is typed."""
        return self._text

    def type(self, text: str) -> None:
        """The text of the field now."""
        self._text = text
        self._asked += 1
        asked = self._asked
        self._numbers_of, self._numbers = "", ()
        if len(text.strip()) < SHORTEST:
            self._searching, self._candidates, self._problem = False, (), None
            self.live.refresh()
            return

        def found(outcome: Sequence[Candidate] | KnownError) -> None:
            if asked != self._asked:
                return
            self._searching = False
            if isinstance(outcome, KnownError):
                self._candidates = ()
                self._problem = Problem(outcome.text, outcome.remedy)
            else:
                self._candidates, self._problem = tuple(outcome), None
            self.live.refresh()

        self._searching = True
        self._directory.search(text.strip()[:80], self._limit, found)
        self.live.refresh()

    def clear(self) -> None:
        self.type("")

    def candidate(self, key: str) -> Candidate | None:
        return next((one for one in self._candidates if one.key == key), None)

    def ask_numbers(self, key: str, then: Callable[[Sequence[str]], None]) -> None:
        """The numbers of a hit; `then` gets them and the state shows them."""
        candidate = self.candidate(key)
        if candidate is None:
            return
        asked = self._asked

        def got(outcome: Sequence[str] | KnownError) -> None:
            if asked != self._asked:
                return
            if isinstance(outcome, KnownError):
                self._problem = Problem(outcome.text, outcome.remedy)
                self.live.refresh()
                return
            self._numbers_of, self._numbers = key, tuple(outcome)
            self.live.refresh()
            then(self._numbers)

        self._directory.numbers_of(candidate, got)

    def _state(self) -> SearchState:
        return SearchState(
            text=self._text,
            searching=self._searching,
            hits=tuple(_hit(one) for one in self._candidates),
            problem=self._problem,
            numbers_of=self._numbers_of,
            numbers=self._numbers,
        )


def _hit(candidate: Candidate) -> Hit:
    born = f"born {candidate.birth_year}" if candidate.birth_year else ""
    party = words.PARTY_WORDS[candidate.party] if candidate.party is not Party.UNKNOWN else ""
    detail = " · ".join(part for part in (party, born, plain(candidate.reason)) if part)
    icon = words.PARTY_ICONS[candidate.party]
    return Hit(key=candidate.key, title=plain(candidate.name), detail=detail, icon=icon)
