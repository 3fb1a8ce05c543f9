"""The choice of a key's place and the unlocking, off the screen's thread.

Runs in: desk process; called on Qt main, works on a thread of its own per wish (Argon2id takes
half a second, key stores ask their user), answers by `deliver`.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.config.keys import KeyStore

T = TypeVar("T")
Deliver = Callable[[Callable[[], None]], None]


class KeyStoreKeys:
    """Implements `ui.key_choice.port.ProfileKeys` on the `KeyStore` of a profile.

    `open_again` is called where `deliver` delivers, after keys became available; it makes the
    cache open (`Parts.open_cache_again`).
    """

    def __init__(self, keys: KeyStore, deliver: Deliver, open_again: Callable[[], None]) -> None:
        self._keys = keys
        self._deliver = deliver
        self._open_again = open_again

    def was_chosen(self, done: Done[bool]) -> None:
        self._start(lambda: self._keys.choice is not None, done)

    def choose_passphrase(self, text: str, done: Done[None]) -> None:
        self._start(lambda: self._keys.choose_passphrase(text), self._then_open(done))

    def choose_folder(self, done: Done[None]) -> None:
        self._start(self._keys.choose_file, self._then_open(done))

    def unlock(self, text: str, done: Done[None]) -> None:
        self._start(lambda: self._keys.unlock(text), self._then_open(done))

    def try_again(self) -> None:
        self._open_again()

    def _then_open(self, done: Done[None]) -> Done[None]:
        def answered(outcome: KnownError | None) -> None:
            done(outcome)
            if outcome is None:
                self._open_again()

        return answered

    def _start(self, work: Callable[[], T], done: Done[T]) -> None:
        threading.Thread(
            target=self._run, args=(work, done), name="ctidesk-key-choice", daemon=True
        ).start()

    def _run(self, work: Callable[[], T], done: Done[T]) -> None:
        # stands if `work` fails by a mistake of ours, which the thread's hook reports
        answer: Any = KnownError(
            "key_choice_failed",
            "The key could not be made or read because of an error in ctidesk.",
            "Try again; if it stays, send the diagnostics bundle to your administrator.",
        )
        try:
            answer = work()
        except KnownError as problem:
            answer = problem
        finally:
            self._deliver(functools.partial(done, answer))
