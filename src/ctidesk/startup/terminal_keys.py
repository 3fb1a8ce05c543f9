"""The keys of a profile for commands: a passphrase is asked for on the terminal.

Runs in: command line, main thread.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable

from ctidesk.calls.errors import KnownError
from ctidesk.config.keys import KeyChoice, KeyStore
from ctidesk.config.paths import Profile

KEY_PLACES = tuple(place.value for place in KeyChoice)

Ask = Callable[[str], str]


def ask_secret(prompt: str) -> str:
    """A secret typed without an echo; from a pipe, its next line. Raises `KnownError` when there
    is nothing."""
    typed = sys.stdin.isatty()
    answer = getpass.getpass(prompt) if typed else sys.stdin.readline().rstrip("\r\n")
    if not answer:
        raise KnownError(
            "passphrase_needed",
            "The member cache is locked by a passphrase, and none was typed.",
            "Run the command in a terminal, or pass the passphrase on its standard input.",
        )
    return answer


def unlocked_keys(profile: Profile, place: str = "", ask: Ask = ask_secret) -> KeyStore:
    """The keys, ready for use. `place`: where a profile without keys shall keep them (one of
    `KEY_PLACES`, "" the system's key store). Blocks; raises `KnownError`."""
    keys = KeyStore(profile.root, profile.database)
    choice = keys.choice
    if choice is KeyChoice.PASSPHRASE:
        keys.unlock(ask("Passphrase of the members' data: "))
    elif choice is None and place == KeyChoice.FILE:
        keys.choose_file()
    elif choice is None and place == KeyChoice.PASSPHRASE:
        keys.choose_passphrase(_new_passphrase(ask))
    return keys


def _new_passphrase(ask: Ask) -> str:
    first = ask("New passphrase for the members' data: ")
    if ask("The same passphrase again: ") != first:
        raise KnownError(
            "passphrases_differ", "The two passphrases differ.", "Run the command again."
        )
    return first
