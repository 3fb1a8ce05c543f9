"""Encodes, encrypts and seals: stereo PCM in, durable age segments and a signed manifest out.

Runs in: recorder process, its only thread.

Order of a seal: segment under its temporary name (fsync), manifest that names it (fsync, rename),
then the segment's final name. Whenever the process dies, the manifest on the disk is valid and
names every sealed segment; the last of them may still have its temporary name.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ctidesk.calls.errors import CtideskError
from ctidesk.recording import manifest as mf
from ctidesk.recording.legs import Gap, Gaps
from ctidesk.recording.sndfile import Pcm, flac_from_pcm
from ctidesk.recording.spool import CannotWrite, Folder, make_folder


class NoRecipient(CtideskError):
    """There is no usable public key to encrypt to."""


class Sealed(NamedTuple):
    """One sealed segment, numbered from 0. `bytes`: total of the recording so far; `duration_s`:
    its own."""

    number: int
    sha256: str
    bytes: int
    duration_s: float


def recipients_of(keys: tuple[str, ...]) -> list[pyrage.x25519.Recipient]:
    """age X25519 public keys. Raises `NoRecipient` if there is none or one of them is bad: a
    recording that only some of the named officers can open isn't what the policy asked for."""
    try:
        found = [pyrage.x25519.Recipient.from_str(key) for key in keys]
    except pyrage.RecipientError:
        raise NoRecipient("a recipient is not an age public key") from None
    if not found:
        raise NoRecipient("no recipient is configured")
    return found


class Sealer:
    """Owns the folder and the manifest of one recording from `open` to `close`."""

    def __init__(
        self, subject: mf.Subject, key: Ed25519PrivateKey, spool: Path, reserve_bytes: int
    ) -> None:
        self._subject = subject
        self._recipients = recipients_of(subject.recipients)
        self._draft = mf.Draft(subject, key)
        self._reserve_bytes = reserve_bytes
        self._spool = spool
        self._folder: Folder | None = None
        self.gaps = Gaps()
        self._markers: list[mf.Marker] = []
        self.bytes = 0
        self.position = 0
        """Frame of the timeline where the next audio belongs."""

    @property
    def manifest(self) -> Path | None:
        return self._folder.manifest if self._folder else None

    def open(self) -> None:
        """Make the folder and a first manifest. Raises `CannotWrite`; may be tried again."""
        if self._folder is None:
            self._folder = make_folder(self._spool, self._subject.call_id)
        self._write_manifest(self._folder, mf.OPEN)

    def seal(self, stereo: bytes) -> Sealed:
        """Make `stereo` (interleaved, 16 bit) durable as the next segment at `position`, which
        moves on only then. Raises `CannotWrite`, and then all is as before."""
        folder = self._opened()
        channels = len(mf.CHANNELS)
        pcm = Pcm(stereo, self._subject.rate, channels)
        if folder.free_bytes() < self._reserve_bytes + len(stereo) // channels:
            raise CannotWrite(full=True)
        content = pyrage.encrypt(flac_from_pcm(pcm), self._recipients)
        segment = mf.Segment(
            self._draft.next_index, mf.sha256_hex(content), len(content), self.position, pcm.frames
        )
        folder.write_temporary(segment.file, content)
        self._draft.add(segment)
        try:
            self._write_manifest(folder, mf.OPEN)
            folder.keep(segment.file)
        except CannotWrite:
            self._draft.take_back()
            folder.drop_temporary(segment.file)
            raise
        self.position += pcm.frames
        self.bytes += segment.bytes
        return Sealed(segment.number, segment.sha256, self.bytes, pcm.frames / pcm.rate)

    def skip(self, frames: int, reason: str) -> None:
        """Move the timeline on over `frames` of which nothing is kept."""
        self.gaps.add(Gap(self.position, frames, mf.CHANNELS, reason, False))
        self.position += frames

    def mark(self, kind: str, frame: int) -> None:
        """Something happened at this frame of the timeline; in the manifest with its next
        writing."""
        if len(self._markers) < mf.MAX_MARKERS:
            self._markers.append(mf.Marker(frame, kind))

    def close(self, closed_by: str) -> None:
        """Sign the final manifest. Raises `CannotWrite`; may be tried again."""
        self._write_manifest(self._opened(), mf.CLOSED, closed_by)

    def _opened(self) -> Folder:
        if self._folder is None:
            raise CannotWrite(full=False)
        return self._folder

    def _write_manifest(self, folder: Folder, state: str, closed_by: str = "") -> None:
        content = self._draft.file(state, self.gaps.found, closed_by, self._markers)
        folder.write_temporary(mf.FILE_NAME, content)
        folder.keep(mf.FILE_NAME)
