"""Notices that sound devices come and go, without asking all the time.

Runs in: engine process, a thread of its own; what it sees is posted to the loop thread.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import shutil
import subprocess
import threading
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path

from ctidesk.sip.engine.sound_devices import Devices, SoundSystem

log = logging.getLogger("ctidesk.engine")

CARDS_S = 1.0
"""How often the list of cards (a file of some lines, in memory) is read without a sound server."""
SETTLE_S = 0.1
SERVER_S = 3.0
"""How often a sound server is looked for while there is none."""


class News(IntEnum):
    """What the sound server tells: nothing of interest (streams, clients); a change (a volume, a
    plug, the preferred device) that can wait for its end; a device that came or went."""

    NONE = 0
    CHANGE = 1
    DEVICE = 2


class SoundWatch:
    """`seen(devices)` is called with the first list and at each change, on the watch's thread: it
    must only post. `look_again` makes it tell the list even if nothing changed."""

    def __init__(self, system: SoundSystem, seen: Callable[[Devices], None]) -> None:
        self._system = system
        self._seen = seen
        self._told: Devices | None = None
        self._again = threading.Event()
        self._wake_read: int = -1
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="sound_watch", daemon=True).start()

    def look_again(self) -> None:
        """Any thread. Something failed: the list is wanted now."""
        self._again.set()
        child = self._child
        if child is not None:
            with contextlib.suppress(OSError):
                child.terminate()  # it ends the wait; the next round begins with a look

    def stop(self) -> None:
        """The engine ends: its child too."""
        self.look_again()

    def _run(self) -> None:
        while True:
            devices = self._look()
            if devices.server:
                self._follow_server()
            else:
                self._wait_for_cards()

    def _look(self) -> Devices:
        forced = self._again.is_set()
        self._again.clear()
        devices = self._system.look()
        if forced or devices != self._told:
            self._told = devices
            self._seen(devices)
        return devices

    def _follow_server(self) -> None:
        """Until the sound server is gone, or somebody wants to know again."""
        try:
            self._child = child = subprocess.Popen(
                [*_dies_with_us(), *self._system.pactl("subscribe")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._system.child_environment(),
            )
        except OSError as fault:
            log.warning("the sound server can't be followed: %s", type(fault).__name__)
            self._again.wait(SERVER_S)
            return
        try:
            assert child.stdout is not None
            self._listen(child.stdout.fileno())
        finally:
            self._child = None
            with contextlib.suppress(OSError):
                child.kill()
            if child.stdout is not None:
                child.stdout.close()
            child.wait()

    def _listen(self, said: int) -> None:
        # this look makes the server say something, which proves that we are subscribed; what
        # changed before that is seen by the look that answers it
        self._look()
        news = News.DEVICE
        while told := os.read(said, 65536):
            news = max(news, _news(told))
            if news is News.CHANGE:
                news = _settled(said)
            if news is not News.NONE:
                self._look()
            news = News.NONE

    def _wait_for_cards(self) -> None:
        """Until the list of cards changes, or a sound server may have come."""
        before = _text(self._system.cards), _text(self._system.pcms)
        for _ in range(round(SERVER_S / CARDS_S)):
            if self._again.wait(CARDS_S):
                return
            if (_text(self._system.cards), _text(self._system.pcms)) != before:
                return


def _dies_with_us() -> list[str]:
    """A follower that hears nothing of interest would outlive a killed engine: it notices a
    closed pipe only when it writes. util-linux has a starter that the kernel tells."""
    starter = shutil.which("setpriv")
    return [starter, "--pdeathsig", "TERM", "--"] if starter else []


def _news(told: bytes) -> News:
    found = News.NONE
    for line in told.splitlines():
        event, _, what = line.partition(b" on ")
        if what.startswith((b"sink #", b"source #", b"card #", b"server")):
            gone_or_new = event.endswith((b"'new'", b"'remove'"))
            found = max(found, News.DEVICE if gone_or_new else News.CHANGE)
    return found


def _settled(said: int) -> News:
    """Let a burst of changes pass; a volume that is being dragged is hundreds of them."""
    for _ in range(10):
        if not select.select([said], [], [], SETTLE_S)[0]:
            break
        if _news(os.read(said, 65536)) is News.DEVICE:
            break
    return News.CHANGE


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
