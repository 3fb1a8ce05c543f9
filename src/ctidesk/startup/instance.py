"""One desk per profile: a second start raises the first one's window and ends.

Runs in: desk process; the first desk listens on a thread of its own ("instance").
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from pathlib import Path

log = logging.getLogger(__name__)

SOCKET_NAME = "desk.sock"
KEY_NAME = "desk.key"
MAX_BYTES = 4096
RAISE = "raise"
TOKEN_CHANGED = "web-api token changed"


class Instance:
    """This process is the profile's desk. `on_message` is called on the listening thread with
    what a later start or a command asks: "raise", a link to prefill, or that the token of the
    web API is another one now."""

    def __init__(self, runtime: Path, listener: Listener) -> None:
        self._runtime = runtime
        self._listener = listener
        self._thread: threading.Thread | None = None

    def listen(self, on_message: Callable[[str], None]) -> None:
        self._thread = threading.Thread(
            target=self._serve, args=(on_message,), name="instance", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._listener.close()
        with contextlib.suppress(FileNotFoundError):
            (self._runtime / KEY_NAME).unlink()

    def _serve(self, on_message: Callable[[str], None]) -> None:
        while True:
            try:
                with self._listener.accept() as connection:
                    if connection.poll(2):
                        message = connection.recv_bytes(MAX_BYTES).decode("utf-8", "replace")
                        connection.send_bytes(b"ok")
                        on_message(message)
            except (AuthenticationError, EOFError, ConnectionError):
                log.info("a stranger at the instance socket was refused")
            except OSError:
                return  # closed


def claim(runtime: Path, message: str = RAISE) -> Instance | None:
    """Become the profile's desk, or hand `message` to the one that runs and return None."""
    if tell(runtime, message):
        return None
    socket = runtime / SOCKET_NAME
    with contextlib.suppress(FileNotFoundError):
        socket.unlink()  # left by a desk that was killed: nobody answered
    key = secrets.token_bytes(32)
    key_file = runtime / KEY_NAME
    with contextlib.suppress(FileNotFoundError):
        key_file.unlink()
    with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(key)
    return Instance(runtime, Listener(str(socket), authkey=key))


def tell(runtime: Path, message: str) -> bool:
    """Hand `message` to the desk that runs; False when none does."""
    try:
        key = (runtime / KEY_NAME).read_bytes()
        with Client(str(runtime / SOCKET_NAME), authkey=key) as connection:
            connection.send_bytes(message.encode()[:MAX_BYTES])
            return connection.poll(3) and connection.recv_bytes(16) == b"ok"
    except (OSError, EOFError, AuthenticationError):
        return False
