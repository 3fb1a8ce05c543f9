"""The one clear choice of a machine without a key store, and the passphrase at the start.

Runs in: desk process, Qt main thread (no Qt in here). Passphrases pass through and are never kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ctidesk.calls.errors import KnownError
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.key_choice.port import ProfileKeys
from ctidesk.ui.live import Live

MIN_CHARS = 12
MIN_DIFFERENT = 5
MAX_CHARS = 1024


class KeyQuestion(StrEnum):
    """What the agent is asked, if anything."""

    NOTHING = "nothing"
    CHOOSE = "choose"
    UNLOCK = "unlock"
    TRY_AGAIN = "try_again"  # the keys are in a key store that is away


class KeyPlace(StrEnum):
    PASSPHRASE = "passphrase"
    FOLDER = "folder"
    NOWHERE = "nowhere"  # work without member data for now


@dataclass(frozen=True, slots=True)
class KeyChoiceState:
    """`open`: the panel is wanted on the screen; `waits`: the question is there, open or not.
    `invalid`: the field that `problem` is about, "passphrase", "again" or "". `can_try_again`:
    a key store exists and may be unlocked."""

    question: KeyQuestion
    open: bool
    busy: bool
    place: KeyPlace
    can_try_again: bool
    problem: Problem | None
    invalid: str

    @property
    def waits(self) -> bool:
        return self.question is not KeyQuestion.NOTHING


class KeyChoicePresenter:
    """Told by the composition how the cache is (`opened`, `failed`); asks when that is about keys.

    `cleared` listeners are called whenever typed passphrases must leave the screen.
    """

    def __init__(self, keys: ProfileKeys) -> None:
        self._keys = keys
        self._question = KeyQuestion.NOTHING
        self._open = False
        self._busy = False
        self._place = KeyPlace.PASSPHRASE
        self._store_exists = False
        self._problem: Problem | None = None
        self._invalid = ""
        self._clearers: list[Callable[[], None]] = []
        self.live = Live(self._state)

    def on_clear(self, clear: Callable[[], None]) -> None:
        self._clearers.append(clear)

    # ------------------------------------------------------ told by the composition

    def opened(self) -> None:
        """The cache is open: nothing is to be asked."""
        self._ask(KeyQuestion.NOTHING)

    def failed(self, problem: KnownError) -> None:
        """The cache could not be opened. What is not about keys is not ours to show."""
        if problem.code == "passphrase_needed":
            self._ask(KeyQuestion.UNLOCK)
        elif problem.code in ("no_key_store", "key_store_locked"):
            self._store_exists = problem.code == "key_store_locked"
            # said in place only as the answer to a try; before it, the question says it
            shown = Problem(problem.text, problem.remedy) if self._busy else None
            self._keys.was_chosen(lambda outcome: self._known_whether_chosen(outcome, shown))
        else:
            self._ask(KeyQuestion.NOTHING)

    # ----------------------------------------------------------------- intents

    def show(self) -> None:
        """Ask again what was put off."""
        if self._question is not KeyQuestion.NOTHING:
            self._open = True
            self.live.refresh()

    def put_off(self) -> None:
        """Work without member data for now; `show` brings the question back."""
        self._clear()
        self._open = False
        if not self._busy:
            self._say(None)
        self.live.refresh()

    def pick(self, place: KeyPlace) -> None:
        """One of the choices is marked; nothing is done yet."""
        self._place = place
        self._clear()
        self._say(None)

    def typing(self) -> None:
        """The agent corrects what was wrong."""
        self._say(None)

    def confirm(self, passphrase: str = "", again: str = "") -> None:
        """Do what was marked. The passphrase twice, where that was marked."""
        if self._busy or self._question is not KeyQuestion.CHOOSE:
            return
        if self._place is KeyPlace.NOWHERE:
            self.put_off()
        elif self._place is KeyPlace.FOLDER:
            self._begin()
            self._keys.choose_folder(self._done)
        else:
            weakness = weakness_of(passphrase)
            if weakness is not None:
                self._say(weakness, "passphrase")
            elif passphrase != again:
                self._say(
                    Problem("The two passphrases differ.", "Type the second one again."), "again"
                )
            else:
                self._begin()
                self._keys.choose_passphrase(passphrase, self._done)

    def unlock(self, passphrase: str) -> None:
        if self._busy or self._question is not KeyQuestion.UNLOCK:
            return
        if not passphrase:
            self._say(
                Problem("The passphrase is missing.", "Type it, then press Unlock."), "passphrase"
            )
            return
        self._begin()
        self._keys.unlock(passphrase, self._done)

    def try_again(self) -> None:
        """The key store was unlocked, or so the agent thinks."""
        if not self._busy:
            self._begin()
            self._keys.try_again()

    # ----------------------------------------------------------------- private

    def _known_whether_chosen(self, outcome: bool | KnownError, shown: Problem | None) -> None:
        if isinstance(outcome, KnownError):  # keys.json is damaged: no choice can help
            self._ask(KeyQuestion.TRY_AGAIN, Problem(outcome.text, outcome.remedy))
        elif outcome:
            self._ask(KeyQuestion.TRY_AGAIN, shown)
        else:
            self._ask(KeyQuestion.CHOOSE, shown)

    def _ask(self, question: KeyQuestion, problem: Problem | None = None) -> None:
        self._busy = False
        if question is not self._question:
            # what was put off stays put off when the same failure is told again
            self._open = question is not KeyQuestion.NOTHING
        self._question = question
        self._clear()
        self._say(problem)

    def _begin(self) -> None:
        self._busy = True
        self._say(None)

    def _done(self, outcome: KnownError | None) -> None:
        """On success the state of the cache follows, and ends the question."""
        self._clear()
        if outcome is None:
            return
        self._busy = False
        of_passphrase = outcome.code in ("wrong_passphrase", "passphrase_short")
        self._say(Problem(outcome.text, outcome.remedy), "passphrase" if of_passphrase else "")

    def _say(self, problem: Problem | None, invalid: str = "") -> None:
        self._problem = problem
        self._invalid = invalid
        self.live.refresh()

    def _clear(self) -> None:
        for clear in self._clearers:
            clear()

    def _state(self) -> KeyChoiceState:
        return KeyChoiceState(
            question=self._question,
            open=self._open,
            busy=self._busy,
            place=self._place,
            can_try_again=self._store_exists or self._question is KeyQuestion.TRY_AGAIN,
            problem=self._problem,
            invalid=self._invalid,
        )


def weakness_of(passphrase: str) -> Problem | None:
    """What is wrong with a new passphrase, None if it will do. Length decides: a slow key
    derivation does the rest (NIST SP 800-63B asks for length and for no rules of composition)."""
    if len(passphrase) < MIN_CHARS:
        return Problem(
            f"The passphrase has fewer than {MIN_CHARS} characters.",
            "Use several words; length counts more than special characters.",
        )
    if len(set(passphrase.casefold())) < MIN_DIFFERENT:
        return Problem(
            "The passphrase repeats the same few characters.", "Use several different words."
        )
    return None


def strength_words(passphrase: str) -> tuple[str, bool]:
    """(what stands under the field while typing, whether it will do)."""
    if not passphrase:
        return f"At least {MIN_CHARS} characters; several words are best.", False
    missing = MIN_CHARS - len(passphrase)
    if missing > 0:
        return f"{missing} more {'character' if missing == 1 else 'characters'}.", False
    if weakness_of(passphrase) is not None:
        return "Too many repetitions.", False
    return "Long enough.", True
