"""Asks, off the loop, whether the sound server still answers before one of its devices is touched.

Runs in: engine process, loop thread; a short thread for each question.

ALSA waits without limit for a server that hangs: to open or to close a device then would hold the
loop, and with it every call. A server that is dead refuses at once and is no danger.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ctidesk.sip.engine.loop import Job

FRESH_S = 0.2
"""How long an answer is believed."""


def _nothing() -> None:
    """It is only the answer that is of interest."""


class SoundGate:
    """`hangs()` is asked on a thread and may take a while; `post` brings the answer to the loop.
    `on_hang()` is called when there was none."""

    def __init__(self, hangs: Callable[[], bool], post: Callable[[Job], None]) -> None:
        self._hangs = hangs
        self._post = post
        self._answered_at = -FRESH_S
        self._waiting: list[Job] = []
        self.on_hang: Job = _nothing

    @property
    def open(self) -> bool:
        """The server has just answered."""
        return time.monotonic() - self._answered_at < FRESH_S

    def answered(self) -> None:
        """It has just told something."""
        self._answered_at = time.monotonic()

    def ask(self, job: Job = _nothing) -> None:
        """Do `job` in a later turn, if the server answers. A job that waits already waits once."""
        asking = bool(self._waiting)
        if job not in self._waiting:
            self._waiting.append(job)
        if not asking:
            threading.Thread(target=self._ask, name="sound_gate", daemon=True).start()

    def _ask(self) -> None:
        hangs = self._hangs()
        self._post(lambda: self._told(hangs))

    def _told(self, hangs: bool) -> None:
        waiting, self._waiting = self._waiting, []
        if hangs:
            self.on_hang()
            return
        self.answered()
        for job in waiting:
            job()
