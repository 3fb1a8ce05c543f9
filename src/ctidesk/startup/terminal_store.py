"""A profile's store for a command: opened, waited for, interrupted by the keyboard.

Runs in: command line, main thread; the jobs run on the store thread.
"""

from __future__ import annotations

import queue
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.store import StorePhase, StoreState, StoreThread


class Inbox:
    """Stands for the desk's main thread: what the store delivers is run by `wait`."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Callable[[], None]] = queue.Queue()
        self.deliver = self._waiting.put

    def wait(self, until: Callable[[], bool]) -> None:
        while not until():
            try:
                # with a time-out, so that Ctrl+C is heard on every system
                self._waiting.get(timeout=0.5)()
            except queue.Empty:
                continue


@contextmanager
def open_store(cache: SqlCipherCache) -> Iterator[tuple[StoreThread, Inbox]]:
    """Raises the `KnownError` that keeps it from opening."""
    inbox = Inbox()
    states: list[StoreState] = []
    store = StoreThread(cache, inbox.deliver, states.append)
    store.start()
    try:
        inbox.wait(lambda: any(s.phase is not StorePhase.OPENING for s in states))
        state = states[-1]
        if state.phase is StorePhase.FAILED and state.problem is not None:
            raise state.problem
        yield store, inbox
    finally:
        store.close()


@contextmanager
def stopping_by_keyboard(stop: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl+C asks politely, the second one ends the command."""

    def heard(_number: int, _frame: FrameType | None) -> None:
        stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def out(line: str) -> None:
    sys.stdout.write(line + "\n")


def say(line: str) -> None:
    sys.stderr.write(line + "\n")
