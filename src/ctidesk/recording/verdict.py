"""Whether a recording is what its device sealed, and if not, which segment is the first bad one.

Runs in: desk, command line; any thread. Pure: the manifest's bytes and what the folder holds go
in, a `Verdict` comes out. Everything in a manifest is hostile until its signature holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ctidesk.calls.codec import MalformedMessage, from_plain
from ctidesk.recording import manifest as mf

MAX_MANIFEST_BYTES = 32 * 1024 * 1024
MAX_SEGMENT_S = 600.0
MAX_TIMELINE_S = 48 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentEntry:
    """One line of the manifest. Seconds on the call's timeline, bytes of the encrypted file."""

    index: int
    file: str
    sha256: str
    bytes: int
    offset_s: float
    duration_s: float
    chain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GapEntry:
    offset_s: float
    duration_s: float | None
    """None: not known, the recorder died."""
    legs: tuple[str, ...]
    reason: str
    padded: bool


@dataclass(frozen=True, slots=True)
class MarkerEntry:
    """Something that happened at a place of the timeline: "pause", "resume"."""

    offset_s: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The manifest as its fields; `device` is the public key that claims to have signed it."""

    v: int
    call_id: str
    agent: str
    policy: str
    container: str
    format: str
    rate: int
    channels: tuple[str, ...]
    recipients: tuple[str, ...]
    began_wall: float
    state: str
    closed_by: str
    segments: tuple[SegmentEntry, ...]
    gaps: tuple[GapEntry, ...]
    markers: tuple[MarkerEntry, ...]
    device: str
    signature: str

    @property
    def duration_s(self) -> float:
        """Length of the timeline up to the end of the last segment."""
        return max((each.offset_s + each.duration_s for each in self.segments), default=0.0)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """What the folder holds under one name."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `problem` is stable: unreadable_manifest, changed_manifest,
    wrong_device, moved, missing, swapped, cut, changed, extra. `index` names the segment."""

    problem: str
    index: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings, worst first: the manifest's own, then the segments in order, then strangers."""

    manifest: Manifest | None
    findings: tuple[Finding, ...]

    @property
    def genuine(self) -> bool:
        return not self.findings

    @property
    def still_open(self) -> bool:
        """The recorder runs, or died before it could close the manifest."""
        return self.manifest is not None and self.manifest.state != mf.CLOSED

    def whole(self, entry: SegmentEntry) -> bool:
        """Whether nothing is held against this segment's file."""
        return not any(
            each.index == entry.index and each.problem != "extra" for each in self.findings
        )


def verify(raw: bytes, files: Mapping[str, FoundFile], device: str = "") -> Verdict:
    """Judge the manifest `raw` of a folder with `files` (name → what is there, without the
    manifest itself). `device`: the public key that must have signed, 64 hex digits; "" accepts
    the one that the manifest names, which proves that nothing was changed since, not by whom it
    was recorded. Never raises on bad input."""
    parsed = _parse(raw)
    if isinstance(parsed, Finding):
        return Verdict(None, (parsed,))
    body, manifest = parsed
    findings = [*_signature(body, manifest, device), *_order(body, manifest)]
    findings += _segments(manifest, files)
    findings += _strangers(manifest, files)
    return Verdict(manifest, tuple(findings))


def _parse(raw: bytes) -> tuple[dict[str, Any], Manifest] | Finding:
    unreadable = Finding("unreadable_manifest", None, "The manifest can't be read.")
    if len(raw) > MAX_MANIFEST_BYTES:
        return unreadable
    try:
        body = json.loads(raw)
        manifest = from_plain(Manifest, body)
        mf.canonical(body)
    except (ValueError, RecursionError, MalformedMessage):
        return unreadable
    known = manifest.v == mf.VERSION and manifest.format == mf.AUDIO_FORMAT
    if not known or not 8000 <= manifest.rate <= 48000 or manifest.channels != mf.CHANNELS:
        sentence = "The manifest is of a kind that this program doesn't know."
        return Finding("unreadable_manifest", None, sentence)
    end = 0.0
    for entry in manifest.segments:
        # Half a frame of tolerance: the times are frame numbers divided by the rate.
        if entry.offset_s < end - 0.5 / manifest.rate or not 0 < entry.duration_s <= MAX_SEGMENT_S:
            return unreadable
        end = entry.offset_s + entry.duration_s
    return unreadable if end > MAX_TIMELINE_S else (body, manifest)


def _signature(body: dict[str, Any], manifest: Manifest, device: str) -> list[Finding]:
    if not mf.signature_holds(body):
        sentence = "The manifest was changed after the device had signed it."
        return [Finding("changed_manifest", None, sentence)]
    if device and manifest.device != device.lower():
        sentence = "The manifest is signed, but by another device than the expected one."
        return [Finding("wrong_device", None, sentence)]
    return []


def _order(body: dict[str, Any], manifest: Manifest) -> list[Finding]:
    chain = mf.chain_start(manifest.call_id, manifest.began_wall, manifest.device)
    for place, (entry, plain) in enumerate(zip(manifest.segments, body["segments"], strict=True)):
        chain = mf.chain_next(chain, plain)
        if entry.index != place or entry.chain != chain or entry.file != mf.segment_name(place):
            sentence = f"Segment {place} of the manifest isn't the one that was written there."
            return [Finding("moved", place, sentence)]
    return []


def _segments(manifest: Manifest, files: Mapping[str, FoundFile]) -> list[Finding]:
    by_hash = {entry.sha256: entry.index for entry in manifest.segments}
    findings = []
    for entry in manifest.segments:
        found = files.get(entry.file) or _unrenamed(manifest, entry, files)
        finding = _compare(entry, found, by_hash)
        if finding is not None:
            findings.append(finding)
    return findings


def _unrenamed(
    manifest: Manifest, entry: SegmentEntry, files: Mapping[str, FoundFile]
) -> FoundFile | None:
    # The manifest is written before the segment gets its final name: a recorder that was killed
    # in between leaves the last segment under its temporary one.
    if manifest.state == mf.OPEN and entry is manifest.segments[-1]:
        return files.get(entry.file + mf.TEMPORARY)
    return None


def _compare(
    entry: SegmentEntry, found: FoundFile | None, by_hash: Mapping[str, int]
) -> Finding | None:
    name = f"Segment {entry.index}"
    if found is None:
        return Finding("missing", entry.index, f"{name} is missing.")
    if found.sha256 == entry.sha256:
        return None
    other = by_hash.get(found.sha256)
    if other is not None:
        sentence = f"{name} was swapped: the file in its place is segment {other}."
        return Finding("swapped", entry.index, sentence)
    if found.bytes < entry.bytes:
        sentence = f"{name} was cut: {found.bytes} of {entry.bytes} bytes are left."
        return Finding("cut", entry.index, sentence)
    sentence = f"{name} was changed: it isn't the file that was sealed."
    return Finding("changed", entry.index, sentence)


def _strangers(manifest: Manifest, files: Mapping[str, FoundFile]) -> list[Finding]:
    known = {entry.file for entry in manifest.segments}
    findings = []
    for name in sorted(files):
        stem = name.removesuffix(mf.TEMPORARY)
        written_now = manifest.state == mf.OPEN and name.endswith(mf.TEMPORARY)
        if stem.endswith(".age") and name not in known and not written_now:
            index = int(stem[:-4]) if stem[:-4].isdecimal() and len(stem) < 12 else None
            which = f"Segment {index}" if index is not None else "A segment file"
            sentence = f"{which} is extra: the manifest doesn't know it."
            findings.append(Finding("extra", index, sentence))
    return findings
