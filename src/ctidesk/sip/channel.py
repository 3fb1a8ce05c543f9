"""One authenticated connection to an engine: whole messages as bytes, every wait bounded.

Runs in: desk process, supervisor thread (connect), reader thread (receive), writer thread (send).
"""

from __future__ import annotations

import os
import socket
import stat
import struct
import sys
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.sip.channel_errors import ChannelLost, SilentEngine, absent, wrong_key
from ctidesk.sip.protocol import KEY_NAME, MAX_MESSAGE_BYTES, SOCKET_NAME

_KEY_MAX_BYTES = 4096


class Channel:
    """Owned by whoever connected it. `close` may come from any thread and wakes the others."""

    def __init__(self, stream: socket.socket, connection: Connection) -> None:
        self._stream = stream
        self._connection = connection

    @classmethod
    def connect(cls, runtime: Path, stall_s: float = 5.0) -> Channel:
        """The authenticated channel to the engine of the folder `runtime`.

        No single read or write inside a message takes longer than `stall_s` seconds. Raises
        `KnownError`: "engine_absent", "engine_key", "engine_silent" (`SilentEngine`),
        "runtime_not_private", "runtime_path".
        """
        require_private(runtime)
        key = _read_key(runtime)
        stream = _connect_stream(runtime, stall_s)
        connection = Connection(os.dup(stream.fileno()))
        channel = cls(stream, connection)
        try:
            answer_challenge(connection, key)
            deliver_challenge(connection, key)
        except (AuthenticationError, AssertionError):
            # an assert is how Python 3.11 rejects a malformed challenge
            channel.close()
            raise wrong_key() from None
        except BlockingIOError:
            pid = channel.peer_pid()
            channel.close()
            raise SilentEngine(pid) from None
        except (EOFError, OSError):
            channel.close()
            raise absent() from None
        return channel

    def receive(self, timeout_s: float) -> bytes | None:
        """The next message, or None when none began within `timeout_s`. Raises `ChannelLost`."""
        try:
            if not self._connection.poll(max(0.0, timeout_s)):
                return None
            return self._connection.recv_bytes(MAX_MESSAGE_BYTES)
        except (EOFError, OSError, struct.error):
            raise ChannelLost("the engine closed the channel") from None

    def send(self, message: bytes) -> None:
        """Blocks until the engine took it, at most `stall_s` per write. Raises `ChannelLost`."""
        try:
            self._connection.send_bytes(message)
        except OSError:
            raise ChannelLost("the engine does not read") from None

    def shut(self) -> None:
        """Wake everybody who waits on this channel; they meet `ChannelLost`."""
        try:
            self._stream.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # already down

    def close(self) -> None:
        """Release the descriptors; only after the threads that use them have ended."""
        self.shut()
        self._stream.close()
        self._connection.close()

    def peer_pid(self) -> int:
        """Process that listens at the other end, 0 where the system doesn't tell."""
        if sys.platform != "linux":
            return 0
        size = struct.calcsize("3i")
        creds = self._stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return int(struct.unpack("3i", creds)[0])


def require_private(runtime: Path) -> None:
    """Raises `KnownError` unless only this user can look into `runtime`."""
    try:
        info = runtime.stat()
    except OSError:
        raise absent() from None
    if hasattr(os, "getuid") and (info.st_uid != os.getuid() or stat.S_IMODE(info.st_mode) & 0o077):
        raise KnownError(
            "runtime_not_private",
            "The folder that connects ctidesk with its telephone engine is open to other users.",
            "Ask IT to delete that folder; ctidesk makes a private one at its next start.",
        )


def _read_key(runtime: Path) -> bytes:
    try:
        with (runtime / KEY_NAME).open("rb") as file:
            key = file.read(_KEY_MAX_BYTES)
    except OSError:
        raise absent() from None
    if not key:
        raise absent()
    return key


def _connect_stream(runtime: Path, stall_s: float) -> socket.socket:
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # the kernel's time-outs bound the plain read() and write() of `Connection` as well
    limit = struct.pack("ll", int(stall_s), int(stall_s % 1 * 1_000_000))
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
    try:
        stream.connect(str(runtime / SOCKET_NAME))
    except (FileNotFoundError, ConnectionError, BlockingIOError, TimeoutError):
        stream.close()
        raise absent() from None
    except OSError:
        stream.close()
        raise KnownError(
            "runtime_path",
            "The path of ctidesk's runtime folder cannot be used for a local connection.",
            "Choose a profile in a folder with a shorter path on a local disk.",
        ) from None
    return stream
