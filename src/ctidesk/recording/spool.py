"""The folder of one recording: made, locked, written so that a crash leaves only whole files.

Runs in: recorder process; desk (salvage).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
from pathlib import Path

from ctidesk.calls.errors import CtideskError
from ctidesk.recording.manifest import FILE_NAME, TEMPORARY

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,127}")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class CannotWrite(CtideskError):
    """The spool can't take bytes now. `full`: for want of space."""

    def __init__(self, full: bool) -> None:
        super().__init__("no space left" if full else "the spool can't be written")
        self.full = full


class Folder:
    """One recording's folder, locked (flock) as long as its owner lives."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @property
    def manifest(self) -> Path:
        return self.path / FILE_NAME

    def free_bytes(self) -> int:
        """What the file system leaves to a program without privileges."""
        stat = os.fstatvfs(self._descriptor)
        return stat.f_bavail * stat.f_frsize

    def write_temporary(self, name: str, content: bytes) -> None:
        """`content` durable under the temporary name of `name`. Raises `CannotWrite`, and then
        nothing is left of it."""
        path = self.path / (name + TEMPORARY)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                left = memoryview(content)
                while left:
                    left = left[os.write(descriptor, left) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            self.drop_temporary(name)
            raise CannotWrite(error.errno in _FULL) from None

    def drop_temporary(self, name: str) -> None:
        with contextlib.suppress(OSError):
            (self.path / (name + TEMPORARY)).unlink()

    def keep(self, name: str) -> None:
        """Give what was written its final name, durably. Raises `CannotWrite`."""
        path = self.path / name
        try:
            path.with_name(name + TEMPORARY).replace(path)
            os.fsync(self._descriptor)
        except OSError as error:
            raise CannotWrite(error.errno in _FULL) from None

    def close(self) -> None:
        os.close(self._descriptor)


def make_folder(spool: Path, call_id: str) -> Folder:
    """A new folder `spool`/`call_id`, or with "-2", "-3"… added when the call was recorded before
    (it came back after an engine was lost). Raises `CannotWrite`; ValueError on a name that isn't
    one."""
    if not _SAFE_NAME.fullmatch(call_id):
        raise ValueError("call_id is not a folder's name")
    try:
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        for attempt in range(1, 100):
            path = spool / (call_id if attempt == 1 else f"{call_id}-{attempt}")
            try:
                path.mkdir(mode=0o700)
            except FileExistsError:
                continue
            folder = lock_folder(path)
            if folder is not None:
                return folder
    except OSError as error:
        raise CannotWrite(error.errno in _FULL) from None
    raise CannotWrite(full=False)


def lock_folder(path: Path) -> Folder | None:
    """The folder, locked, or None while another process holds it. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return Folder(path, descriptor)
