"""A page of resources on its way into the cache, in transactions so short that no caller waits.

Runs in: desk process; made on the CRM's worker thread, works on the store thread.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ctidesk.calls.errors import KnownError
from ctidesk.crm.fhir import cursors
from ctidesk.crm.fhir.cursors import Cursor
from ctidesk.crm.fhir.resource_rows import Item, ResourceRows
from ctidesk.crm.fhir.worker import Stopped
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

BATCH_S = 0.02
"""The longest that a transaction goes on taking resources; it ends at once when somebody waits."""
_PATIENCE_S = 0.2
_TURN_S = 0.001
_MOST_TURNS = 50


class StoreLine:
    """Jobs of the worker for the store. `stopped()`: True ends all waiting."""

    def __init__(self, store: StoreThread, stopped: Callable[[], bool]) -> None:
        self._store = store
        self.stopped = stopped

    def ask(self, work: Callable[[Any], Any]) -> Any:
        """What `work` in a transaction of its own is answered with; raises its `KnownError`."""
        answer = Answer()
        self.submit(work, answer.settle)
        return answer.wait(self.stopped)

    @property
    def is_wanted(self) -> bool:
        """See `StoreThread.is_wanted`."""
        return self._store.is_wanted

    def give_way(self) -> None:
        """Of the worker, between two pieces of its work: it and the store share one interpreter,
        and who looks a caller up must not wait for its turn in it."""
        turns = _MOST_TURNS
        while self._store.is_wanted and turns:
            time.sleep(_TURN_S)
            turns -= 1

    def submit(self, work: Callable[[Any], Any], done: Callable[[Any], None]) -> None:
        """`done` comes on the store thread."""
        self._store.submit(Lane.BULK, work, done, patience_s=math.inf, directly=True)


class Answer:
    """What the store answered, once it is there."""

    def __init__(self) -> None:
        self._there = threading.Event()
        self._value: Any = None

    def settle(self, value: Any) -> None:
        self._value = value
        self._there.set()

    def wait(self, stopped: Callable[[], bool]) -> Any:
        """Raises the `KnownError` that it is, or `Stopped`."""
        while not self._there.wait(_PATIENCE_S):
            if stopped():
                raise Stopped
        if isinstance(self._value, KnownError):
            raise self._value
        return self._value


class PageWriter:
    """Writes `items` and with them `cursor`, batch after batch without the worker, which fetches
    the next page meanwhile. With `in_order` the cursor of each batch stands at its last item, so
    that a broken first load goes on from there; else it stays at `before` until the end."""

    def __init__(
        self,
        line: StoreLine,
        items: Sequence[Item],
        cursor: Cursor,
        before: str,
        rows: Callable[[Any], ResourceRows],
        *,
        in_order: bool,
    ) -> None:
        self._line = line
        self._items = items
        self._cursor = cursor
        self._before = before
        self._rows = rows
        self._in_order = in_order
        self._done = 0
        self._answer = Answer()
        line.submit(self._batch, self._settled)

    def wait(self) -> None:
        """Until all of it is in. Raises the store's `KnownError`, `Stopped`."""
        self._answer.wait(self._line.stopped)

    # ---- store thread

    def _batch(self, connection: Any) -> int:
        """Changes nothing of `self`: it may be repeated after a lock or a full disk."""
        ends = time.perf_counter() + BATCH_S
        rows = self._rows(connection)
        at = self._done
        while at < len(self._items):
            rows.put(self._items[at])
            at += 1
            if self._line.is_wanted or time.perf_counter() >= ends:
                break
        cursors.save(connection, self._cursor_at(at))
        return at

    def _settled(self, answer: int | KnownError) -> None:
        if isinstance(answer, KnownError):
            self._answer.settle(answer)
            return
        self._done = answer
        if self._done >= len(self._items) or self._line.stopped():
            self._answer.settle(self._done)
        else:
            self._line.submit(self._batch, self._settled)

    def _cursor_at(self, at: int) -> Cursor:
        left = len(self._items) - at
        if not left:
            return self._cursor
        last = self._items[at - 1].reading.last_updated if at and self._in_order else ""
        loaded = self._cursor.loaded - left
        return replace(self._cursor, loaded=loaded, after=last or self._before)
