"""The signed table of contents of a recording: built and signed here, judged in `verdict`.

Runs in: recorder process, desk (salvage). Pure: bytes in, bytes out.

The manifest is canonical JSON (keys sorted, no spaces, UTF-8); the signature is Ed25519 (RFC 8032)
by the device over those bytes without the field `signature`. Each segment's entry carries `chain`,
the SHA-256 over the previous one's `chain` and the entry itself, so the first entry that was
moved or changed can be named even when the signature only says that something was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ctidesk.recording.legs import Gap

VERSION = 1
FILE_NAME = "manifest.json"
TEMPORARY = ".tmp"
CONTAINER = "age-encryption.org/v1"
AUDIO_FORMAT = "flac"
CHANNELS = ("agent", "caller")
OPEN, CLOSED = "open", "closed"
MAX_MARKERS = 500
_DOMAIN = b"ctidesk recording manifest 1\n"


class Segment(NamedTuple):
    """One sealed file, numbered from 0. `begin`, `frames`: place and length on the call's
    timeline, in frames."""

    number: int
    sha256: str
    bytes: int
    begin: int
    frames: int

    @property
    def file(self) -> str:
        return segment_name(self.number)


class Marker(NamedTuple):
    """What happened at a frame of the timeline: "pause", "resume"."""

    frame: int
    kind: str


class Subject(NamedTuple):
    """What is recorded, for whom. `began_wall`: seconds since the epoch, UTC. `rate`: frames/s."""

    call_id: str
    agent: str
    policy: str
    rate: int
    recipients: tuple[str, ...]
    began_wall: float


def segment_name(index: int) -> str:
    return f"{index:04d}.age"


def sha256_hex(content: bytes) -> str:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(content)
    return digest.finalize().hex()


def canonical(value: Any) -> bytes:
    """The one byte string of a JSON value. Raises ValueError on NaN and infinity."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8")


def device_public(key: Ed25519PrivateKey) -> str:
    """The device's public key, 64 hex digits."""
    return key.public_key().public_bytes_raw().hex()


def chain_start(call_id: str, began_wall: float, device: str) -> str:
    return sha256_hex(canonical([call_id, began_wall, device]))


def chain_next(previous: str, entry: dict[str, Any]) -> str:
    """`chain` of `entry`, which may or may not carry its own already."""
    bare = {name: value for name, value in entry.items() if name != "chain"}
    return sha256_hex(previous.encode() + canonical(bare))


def signed(body: dict[str, Any], key: Ed25519PrivateKey) -> bytes:
    """The manifest's file: `body` with the device and its signature."""
    bare = {**body, "device": device_public(key)}
    bare.pop("signature", None)
    signature = key.sign(_DOMAIN + canonical(bare)).hex()
    return canonical({**bare, "signature": signature}) + b"\n"


def signature_holds(body: dict[str, Any]) -> bool:
    """Whether `body` is as the device named in it signed it."""
    bare = {name: value for name, value in body.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(body["device"]))
        key.verify(bytes.fromhex(body["signature"]), _DOMAIN + canonical(bare))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


class Draft:
    """The manifest while the recording grows. Owner: the recorder's only thread."""

    def __init__(self, subject: Subject, key: Ed25519PrivateKey) -> None:
        self.subject = subject
        self._key = key
        self._entries: list[dict[str, Any]] = []
        self._chain = chain_start(subject.call_id, subject.began_wall, device_public(key))

    @property
    def next_index(self) -> int:
        return len(self._entries)

    def add(self, segment: Segment) -> None:
        entry = self._entry(segment)
        entry["chain"] = self._chain = chain_next(self._chain, entry)
        self._entries.append(entry)

    def take_back(self) -> None:
        """Undo the last `add`: its file could not be made durable."""
        self._entries.pop()
        subject = self.subject
        last = self._entries[-1]["chain"] if self._entries else None
        self._chain = last or chain_start(
            subject.call_id, subject.began_wall, device_public(self._key)
        )

    def file(
        self, state: str, gaps: list[Gap], closed_by: str = "", markers: Sequence[Marker] = ()
    ) -> bytes:
        """The signed manifest as of now."""
        subject = self.subject
        body = {
            "v": VERSION,
            "call_id": subject.call_id,
            "agent": subject.agent,
            "policy": subject.policy,
            "container": CONTAINER,
            "format": AUDIO_FORMAT,
            "rate": subject.rate,
            "channels": list(CHANNELS),
            "recipients": list(subject.recipients),
            "began_wall": subject.began_wall,
            "state": state,
            "closed_by": closed_by,
            "segments": self._entries,
            "gaps": [_gap_entry(gap, subject.rate) for gap in gaps],
            "markers": [
                {"offset_s": mark.frame / subject.rate, "kind": mark.kind} for mark in markers
            ],
        }
        return signed(body, self._key)

    def _entry(self, segment: Segment) -> dict[str, Any]:
        rate = self.subject.rate
        return {
            "index": segment.number,
            "file": segment.file,
            "sha256": segment.sha256,
            "bytes": segment.bytes,
            "offset_s": segment.begin / rate,
            "duration_s": segment.frames / rate,
        }


def _gap_entry(gap: Gap, rate: int) -> dict[str, Any]:
    return {
        "offset_s": gap.begin / rate,
        "duration_s": gap.frames / rate,
        "legs": list(gap.legs),
        "reason": gap.reason,
        "padded": gap.padded,
    }
