"""The keys of a profile: one for the database, one that signs for this device.

Runs in: desk process, never on Qt main (key stores ask, Argon2id takes its time); commands.
`keys.json` beside the database says where the keys are; it holds none in the clear. A new key is
made only for a profile without a database.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ctidesk.calls.errors import KnownError
from ctidesk.config import passphrase
from ctidesk.config.os_keys import OsKeyStore, SecretStore

KEY_BYTES = 32
CHOICE_FILE = "keys.json"
KEY_FILE = "cache.key"


class KeyChoice(StrEnum):
    """Where the keys of a profile are kept."""

    OS = "os"
    PASSPHRASE = "passphrase"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class _Keys:
    database: bytes = field(repr=False)
    device: bytes = field(repr=False)


class KeyStore:
    """The keys of the profile in `folder`, guarding the database file `database`.

    Without a choice the system's key store is used; `choose_passphrase` and `choose_file` make
    another choice, once, for a profile that has no keys yet. Methods block and raise `KnownError`:
    no_key_store, key_store_locked, key_missing, wrong_passphrase, passphrase_needed,
    passphrase_short, keys_chosen, key_file_open, key_choice_damaged.
    """

    def __init__(
        self,
        folder: Path,
        database: Path,
        os_store: Callable[[], SecretStore] = OsKeyStore,
    ) -> None:
        self._folder = folder
        self._database = database
        self._os_store = os_store
        self._keys: _Keys | None = None
        # the store thread and the recording's set-up may ask at the same time
        self._lock = threading.RLock()

    @property
    def choice(self) -> KeyChoice | None:
        """The recorded choice, None before the first."""
        kept = self._read_choice()
        return KeyChoice(kept["choice"]) if kept else None

    def database_key(self) -> bytes:
        """The raw 32-byte key of the database; made on the first call of a new profile."""
        return self._unlocked().database

    def device_key(self) -> bytes:
        """The 32-byte seed of this device's Ed25519 signing key (RFC 8032)."""
        return self._unlocked().device

    def choose_file(self) -> None:
        """Keep the keys in the folder, unprotected: whoever copies it can read it. For demos,
        tests, and encrypted disks of users who said so."""
        self._refuse_second_choice()
        keys = self._new_keys()
        _write_private(self._folder / KEY_FILE, _packed(keys).encode())
        self._write_choice({"choice": KeyChoice.FILE})
        self._keys = keys

    def choose_passphrase(self, text: str) -> None:
        """Protect the keys by a passphrase (Argon2id, RFC 9106)."""
        self._refuse_second_choice()
        keys = self._new_keys()
        self._write_choice({"choice": KeyChoice.PASSPHRASE, **passphrase.wrap(_both(keys), text)})
        self._keys = keys

    def unlock(self, text: str) -> None:
        """Open the keys that a passphrase protects."""
        kept = self._read_choice()
        if not kept or kept["choice"] != KeyChoice.PASSPHRASE:
            raise _missing()
        both = passphrase.unwrap(kept, text)
        self._keys = _Keys(both[:KEY_BYTES], both[KEY_BYTES:])

    def change_passphrase(self, old: str, new: str) -> None:
        """The same keys under another passphrase; the database stays as it is."""
        self.unlock(old)
        keys = self._unlocked()
        self._write_choice({"choice": KeyChoice.PASSPHRASE, **passphrase.wrap(_both(keys), new)})

    def drop(self) -> None:
        """Forget the keys in memory (idle lock, suspend)."""
        self._keys = None

    def _unlocked(self) -> _Keys:
        with self._lock:
            if self._keys is None:
                self._keys = self._found()
            return self._keys

    def _found(self) -> _Keys:
        kept = self._read_choice()
        if kept is None:
            return self._first_keys()
        if kept["choice"] == KeyChoice.FILE:
            return self._from_file()
        if kept["choice"] == KeyChoice.OS:
            return self._from_os(kept)
        raise KnownError(
            "passphrase_needed",
            "The member cache is locked by your passphrase.",
            "Type the passphrase to open it. Calls work meanwhile.",
        )

    def _first_keys(self) -> _Keys:
        """Nothing chosen: the system's key store, if the profile is really new."""
        store = self._os_store()
        keys = self._new_keys()
        profile = secrets.token_hex(8)
        store.write(profile, _packed(keys))
        if store.read(profile) != _packed(keys):  # a store that forgets would lose the database
            raise _missing_after_write()
        self._write_choice({"choice": KeyChoice.OS, "profile": profile})
        return keys

    def _from_os(self, kept: dict[str, Any]) -> _Keys:
        packed = self._os_store().read(str(kept.get("profile", "")))
        if packed is None:
            raise _missing()
        return _unpacked(packed)

    def _from_file(self) -> _Keys:
        path = self._folder / KEY_FILE
        try:
            mode = path.stat().st_mode
            packed = path.read_text("ascii")
        except (OSError, ValueError):
            raise _missing() from None
        if sys.platform != "win32" and mode & 0o077:
            raise KnownError(
                "key_file_open",
                "Other users of this computer can read the key file of the member cache.",
                "Make it yours alone (chmod 600 cache.key), and change who can reach the folder.",
            )
        return _unpacked(packed)

    def _new_keys(self) -> _Keys:
        """Never for a database that exists: it could not be opened any more."""
        if self._has_database():
            raise _missing()
        return _Keys(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES))

    def _has_database(self) -> bool:
        try:
            return self._database.stat().st_size > 0
        except FileNotFoundError:
            return False
        except OSError:
            return True  # it can't be told: rather no new key than one too many

    def _refuse_second_choice(self) -> None:
        if self._read_choice() is not None:
            raise KnownError(
                "keys_chosen",
                "This profile has its keys already, kept in another way.",
                "Start with another --profile folder to choose anew.",
            )

    def _read_choice(self) -> dict[str, Any] | None:
        try:
            kept = json.loads((self._folder / CHOICE_FILE).read_text("utf-8"))
            KeyChoice(kept["choice"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise KnownError(
                "key_choice_damaged",
                "The file keys.json of the profile is damaged, so the key can't be found.",
                "Put keys.json back from a backup. Without it the member cache stays closed.",
            ) from None
        return kept if isinstance(kept, dict) else None

    def _write_choice(self, choice: dict[str, Any]) -> None:
        content = json.dumps({"version": 1, **choice}, indent=1)
        _write_private(self._folder / CHOICE_FILE, content.encode())


def _both(keys: _Keys) -> bytes:
    return keys.database + keys.device


def _packed(keys: _Keys) -> str:
    return _both(keys).hex()


def _unpacked(packed: str) -> _Keys:
    try:
        both = bytes.fromhex(packed.strip())
    except ValueError:
        raise _missing() from None
    if len(both) != 2 * KEY_BYTES:
        raise _missing()
    return _Keys(both[:KEY_BYTES], both[KEY_BYTES:])


def _missing() -> KnownError:
    return KnownError(
        "key_missing",
        "There is a member cache, but its key is missing.",
        "Put the key back (key store, keys.json or cache.key), or move cache.db away and import "
        "the members again. No new key is put over it.",
    )


def _missing_after_write() -> KnownError:
    return KnownError(
        "no_key_store",
        "The key store of this computer did not keep the new key.",
        "Choose a passphrase for the member cache instead.",
    )


def _write_private(path: Path, content: bytes) -> None:
    """Whole or not at all, 0600, on the disk when it returns."""
    new = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        raise KnownError(
            "profile_unwritable",
            "The profile folder can't be written.",
            "Check its disk and its owner, or start with another --profile folder.",
        ) from None
