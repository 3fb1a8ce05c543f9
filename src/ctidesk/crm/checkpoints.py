"""Moves what was written from the write-ahead log into the database, beside the store thread.

Runs in: desk process, a thread of its own while there is bulk work. SQLite would do it by itself at
the end of a commit, on the store thread: tens of milliseconds in which no caller is looked up. The
log's pages are encrypted already, they are only copied (https://www.sqlite.org/wal.html#ckpt).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from sqlcipher3 import dbapi2

PAUSE_S = 0.25
IDLE_S = 5.0


class Checkpoints:
    """`connect` opens a connection of the thread's own. A thread that cannot do its work ends; the
    log is then taken in by the store thread's connection, when it is long."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def want(self) -> None:
        """Something was written. Returns at once."""
        self._wanted.set()
        with self._lock:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(
                    target=self._run, name="ctidesk-checkpoints", daemon=True
                )
                self._thread.start()

    def close(self) -> None:
        """Before the store thread's connection closes."""
        self._stop.set()
        self._wanted.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    # ---- own thread

    def _run(self) -> None:
        connection: Any = None
        try:
            connection = self._connect()
            while self._wanted.wait(IDLE_S) and not self._stop.wait(PAUSE_S):
                self._wanted.clear()
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except dbapi2.Error:
            # locked, full or damaged: the store thread meets it too, and tells it
            self._stop.wait(IDLE_S)
        finally:
            if connection is not None:
                connection.close()
            with self._lock:
                self._thread = None
