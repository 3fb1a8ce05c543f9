"""Look-ups and other reads on a connection of their own, so that no caller waits for a write.

Runs in: desk process, a thread of its own beside the store thread, which says when the file may be
read. In WAL mode a reader has the state of the last commit, whatever is being written meanwhile
(https://www.sqlite.org/wal.html#concurrency): a read sees all that was confirmed before it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ctidesk.calls.errors import KnownError
from ctidesk.crm import faults
from ctidesk.crm.jobs import Job, Lane

if TYPE_CHECKING:
    from ctidesk.crm.database import Database


class ReadThread:
    """`settle(job, answer)`, `surface(bug)` and `damaged(job, problem)` are called on this thread;
    the last one when `job` met damage in the file, with the reader's own connection closed
    already: who is called settles the job."""

    def __init__(
        self,
        settle: Callable[[Job, Any], None],
        surface: Callable[[Exception], None],
        damaged: Callable[[Job, KnownError], None],
    ) -> None:
        self._settle = settle
        self._surface = surface
        self._damaged = damaged
        self._lanes: tuple[deque[Job], ...] = (deque(), deque())
        self._changed = threading.Condition()
        self._main: Database | None = None
        self._own: Database | None = None
        self._problem: KnownError | None = None
        self._busy = False
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="ctidesk-reads", daemon=True)

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits or is served."""
        return self._busy or bool(self._lanes[0] or self._lanes[1])

    def start(self) -> None:
        self._thread.start()

    def submit(self, job: Job) -> None:
        with self._changed:
            self._lanes[job.lane].append(job)
            self._changed.notify_all()

    def waiting(self, lane: Lane) -> int:
        return len(self._lanes[lane])

    # ---- called by the store thread

    def serve(self, database: Database) -> None:
        """The file is open: what waited is read now."""
        with self._changed:
            self._main, self._problem = database, None
            self._changed.notify_all()

    def hold(self) -> None:
        """Nothing is read, and the file is not open here, when it returns; jobs wait."""
        with self._changed:
            self._main, self._problem = None, None
            while self._busy:
                self._changed.wait()
            self._close()

    def refuse(self, problem: KnownError) -> None:
        """There is nothing to be read: jobs are answered `problem`."""
        with self._changed:
            self._problem = problem
            self._changed.notify_all()

    def end(self) -> None:
        """Do what waits and can be done; the file is closed here when it returns."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    # ---- own thread

    def _run(self) -> None:
        while (job := self._next()) is not None:
            if not job.settled:  # else its deadline passed while it waited
                self._do(job)
            with self._changed:
                self._busy = False
                self._changed.notify_all()
        with self._changed:
            self._close()
        for lane in self._lanes:
            while lane:
                self._settle(lane.popleft(), faults.closed())

    def _next(self) -> Job | None:
        with self._changed:
            while True:
                able = self._main is not None or self._problem is not None
                for lane in self._lanes:
                    if lane and able:
                        self._busy = True
                        return lane.popleft()
                if self._ending:
                    return None
                self._changed.wait()

    def _do(self, job: Job) -> None:
        main, problem = self._main, self._problem
        if main is None:
            self._settle(job, problem or faults.unavailable())
            return
        try:
            if self._own is None:
                self._own = main.sister()
            answer: Any = self._own.read(job.work)
        except KnownError as known:
            if known.code == "cache_damaged":
                with self._changed:
                    self._main = None
                    self._close()
                self._damaged(job, known)
            else:
                self._settle(job, known)
        except Exception as bug:  # noqa: BLE001 - a thread's edge, as in the store's
            self._settle(job, faults.failed())
            self._surface(bug)
        else:
            self._settle(job, answer)

    def _close(self) -> None:
        own, self._own = self._own, None
        if own is not None:
            own.close()
