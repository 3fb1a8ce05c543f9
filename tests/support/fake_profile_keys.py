"""Keys of a profile that answer when a test says so.

Runs in: tests.
"""

from __future__ import annotations

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done


class FakeProfileKeys:
    """Implements `ui.key_choice.port.ProfileKeys`; `asked` names each wish with its text."""

    def __init__(self, chosen: bool | KnownError = False) -> None:
        self.chosen = chosen
        self.asked: list[tuple[str, str]] = []
        self._done: Done[None] | None = None

    def was_chosen(self, done: Done[bool]) -> None:
        done(self.chosen)

    def choose_passphrase(self, text: str, done: Done[None]) -> None:
        self._ask("passphrase", text, done)

    def choose_folder(self, done: Done[None]) -> None:
        self._ask("folder", "", done)

    def unlock(self, text: str, done: Done[None]) -> None:
        self._ask("unlock", text, done)

    def try_again(self) -> None:
        self.asked.append(("try_again", ""))

    def answer(self, outcome: KnownError | None) -> None:
        assert self._done is not None
        done, self._done = self._done, None
        done(outcome)

    def _ask(self, wish: str, text: str, done: Done[None]) -> None:
        assert self._done is None, "asked twice at once"
        self.asked.append((wish, text))
        self._done = done
