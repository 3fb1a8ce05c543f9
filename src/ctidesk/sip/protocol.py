"""The envelope on the channel between a desk and its engine, and the messages that are neither
commands nor events of a call.

Runs in: both processes, any thread.

Channel: `multiprocessing.connection` on a Unix socket in a private folder (named pipe on Windows),
authenticated with `engine.key` of that folder; UTF-8 JSON by `send_bytes` / `recv_bytes`.
One conversation: the engine sends `Hello`; the desk sends the command `Attach`; the engine replies
with `Snapshot`, then events (`seq` counts up by one, gap-free) and telemetry (`seq` 0).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ctidesk.calls.call import Call
from ctidesk.calls.codec import MalformedMessage, from_plain, named, to_plain
from ctidesk.calls.commands import Command
from ctidesk.calls.events import EngineEvent, RegistrationChanged, SoundChanged

VERSION = 1
HEARTBEAT_S = 1.0
MISSES_BEFORE_DEAD = 3
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
SOCKET_NAME = "engine.sock"
KEY_NAME = "engine.key"


class Kind(StrEnum):
    COMMAND = "command"
    REPLY = "reply"
    EVENT = "event"
    TELEMETRY = "telemetry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message. `token` ties a reply to its command; `seq` numbers events (0 otherwise)."""

    v: int = VERSION
    kind: Kind
    name: str
    seq: int = 0
    t_mono: float = 0.0
    call_id: str = ""
    token: str = ""
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """First message of the engine. `engine_id` changes with each engine process."""

    engine_id: str
    pid: int
    build: str
    has_sound: bool
    codecs: tuple[str, ...] = ()
    max_calls: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """First command of a desk. Older desks are dropped: one engine has one desk."""

    version: int = VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedEvent:
    """An event that no desk has acknowledged yet; `event` is named by `name`."""

    seq: int
    name: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a new desk needs: state after event number `seq`, and the unacknowledged events
    up to `seq`, oldest first, for its log."""

    engine_id: str
    seq: int
    calls: tuple[Call, ...]
    registrations: tuple[RegistrationChanged, ...]
    unacknowledged: tuple[NumberedEvent, ...] = ()
    sound: SoundChanged | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Body of a reply to a command that was not carried out. Empty `code` means accepted."""

    code: str = ""
    text: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """Telemetry, every `HEARTBEAT_S`: the loop thread itself sends it, so a stuck loop shows."""

    t_mono: float


def encode(envelope: Envelope) -> bytes:
    """UTF-8 JSON of the envelope."""
    return json.dumps(
        to_plain(envelope), ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode("utf-8", "replace")


def decode(raw: bytes) -> Envelope:
    """The envelope, or `MalformedMessage`; never another exception."""
    if len(raw) > MAX_MESSAGE_BYTES:
        raise MalformedMessage("message too long")
    try:
        plain = json.loads(raw)
    except (ValueError, RecursionError):
        raise MalformedMessage("not JSON") from None
    return from_plain(Envelope, plain)


def event_of(name: str, body: dict[str, Any]) -> EngineEvent:
    """The engine's event `name` with fields `body`; raises `MalformedMessage`."""
    return named(EngineEvent, name, body)  # type: ignore[no-any-return]


def command_of(name: str, body: dict[str, Any]) -> Command:
    """The command `name` with fields `body`; raises `MalformedMessage`."""
    return named(Command, name, body)  # type: ignore[no-any-return]
