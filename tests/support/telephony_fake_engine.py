"""A fake engine behind a real authenticated socket: says whatever a test makes it say.

Runs in: test process, an accepting thread and the test's own thread.
"""

from __future__ import annotations

import os
import queue
import socket
import threading
import time
from collections.abc import Sequence
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

from ctidesk.calls.call import Call
from ctidesk.calls.codec import to_plain
from ctidesk.calls.events import TELEMETRY, EngineEvent
from ctidesk.sip.protocol import (
    KEY_NAME,
    SOCKET_NAME,
    Attach,
    Envelope,
    Heartbeat,
    Hello,
    Kind,
    NumberedEvent,
    Refusal,
    Snapshot,
    decode,
    encode,
)


class FakeEngine:
    """One desk at a time. `accept` waits for it; `introduce` does the polite part."""

    def __init__(
        self, runtime: Path, *, key: bytes | None = None, engine_id: str = "fake-1"
    ) -> None:
        self.engine_id = engine_id
        self.seq = 0
        runtime.mkdir(mode=0o700, exist_ok=True)
        secret = os.urandom(32)
        (runtime / KEY_NAME).write_bytes(secret)
        path = runtime / SOCKET_NAME
        path.unlink(missing_ok=True)
        self._listener = Listener(str(path), family="AF_UNIX", authkey=key or secret)
        self._accepted: queue.Queue[Connection] = queue.Queue()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self.desk: Connection | None = None
        self._all: list[Connection] = []

    def _serve(self) -> None:
        while True:
            try:
                self._accepted.put(self._listener.accept())
            except (AuthenticationError, EOFError, ConnectionError):
                continue
            except OSError:
                return

    def accept(self) -> None:
        self.desk = self._accepted.get(timeout=20)
        self._all.append(self.desk)

    def introduce(
        self,
        *,
        version: int = 1,
        calls: Sequence[Call] = (),
        unacknowledged: Sequence[tuple[int, EngineEvent]] = (),
    ) -> None:
        """Accept, Hello, Attach, Snapshot."""
        self.accept()
        self.greet(version)
        attach = self.receive(Attach.__name__)
        snapshot = Snapshot(
            engine_id=self.engine_id,
            seq=self.seq,
            calls=tuple(calls),
            registrations=(),
            unacknowledged=tuple(
                NumberedEvent(seq=seq, name=type(event).__name__, body=to_plain(event))
                for seq, event in unacknowledged
            ),
        )
        self.reply(attach, snapshot)

    def greet(self, version: int = 1) -> None:
        hello = Hello(engine_id=self.engine_id, pid=os.getpid(), build="fake", has_sound=False)
        self.say(Envelope(v=version, kind=Kind.EVENT, name="Hello", body=to_plain(hello)))

    def say(self, envelope: Envelope) -> None:
        self.raw(encode(envelope))

    def raw(self, message: bytes) -> None:
        assert self.desk is not None
        self.desk.send_bytes(message)

    def event(self, event: EngineEvent, seq: int | None = None) -> None:
        telemetry = isinstance(event, TELEMETRY)
        if not telemetry:
            self.seq = self.seq + 1 if seq is None else seq
        self.say(
            Envelope(
                kind=Kind.TELEMETRY if telemetry else Kind.EVENT,
                name=type(event).__name__,
                seq=0 if telemetry else self.seq,
                body=to_plain(event),
            )
        )

    def beat(self) -> None:
        body = to_plain(Heartbeat(t_mono=time.monotonic()))
        self.say(Envelope(kind=Kind.TELEMETRY, name="Heartbeat", body=body))

    def receive(self, name: str) -> Envelope:
        """The next command called `name`; others before it are skipped."""
        assert self.desk is not None
        deadline = time.monotonic() + 20
        while self.desk.poll(max(0.0, deadline - time.monotonic())):
            envelope = decode(self.desk.recv_bytes())
            if envelope.name == name:
                return envelope
        raise AssertionError(f"no {name} arrived")

    def reply(self, to: Envelope, body: Any) -> None:
        self.say(
            Envelope(kind=Kind.REPLY, name=type(body).__name__, token=to.token, body=to_plain(body))
        )

    def accept_command(self, name: str) -> Envelope:
        """Wait for a command and say that it is carried out."""
        command = self.receive(name)
        self.reply(command, Refusal())
        return command

    def drop(self) -> None:
        """End the conversation as a dying process does."""
        assert self.desk is not None
        self.desk.close()
        self.desk = None

    def close(self) -> None:
        for desk in self._all:
            desk.close()
        # close() alone does not wake a thread that is in accept()
        listening: socket.socket = self._listener._listener._socket  # type: ignore[attr-defined]
        listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()
