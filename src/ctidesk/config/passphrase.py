"""Keys under a passphrase: Argon2id makes a wrapping key, AES-256-GCM wraps.

Runs in: desk process, never on Qt main; commands. The passphrase can change without touching what
the wrapped keys encrypt. Parameters: RFC 9106 §4, second recommendation (64 MiB, 3 passes).
"""

from __future__ import annotations

import secrets
from typing import Any

from ctidesk.calls.errors import KnownError

MIN_CHARS = 12
TIME_COST = 3
MEMORY_KIB = 64 * 1024
LANES = 4
# of a keys.json that somebody else wrote: no more work than this
_MAX_MEMORY_KIB = 1024 * 1024
_MAX_TIME_COST = 20
_BOUND_TO = b"ctidesk keys 1"


def wrap(secret: bytes, text: str) -> dict[str, Any]:
    """`secret` as JSON-able values that only `text` opens. Raises `KnownError`
    passphrase_short."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(text) < MIN_CHARS:
        raise KnownError(
            "passphrase_short",
            f"The passphrase has fewer than {MIN_CHARS} characters.",
            "Use several words; length counts more than special characters.",
        )
    kdf = {
        "name": "argon2id",
        "time": TIME_COST,
        "memory_kib": MEMORY_KIB,
        "lanes": LANES,
        "salt": secrets.token_hex(16),
    }
    nonce = secrets.token_bytes(12)
    wrapped = AESGCM(_derive(text, kdf)).encrypt(nonce, secret, _BOUND_TO)
    return {"kdf": kdf, "nonce": nonce.hex(), "wrapped": wrapped.hex()}


def unwrap(kept: dict[str, Any], text: str) -> bytes:
    """What `wrap` took. Raises `KnownError` wrong_passphrase."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        nonce, wrapped = bytes.fromhex(kept["nonce"]), bytes.fromhex(kept["wrapped"])
        return AESGCM(_derive(text, kept["kdf"])).decrypt(nonce, wrapped, _BOUND_TO)
    except InvalidTag:
        raise KnownError(
            "wrong_passphrase",
            "This passphrase does not open the member cache.",
            "Type it again; mind capitals and the keyboard's language.",
        ) from None
    except (KeyError, TypeError, ValueError):
        raise KnownError(
            "key_choice_damaged",
            "The file keys.json of the profile is damaged, so the key can't be opened.",
            "Put keys.json back from a backup. Without it the member cache stays closed.",
        ) from None


def _derive(text: str, kdf: dict[str, Any]) -> bytes:
    from argon2.exceptions import HashingError
    from argon2.low_level import Type, hash_secret_raw

    memory_kib, time_cost = int(kdf["memory_kib"]), int(kdf["time"])
    if kdf["name"] != "argon2id" or memory_kib > _MAX_MEMORY_KIB or time_cost > _MAX_TIME_COST:
        raise ValueError
    try:
        return hash_secret_raw(
            text.encode("utf-8", "surrogatepass"),
            bytes.fromhex(kdf["salt"]),
            time_cost=time_cost,
            memory_cost=memory_kib,
            parallelism=int(kdf["lanes"]),
            hash_len=32,
            type=Type.ID,
        )
    except HashingError:
        raise ValueError from None
