"""A file of health data outside the cache: only its owner may read it, whole or not there at all.

Runs in: desk process, worker threads; commands.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path
from typing import Self

from ctidesk.calls.errors import KnownError


class PrivateFile:
    """Written beside `path` under another name, mode 0600; `keep` puts it in its place. Leaving the
    block without it leaves nothing. Raises `KnownError` export_unwritable."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.part")
        self._hash = hashlib.sha256()
        self._kept = False
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            descriptor = os.open(self._part, flags, 0o600)
        except OSError:
            raise unwritable() from None
        self._file = os.fdopen(descriptor, "wb")

    def write(self, text: str) -> None:
        raw = text.encode("utf-8", "replace")
        self._hash.update(raw)
        try:
            self._file.write(raw)
        except OSError:
            raise unwritable() from None

    def finish(self) -> str:
        """All of it is on the disk, under its other name still; returns its SHA-256."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError:
            raise unwritable() from None
        return self._hash.hexdigest()

    def keep(self) -> None:
        """After `finish`: replaces an older file, or a link instead of what it leads to."""
        try:
            self._part.replace(self._path)
        except OSError:
            raise unwritable() from None
        self._kept = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # what could not be written any more goes with the file
        with contextlib.suppress(OSError):
            self._file.close()
        if not self._kept:
            self._part.unlink(missing_ok=True)


def unwritable() -> KnownError:
    return KnownError(
        "export_unwritable",
        "The file can't be written there, or the disk is full. Nothing was left behind.",
        "Choose a folder of your own, on a disk with free space.",
    )
