"""The compliance officer's key: made, written in age's own text form, read back.

Runs in: command line; desk, any worker thread.
"""

from __future__ import annotations

import stat
from pathlib import Path

import pyrage

from ctidesk.calls.errors import KnownError

_MAX_BYTES = 65_536


def new_identity_file() -> tuple[str, str]:
    """(text of an identity file as `age-keygen` writes it, public key for the configuration)."""
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    return f"# public key: {public}\n{identity}\n", public


def read_identities(path: Path) -> list[pyrage.x25519.Identity]:
    """The secret keys of an identity file. Raises `KnownError`; the text is never quoted."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _not_an_identity()
        lines = path.read_text("ascii").splitlines()
    except OSError:
        raise KnownError(
            "identity_unreadable",
            "The identity file can't be read.",
            "Check its path and that you may read it.",
        ) from None
    except UnicodeDecodeError:
        raise _not_an_identity() from None
    keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    try:
        identities = [pyrage.x25519.Identity.from_str(key) for key in keys]
    except pyrage.IdentityError:
        raise _not_an_identity() from None
    if not identities:
        raise _not_an_identity()
    return identities


def others_may_read(path: Path) -> bool:
    """Whether the mode lets more than the owner read the file; False if it can't be told."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


def _not_an_identity() -> KnownError:
    return KnownError(
        "not_an_identity",
        "The identity file holds no age secret key.",
        "Give the file that `ctidesk recording keygen` or `age-keygen` made; its key begins with "
        "AGE-SECRET-KEY-1. Open a file that has a passphrase with `age` first.",
    )
