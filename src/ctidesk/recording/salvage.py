"""Closes the recordings whose recorder died: nothing is signed that it had not signed itself.

Runs in: desk, a worker thread at start (it reads every file of the recordings left open).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ctidesk.calls.errors import KnownError
from ctidesk.recording import manifest as mf
from ctidesk.recording.reader import Recording, look_at
from ctidesk.recording.spool import CannotWrite, Folder, lock_folder

RECORDER_DIED = "recorder_died"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRecording:
    """A recording that was found open. `closed`: its manifest now says so; else `problem` has
    the finding (`Finding.problem`, "wrong_device", "no_manifest" or "cannot_write") and nothing
    was touched. A damaged segment doesn't hinder closing: `problem` then names the damage too."""

    call_id: str
    manifest: str
    bytes: int
    duration_s: float
    segments: int
    closed: bool
    problem: str = ""


def seal_orphans(spool: Path, device_key: str | bytes) -> list[SealedRecording]:
    """Close every open recording below `spool` that no living recorder holds. `device_key`: the
    Ed25519 seed, 32 bytes or 64 hex digits. Those of a living recorder and those already closed
    are left alone and not reported. Raises ValueError on a key that isn't one."""
    seed = bytes.fromhex(device_key) if isinstance(device_key, str) else device_key
    key = Ed25519PrivateKey.from_private_bytes(seed)
    try:
        paths = sorted(each for each in spool.iterdir() if each.is_dir() and not each.is_symlink())
    except OSError:
        return []
    sealed: list[SealedRecording] = []
    for path in paths:
        if _closed_already(path):
            continue
        with contextlib.suppress(OSError):
            folder = lock_folder(path)
            if folder is not None:
                try:
                    if not _emptied(path):
                        sealed.append(_seal(folder, key))
                finally:
                    folder.close()
    return sealed


def closed_recordings(spool: Path) -> dict[str, str]:
    """Call id and manifest of every recording below `spool` that is whole on this computer."""
    try:
        paths = [each for each in spool.iterdir() if each.is_dir() and not each.is_symlink()]
    except OSError:
        return {}
    return {path.name: str(path / mf.FILE_NAME) for path in paths if _closed_already(path)}


def _emptied(path: Path) -> bool:
    """Whether the recorder died before its first manifest; then the folder is removed."""
    if any(not each.name.endswith(mf.TEMPORARY) for each in path.iterdir()):
        return False
    _sweep(path)
    path.rmdir()
    return True


def _closed_already(path: Path) -> bool:
    # A cheap look before the files are read: the signature is judged when somebody opens it.
    try:
        body = json.loads((path / mf.FILE_NAME).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(body, dict) and body.get("state") == mf.CLOSED


def _seal(folder: Folder, key: Ed25519PrivateKey) -> SealedRecording:
    try:
        recording = look_at(folder.path, mf.device_public(key))
    except KnownError as error:
        return _left(folder, error.code)
    findings = recording.verdict.findings
    manifest = recording.verdict.manifest
    # With these the manifest isn't what our recorder signed, so it doesn't get our name either.
    foreign = [each.problem for each in findings if each.problem in _NOT_OURS]
    if manifest is None or foreign:
        return _left(folder, foreign[0] if foreign else "unreadable_manifest")
    try:
        _finish_last(folder, recording)
        _close(folder, manifest.duration_s, key)
    except CannotWrite:
        return _left(folder, "cannot_write")
    _sweep(folder.path)
    return SealedRecording(
        call_id=manifest.call_id,
        manifest=str(folder.manifest),
        bytes=sum(each.bytes for each in manifest.segments),
        duration_s=manifest.duration_s,
        segments=len(manifest.segments),
        closed=True,
        problem=findings[0].problem if findings else "",
    )


_NOT_OURS = ("unreadable_manifest", "changed_manifest", "wrong_device", "moved")


def _left(folder: Folder, problem: str) -> SealedRecording:
    return SealedRecording(
        call_id=folder.path.name,
        manifest=str(folder.manifest),
        bytes=0,
        duration_s=0.0,
        segments=0,
        closed=False,
        problem=problem,
    )


def _finish_last(folder: Folder, recording: Recording) -> None:
    manifest = recording.verdict.manifest
    last = manifest.segments[-1] if manifest is not None and manifest.segments else None
    if last is None or (folder.path / last.file).exists() or not recording.verdict.whole(last):
        return
    folder.keep(last.file)


def _close(folder: Folder, end_s: float, key: Ed25519PrivateKey) -> None:
    body: dict[str, Any] = json.loads(folder.manifest.read_bytes())
    gaps: Sequence[dict[str, Any]] = body["gaps"]
    lost = {
        "offset_s": end_s,
        "duration_s": None,
        "legs": list(mf.CHANNELS),
        "reason": RECORDER_DIED,
        "padded": False,
    }
    body |= {"state": mf.CLOSED, "closed_by": RECORDER_DIED, "gaps": [*gaps, lost]}
    folder.write_temporary(mf.FILE_NAME, mf.signed(body, key))
    folder.keep(mf.FILE_NAME)


def _sweep(path: Path) -> None:
    for torn in path.glob("*" + mf.TEMPORARY):
        with contextlib.suppress(OSError):
            torn.unlink()
