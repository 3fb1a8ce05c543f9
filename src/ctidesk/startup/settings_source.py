"""The settings of this start: the file, or the last good version of it when it is damaged.

Runs in: desk process, Qt main thread at start; `keep` on a worker thread. cryptography is loaded
where it is used, so that it doesn't keep the window waiting.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.config import settings
from ctidesk.config.keys import KeyStore
from ctidesk.config.paths import Profile
from ctidesk.config.settings import Settings, SettingsProblem

NAME = "settings.last-good"
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class SettingsFound:
    """`raw`: the bytes to keep as the last good version, b"" when there is nothing new to keep.
    `problem`: what the user must know, None when all is well."""

    settings: Settings
    raw: bytes = b""
    problem: KnownError | None = None


def find(config: Path | None, profile: Profile, keys: KeyStore) -> SettingsFound:
    """The settings to start with. Raises `SettingsProblem` when the file is damaged and there is
    no last good version that the keys of the profile open."""
    if config is None:
        return SettingsFound(Settings())
    try:
        raw = settings.read(config)
        return SettingsFound(settings.parse(raw, config.resolve().parent), raw)
    except SettingsProblem as problem:
        last_good = _last_good(config, profile, keys)
        if last_good is None:
            raise
        told = KnownError(
            "settings_last_good",
            f"{problem.text} The last good settings are in use.",
            problem.remedy,
        )
        return SettingsFound(last_good, problem=told)


def keep(raw: bytes, profile: Profile, keys: KeyStore) -> None:
    """Keep `raw` as the last good version, encrypted: it may hold a password. Raises `KnownError`
    (no key) or OSError."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(_key(keys)).encrypt(nonce, raw, NAME.encode())
    path = profile.root / NAME
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_bytes(sealed)
    new.replace(path)


def _last_good(config: Path, profile: Profile, keys: KeyStore) -> Settings | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        sealed = (profile.root / NAME).read_bytes()
        nonce, content = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        raw = AESGCM(_key(keys)).decrypt(nonce, content, NAME.encode())
        return settings.parse(raw, config.resolve().parent)
    except (OSError, InvalidTag, ValueError, KnownError):
        return None


def _key(keys: KeyStore) -> bytes:
    """A key of its own, so that the device's signing key is used for one thing only."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"ctidesk settings")
    return derive.derive(keys.device_key())
