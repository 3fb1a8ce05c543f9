"""What the screen asks of the keys of a profile.

Runs in: desk process. The rules of `calls.ports` hold: nothing blocks, `done` comes on Qt main.
"""

from __future__ import annotations

from typing import Protocol

from ctidesk.calls.ports import Done


class ProfileKeys(Protocol):
    """After a choice or an unlocking that worked, the cache is opened again by itself."""

    def was_chosen(self, done: Done[bool]) -> None:
        """Whether this profile has its keys somewhere already, so that none can be chosen."""
        ...

    def choose_passphrase(self, text: str, done: Done[None]) -> None:
        """Make keys under a passphrase. Errors: passphrase_short, keys_chosen, key_missing,
        profile_unwritable."""
        ...

    def choose_folder(self, done: Done[None]) -> None:
        """Make keys and keep them in the profile's folder. Errors as above."""
        ...

    def unlock(self, text: str, done: Done[None]) -> None:
        """Errors: wrong_passphrase, key_choice_damaged, key_missing."""
        ...

    def try_again(self) -> None:
        """The key store may be open now: try to open the cache."""
        ...
