"""Opens a recording: judges it first, then decrypts and decodes segment by segment, in memory.

Runs in: command line; desk, any worker thread. One segment (640 kB) at a time is in memory.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage

from ctidesk.calls.errors import KnownError
from ctidesk.recording import manifest as mf
from ctidesk.recording.sndfile import DamagedAudio, Pcm, pcm_from_flac
from ctidesk.recording.verdict import (
    MAX_MANIFEST_BYTES,
    MAX_TIMELINE_S,
    FoundFile,
    Manifest,
    SegmentEntry,
    Verdict,
    verify,
)

_MAX_SEGMENT_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Recording:
    """A judged recording in `folder`."""

    folder: Path
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive audio of the timeline: the PCM of one segment, or silence (`entry` None or not
    `whole`) where nothing was recorded or the segment is lost."""

    samples: bytes
    entry: SegmentEntry | None
    whole: bool


def look_at(folder: Path, device: str = "") -> Recording:
    """Judge the recording in `folder`. `device`: public key that must have signed it ("" = any).
    Raises `KnownError` when there is no manifest at all."""
    try:
        with (folder / mf.FILE_NAME).open("rb") as file:
            raw = file.read(MAX_MANIFEST_BYTES + 1)
        names = sorted(each.name for each in folder.iterdir() if ".age" in each.suffixes)
        files = {name: found for name in names if (found := _found(folder / name)) is not None}
    except OSError:
        raise KnownError(
            "no_manifest",
            "There is no readable recording in this folder: manifest.json is missing.",
            "Give the folder of one call, as it lies in the folder `recordings`.",
        ) from None
    return Recording(folder, verify(raw, files, device))


def _found(path: Path) -> FoundFile | None:
    if path.is_symlink() or not path.is_file():
        return None
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
            size += len(piece)
    return FoundFile(size, digest.hexdigest())


def refuse_unless_genuine(recording: Recording) -> None:
    """Raises `KnownError` naming the first thing that is wrong."""
    findings = recording.verdict.findings
    if findings:
        more = f" {len(findings) - 1} more problem(s) follow." if len(findings) > 1 else ""
        raise KnownError(
            f"recording_{findings[0].problem}",
            f"This recording isn't what was sealed. {findings[0].sentence}{more}",
            "Get the recording again from where it was kept, or add --salvage to open what is "
            "whole; a salvaged recording proves nothing.",
        )


def stretches(
    recording: Recording, identities: list[pyrage.x25519.Identity], salvage: bool = False
) -> Iterator[Stretch]:
    """The whole timeline in order, silence included. Raises `KnownError` before the first stretch
    when the recording isn't genuine and `salvage` is off, and when the key doesn't fit."""
    if not salvage:
        refuse_unless_genuine(recording)
    manifest = recording.verdict.manifest
    if manifest is None:
        refuse_unless_genuine(recording)
        return
    at = 0
    fitted = False
    for entry in manifest.segments:
        begin = round(entry.offset_s * manifest.rate)
        yield from _silence(begin - at, manifest, None)
        frames = round(entry.duration_s * manifest.rate)
        at = begin + frames
        whole = recording.verdict.whole(entry)
        content = _content(recording.folder, entry) if whole else None
        pcm = None
        if content is not None:
            pcm = _decrypted(content, identities, entry, give_up=not fitted or not salvage)
            fitted = True
        if pcm is None or pcm[1:] != (manifest.rate, len(manifest.channels)):
            yield from _silence(frames, manifest, entry)
        else:
            yield Stretch(pcm.samples, entry, whole=True)
            at = begin + pcm.frames


def _silence(frames: int, manifest: Manifest, entry: SegmentEntry | None) -> Iterator[Stretch]:
    frames = min(frames, int(MAX_TIMELINE_S * manifest.rate))
    piece = 10 * manifest.rate
    while frames > 0:
        samples = bytes(2 * len(manifest.channels) * min(piece, frames))
        yield Stretch(samples, entry, whole=False)
        frames -= piece


def _content(folder: Path, entry: SegmentEntry) -> bytes | None:
    for name in (entry.file, entry.file + mf.TEMPORARY):
        path = folder / name
        try:
            if path.stat().st_size <= _MAX_SEGMENT_BYTES:
                return path.read_bytes()
        except OSError:
            continue
    return None


def _decrypted(
    content: bytes, identities: list[pyrage.x25519.Identity], entry: SegmentEntry, give_up: bool
) -> Pcm | None:
    try:
        return pcm_from_flac(pyrage.decrypt(content, identities))
    except pyrage.DecryptError:
        if give_up:
            raise KnownError(
                "wrong_identity",
                f"Segment {entry.index} can't be decrypted with this identity.",
                "Use the identity whose public key is among the manifest's recipients.",
            ) from None
    except DamagedAudio:
        if give_up:
            raise KnownError(
                "damaged_audio",
                f"Segment {entry.index} decrypts, but holds no audio.",
                "Report it with the version of ctidesk that recorded it.",
            ) from None
    return None


def wav_header(manifest: Manifest) -> bytes:
    """44 bytes of a RIFF header for the whole timeline, 16-bit PCM. The sizes are capped at what
    the format can say (4 GiB, 18 hours of stereo at 16 kHz)."""
    channels, rate = len(manifest.channels), manifest.rate
    size = min(round(manifest.duration_s * rate) * 2 * channels, 0xFFFF_FFFF - 36)
    form = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * 2 * channels, 2 * channels, 16)
    return (
        b"RIFF"
        + struct.pack("<I", size + 36)
        + b"WAVEfmt "
        + form
        + b"data"
        + struct.pack("<I", size)
    )
