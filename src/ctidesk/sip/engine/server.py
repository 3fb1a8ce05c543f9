"""The engine's end of the channel: one socket, one desk at a time, nothing that blocks the loop.

Runs in: engine process; accepting, reading and writing each have their own thread, `DeskServer`
and `DeskLine` are used from the loop thread.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import (
    Connection,
    Listener,
    answer_challenge,
    deliver_challenge,
)
from pathlib import Path
from typing import Any

from ctidesk.calls.codec import MalformedMessage
from ctidesk.calls.errors import KnownError
from ctidesk.sip.protocol import (
    KEY_NAME,
    MAX_MESSAGE_BYTES,
    SOCKET_NAME,
    Envelope,
    Kind,
    decode,
    encode,
)

log = logging.getLogger("ctidesk.engine")

MAX_QUEUED = 2_000
"""Messages that may wait for a desk that doesn't read; then it is dropped and must attach anew."""
TELEMETRY_GAP_S = 0.2
MAX_HANDSHAKES = 8
HANDSHAKE_S = 5


class DeskLine:
    """One connected desk: a reader thread, a writer thread and a bounded queue between."""

    def __init__(
        self,
        connection: Connection,
        received: Callable[[DeskLine, Envelope], None],
        closed: Callable[[DeskLine], None],
    ) -> None:
        self._connection = connection
        self._received = received
        self._closed = closed
        self._queue: deque[Envelope] = deque()
        self._telemetry: dict[tuple[str, str], Envelope] = {}
        self._wake = threading.Condition()
        self._open = True
        self._malformed = 0

    def start(self) -> None:
        for work in (self._read, self._write):
            threading.Thread(target=work, name=f"desk{work.__name__}", daemon=True).start()

    def send(self, envelope: Envelope) -> None:
        """Queue it. Never blocks; of telemetry only the latest of its kind and call is kept."""
        with self._wake:
            if not self._open:
                return
            if envelope.kind is Kind.TELEMETRY:
                self._telemetry[(envelope.name, envelope.call_id)] = envelope
            else:
                self._queue.append(envelope)
            slow = len(self._queue) > MAX_QUEUED
            self._wake.notify()
        if slow:
            log.warning("the desk does not read, dropped")
            self.close()

    def close(self) -> None:
        """Drop the desk; its blocked reader and writer end too. Any thread, repeatable."""
        with self._wake:
            if not self._open:
                return
            self._open = False
            self._wake.notify()
        # closing a descriptor does not end a write that is blocked in another thread; this does
        with contextlib.suppress(OSError, AttributeError):
            handle = socket.socket(fileno=os.dup(self._connection.fileno()))
            with handle:
                handle.shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        try:
            while True:
                raw = self._connection.recv_bytes(MAX_MESSAGE_BYTES)
                try:
                    envelope = decode(raw)
                except MalformedMessage as fault:
                    self._malformed += 1
                    if self._malformed <= 10:
                        log.warning("malformed message ignored: %s", fault)
                    continue
                self._received(self, envelope)
        except (OSError, EOFError):
            pass
        self.close()
        self._closed(self)

    def _write(self) -> None:
        told_mono = 0.0
        try:
            while True:
                batch: list[Envelope] = []
                with self._wake:
                    while self._open and not self._queue:
                        wait_s = told_mono + TELEMETRY_GAP_S - time.monotonic()
                        if self._telemetry and wait_s <= 0:
                            break
                        self._wake.wait(wait_s if self._telemetry else None)
                    if not self._open:
                        return
                    batch.extend(self._queue)
                    self._queue.clear()
                    if self._telemetry and time.monotonic() - told_mono >= TELEMETRY_GAP_S:
                        batch.extend(self._telemetry.values())
                        self._telemetry.clear()
                        told_mono = time.monotonic()
                for envelope in batch:
                    self._connection.send_bytes(encode(envelope))
        except (OSError, ValueError):
            self.close()


class DeskServer:
    """Listens in the private folder `runtime`; a second server there is refused.

    `connected`, `received` and `closed` are called from the server's threads and must only post.
    """

    def __init__(
        self,
        runtime: Path,
        connected: Callable[[DeskLine], None],
        received: Callable[[DeskLine, Envelope], None],
        closed: Callable[[DeskLine], None],
    ) -> None:
        self._runtime = runtime
        self._connected = connected
        self._received = received
        self._closed = closed
        self._handshakes = threading.Semaphore(MAX_HANDSHAKES)

    def claim(self) -> None:
        """Take the folder for this process. Raises `KnownError` when another engine has it, when
        it is not ours alone, or when it can't be written."""
        try:
            self._runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_private()
            self._lock = _lock_file(self._runtime / "engine.lock")
        except BlockingIOError:
            raise KnownError(
                "engine_running",
                "Another telephone engine already runs for this profile.",
                "Use the running one, or end it first.",
            ) from None
        except OSError as fault:
            raise KnownError(
                "runtime_unusable",
                f"The engine's folder can't be used ({fault.strerror or 'error'}).",
                "Check that the folder exists and belongs to you.",
            ) from None

    def open(self) -> None:
        """New key, new socket, ready for desks."""
        self._key = secrets.token_bytes(32)
        path = self._runtime / KEY_NAME
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(handle, self._key)
        os.close(handle)
        address = self._runtime / SOCKET_NAME
        if sys.platform != "win32":
            address.unlink(missing_ok=True)
        self._listener = Listener(str(address), family="AF_UNIX")
        threading.Thread(target=self._accept, name="desk_accept", daemon=True).start()

    def remove(self) -> None:
        """Take socket and key away, so that nobody waits for a dead engine."""
        for name in (SOCKET_NAME, KEY_NAME):
            with contextlib.suppress(OSError):
                (self._runtime / name).unlink(missing_ok=True)

    def _check_private(self) -> None:
        status = self._runtime.stat()
        if os.name == "posix" and (status.st_uid != os.getuid() or status.st_mode & 0o077):
            raise KnownError(
                "runtime_not_private",
                "Other users of this computer can reach the engine's folder.",
                "Remove the folder; it is made anew with the right permissions.",
            )

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except OSError:
                return
            if not self._handshakes.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(
                target=self._welcome, args=(connection,), name="desk_welcome", daemon=True
            ).start()

    def _welcome(self, connection: Any) -> None:
        try:
            _set_patience(connection, HANDSHAKE_S)
            deliver_challenge(connection, self._key)
            answer_challenge(connection, self._key)
            _set_patience(connection, 0)
        except (AuthenticationError, OSError, EOFError, ValueError):
            log.warning("a stranger at the socket was refused")
            connection.close()
            return
        finally:
            self._handshakes.release()
        line = DeskLine(connection, self._received, self._closed)
        self._connected(line)
        line.start()


def _set_patience(connection: Any, seconds: int) -> None:
    """How long a read of the connection may wait, 0 for ever."""
    if sys.platform != "win32":
        with socket.socket(fileno=os.dup(connection.fileno())) as handle:
            timeout = struct.pack("ll", seconds, 0)
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)


def _lock_file(path: Path) -> int:
    """An exclusive lock that lives as long as the process. Raises BlockingIOError when held."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle
