"""One attached channel at work: reader and writer threads, replies by token, heartbeat watch.

Runs in: desk process; `open` on the supervisor thread, then a reader and a writer thread of its
own. Nothing here touches the desk's state: all that arrives goes to the `Inbox`, in order.
"""

from __future__ import annotations

import dataclasses
import logging
import queue
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ctidesk.calls.codec import MalformedMessage, from_plain, to_plain
from ctidesk.calls.commands import Command
from ctidesk.calls.errors import KnownError
from ctidesk.sip.channel import Channel
from ctidesk.sip.channel_errors import (
    ChannelLost,
    SilentEngine,
    absent,
    engine_lost,
    engine_silent,
    known_from,
    other_version,
    rude,
)
from ctidesk.sip.protocol import (
    HEARTBEAT_S,
    MISSES_BEFORE_DEAD,
    VERSION,
    Attach,
    Envelope,
    Heartbeat,
    Hello,
    Kind,
    Refusal,
    Snapshot,
    decode,
    encode,
)

log = logging.getLogger(__name__)

Answered = Callable[[KnownError | None], None]
MOST_LOGGED = 20
"""Dropped messages beyond that are only counted: a log is not to be flooded."""
_MAX_WAITING = 1000
_END = None


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. Tests shorten them; the product uses the defaults."""

    hello_s: float = 5.0
    reply_s: float = 5.0
    silence_s: float = HEARTBEAT_S * MISSES_BEFORE_DEAD
    stall_s: float = 5.0


class Inbox(Protocol):
    """Where an attachment puts what arrives. Called on the reader thread, must not block."""

    def take(self, envelope: Envelope) -> None:
        """An event or a telemetry message other than the heartbeat."""
        ...

    def lost(self, reason: str) -> None:
        """Once, after the last `take` and after every open command was answered."""
        ...


class Attachment:
    """Made by `open`, ends by itself when the engine is lost or by `close`."""

    def __init__(self, channel: Channel, hello: Hello, snapshot: Snapshot, timing: Timing) -> None:
        self.hello = hello
        self.snapshot = snapshot
        self.malformed: Counter[str] = Counter()
        self._channel = channel
        self._timing = timing
        self._outgoing: queue.Queue[bytes | None] = queue.Queue(_MAX_WAITING)
        self._lock = threading.Lock()
        self._pending: dict[str, tuple[float, Answered]] = {}
        self._over = False
        self._threads: list[threading.Thread] = []

    @classmethod
    def open(cls, runtime: Path, timing: Timing) -> Attachment:
        """Connect, check the hello, attach, fetch the snapshot. Blocks for at most a few times
        `timing.hello_s`. Raises `KnownError`."""
        channel = Channel.connect(runtime, timing.stall_s)
        try:
            hello, snapshot = _introduce(channel, timing.hello_s)
        except KnownError as error:
            pid = channel.peer_pid()
            channel.close()
            if error.code == "engine_silent":
                raise SilentEngine(pid) from None
            raise
        return cls(channel, hello, snapshot, timing)

    def start(self, inbox: Inbox) -> None:
        """Begin to read and write. The inbox may be called before this returns."""
        for work, name in (
            (self._write, "engine-writer"),
            (lambda: self._read(inbox), "engine-reader"),
        ):
            thread = threading.Thread(target=work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def ask(self, command: Command, answered: Answered) -> None:
        """Queue `command`. `answered` is called once on the reader thread or, when the channel is
        already down or clogged, at once on this one."""
        token = secrets.token_hex(8)
        message = encode(
            Envelope(
                kind=Kind.COMMAND,
                name=type(command).__name__,
                t_mono=time.monotonic(),
                call_id=getattr(command, "call_id", ""),
                token=token,
                body=to_plain(command),
            )
        )
        with self._lock:
            if self._over:
                refusal: KnownError | None = engine_lost()
            else:
                refusal = None
                self._pending[token] = (time.monotonic() + self._timing.reply_s, answered)
                try:
                    self._outgoing.put_nowait(message)
                except queue.Full:
                    del self._pending[token]
                    refusal = engine_silent()
        if refusal is not None:
            answered(refusal)

    def peer_pid(self) -> int:
        return self._channel.peer_pid() or self.hello.pid

    def shut(self) -> None:
        """Break off from any thread: the reader meets the end and reports the loss."""
        self._channel.shut()

    def close(self, timeout_s: float = 2.0) -> None:
        """Detach and let both threads end. Commands already queued are still sent first."""
        self._queue_end()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads[:1]:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._channel.shut()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.1, deadline - time.monotonic()))
        if not any(thread.is_alive() for thread in self._threads):
            self._channel.close()

    # --- reader thread ---

    def _read(self, inbox: Inbox) -> None:
        reason = "silent"
        heard = time.monotonic()
        while True:
            try:
                raw = self._channel.receive(self._next_wait(heard))
            except ChannelLost:
                reason = "closed"
                break
            now = time.monotonic()
            if raw is not None:
                if self._accept(raw, inbox):
                    heard = now
            elif now - heard >= self._timing.silence_s:
                break
            self._expire(now)
        self._finish()
        inbox.lost(reason)

    def _next_wait(self, heard: float) -> float:
        with self._lock:
            deadlines = [when for when, _ in self._pending.values()]
        now = time.monotonic()
        # a command sent while we wait is due no earlier than `reply_s` from now
        return min([heard + self._timing.silence_s, now + self._timing.reply_s, *deadlines]) - now

    def _accept(self, raw: bytes, inbox: Inbox) -> bool:
        """Sort one message; True when it was a heartbeat."""
        name = "?"
        try:
            envelope = decode(raw)
            name = f"{envelope.kind}"
            if envelope.kind is Kind.REPLY:
                self._reply(envelope)
            elif envelope.kind is Kind.TELEMETRY and envelope.name == Heartbeat.__name__:
                return True
            elif envelope.kind in (Kind.EVENT, Kind.TELEMETRY):
                inbox.take(envelope)
            else:
                raise MalformedMessage("an engine sends no commands")
        except MalformedMessage:
            self.malformed[name] += 1
            if self.malformed.total() <= MOST_LOGGED:
                log.warning("dropped a malformed message from the engine (%s)", name)
        return False

    def _reply(self, envelope: Envelope) -> None:
        refusal = from_plain(Refusal, envelope.body)
        with self._lock:
            waiting = self._pending.pop(envelope.token, None)
        if waiting is not None:
            waiting[1](known_from(refusal) if refusal.code else None)

    def _expire(self, now: float) -> None:
        with self._lock:
            late = [token for token, (when, _) in self._pending.items() if when <= now]
            silent = [self._pending.pop(token)[1] for token in late]
        for answered in silent:
            answered(engine_silent())

    def _finish(self) -> None:
        with self._lock:
            self._over = True
            open_commands = [answered for _, answered in self._pending.values()]
            self._pending.clear()
        self._queue_end()
        for answered in open_commands:
            answered(engine_lost())

    # --- writer thread ---

    def _write(self) -> None:
        while (message := self._outgoing.get()) is not _END:
            try:
                self._channel.send(message)
            except ChannelLost:
                self._channel.shut()  # the reader notices and ends everything
                return

    def _queue_end(self) -> None:
        try:
            self._outgoing.put_nowait(_END)
        except queue.Full:
            self._channel.shut()  # the writer is stuck in a write: that wakes it


def _introduce(channel: Channel, limit_s: float) -> tuple[Hello, Snapshot]:
    deadline = time.monotonic() + limit_s
    first = _expect(channel, deadline, lambda _: True)
    if first.v != VERSION:
        raise other_version()
    if first.name != Hello.__name__:
        raise rude()
    try:
        hello = from_plain(Hello, first.body)
        attach = Envelope(
            kind=Kind.COMMAND,
            name=Attach.__name__,
            token=secrets.token_hex(8),
            t_mono=time.monotonic(),
            body=to_plain(Attach()),
        )
        channel.send(encode(attach))
        reply = _expect(
            channel, deadline, lambda each: each.kind is Kind.REPLY and each.token == attach.token
        )
        if reply.name != Snapshot.__name__:
            refusal = from_plain(Refusal, reply.body)
            raise known_from(refusal) if refusal.code else rude()
        return hello, from_plain(Snapshot, reply.body)
    except MalformedMessage:
        raise rude() from None
    except ChannelLost:
        raise absent() from None


def _expect(channel: Channel, deadline: float, wanted: Callable[[Envelope], bool]) -> Envelope:
    while (left := deadline - time.monotonic()) > 0:
        try:
            raw = channel.receive(left)
        except ChannelLost:
            raise absent() from None
        if raw is None:
            break
        try:
            envelope = decode(raw)
        except MalformedMessage:
            raise rude() from None
        if wanted(envelope):
            return envelope
    raise engine_silent()
