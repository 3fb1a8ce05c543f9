"""A real store on a real encrypted file, with answers that a test can wait for.

Runs in: tests.
"""

from __future__ import annotations

import queue
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ctidesk.calls.errors import KnownError
from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.store import Lane, StorePhase, StoreState, StoreThread

PATIENCE_S = 30.0


class Desk:
    """Stands for Qt main: functions are delivered into a queue and run by `wait`."""

    def __init__(self) -> None:
        self._inbox: queue.Queue[Callable[[], None]] = queue.Queue()

    def deliver(self, function: Callable[[], None]) -> None:
        self._inbox.put(function)

    def wait(self, until: Callable[[], bool]) -> None:
        """Run what is delivered until `until()` is true; fails after a generous deadline."""
        while not until():
            self._inbox.get(timeout=PATIENCE_S)()

    def answer(self, ask: Callable[[Callable[[Any], None]], None]) -> Any:
        """What `ask(done)` is answered with, checking that it is answered once."""
        answers: list[Any] = []
        ask(answers.append)
        self.wait(lambda: bool(answers))
        assert len(answers) == 1
        return answers[0]


class OpenStore:
    """A store thread on `path`, its desk and its states."""

    def __init__(self, path: Path, key: bytes | None = None) -> None:
        self.path = path
        self.key = key or secrets.token_bytes(32)
        self.desk = Desk()
        self.states: list[StoreState] = []
        self.cache = SqlCipherCache(path, lambda: self.key)
        self.store = StoreThread(self.cache, self.desk.deliver, self.states.append)
        self.store.start()

    def wait_open(self) -> StoreState:
        self.desk.wait(
            lambda: (
                bool(self.states) and self.states[-1].phase in (StorePhase.OPEN, StorePhase.FAILED)
            )
        )
        return self.states[-1]

    def run(self, work: Callable[[Any], Any], lane: Lane = Lane.WRITE) -> Any:
        """`work(connection)` on the store thread; raises what it was answered with."""
        answer = self.desk.answer(lambda done: self.store.submit(lane, work, done))
        if isinstance(answer, KnownError):
            raise answer
        return answer

    def put(self, records: Iterable[Any], *, source: str = "test", import_ref: int = 1) -> None:
        from ctidesk.crm.records_sql import Writer

        def work(connection: Any) -> None:
            writer = Writer(
                connection, source=source, read_wall=1_800_000_000.0, import_ref=import_ref
            )
            for record in records:
                writer.put(record)

        self.run(work)

    def close(self) -> None:
        assert self.store.close(PATIENCE_S)
