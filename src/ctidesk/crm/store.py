"""The thread that owns the cache: jobs in, answers out; reads have a thread of their own.

Runs in: desk process; `StoreThread`'s methods on any thread, jobs on the store thread, answers
wherever `deliver` brings them (Qt main). Imports no SQLAlchemy: the store thread does, at its
first job, so that the window isn't kept waiting.
"""

from __future__ import annotations

import functools
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.crm import faults
from ctidesk.crm.deadlines import Deadlines
from ctidesk.crm.jobs import Job, Lane
from ctidesk.crm.read_thread import ReadThread

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ctidesk.crm.database import Database

T = TypeVar("T")
Deliver = Callable[[Callable[[], None]], None]

RETRY_S = 0.25
GIVE_WAY_S = 0.001  # all threads share one interpreter: bulk work waits for the look-ups
OPEN_AGAIN_S = 1.0
PASSING = frozenset({"cache_locked", "disk_full"})
"""Reasons that end by themselves: the file is tried again without being asked."""
WRITE_PATIENCE_S = 30.0
MAX_WAITING = 50_000
"""Jobs that may wait while the cache can't be written; beyond it a job is refused at once."""


class StorePhase(StrEnum):
    OPENING = "opening"
    OPEN = "open"
    FAILED = "failed"  # `problem` says why; `StoreThread.open_again` tries anew
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class StoreState:
    """What the desk shows about its cache. `problem`: why it is not there, or, while OPEN, what
    the user must know about it (a salvage, a full disk, a lock)."""

    phase: StorePhase
    problem: KnownError | None = None


class CacheFile(Protocol):
    """How the store thread gets its database; called on the store thread, may block."""

    def open(self) -> Database:
        """The open database. Raises `KnownError`."""
        ...

    def rebuild(self) -> Database:
        """After damage: put the file aside, save what can be read into a new one. Raises
        `KnownError`."""
        ...

    def notice(self, database: Database) -> KnownError | None:
        """What the user must know about the open file, None if all is well."""
        ...


class StoreThread:
    """Owns the cache from `start` to `close`. Every `done` is called exactly once, by `deliver`.

    `deliver` runs a function on the thread that composed the desk; `on_state` comes through it.
    """

    def __init__(
        self,
        cache: CacheFile,
        deliver: Deliver,
        on_state: Callable[[StoreState], None] | None = None,
    ) -> None:
        self._cache = cache
        self._deliver = deliver
        self._on_state = on_state
        self._wake = threading.Condition()
        self._lanes: dict[Lane, deque[Job]] = {Lane.WRITE: deque(), Lane.BULK: deque()}
        self._writes_not_before = 0.0
        self._state = StoreState(StorePhase.OPENING)
        self._must_open = True
        self._open_again_at = math.inf
        self._closing = False
        self._database: Database | None = None
        self._notice: KnownError | None = None
        self._damaged: tuple[Job, KnownError] | None = None
        self._serves = False
        self._deadlines = Deadlines()
        self._reads = ReadThread(self._settle, self._surface, self._found_damaged)
        self._thread = threading.Thread(target=self._run, name="ctidesk-store", daemon=True)

    @property
    def state(self) -> StoreState:
        return self._state

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits or is served who goes before bulk work; for those who do it, so
        that they make way."""
        return bool(self._serves or self._lanes[Lane.WRITE] or self._reads.is_wanted)

    def start(self) -> None:
        self._deadlines.start()
        self._reads.start()
        self._thread.start()

    def submit(
        self,
        lane: Lane,
        work: Callable[[Connection], T],
        done: Done[T] | None = None,
        *,
        patience_s: float | None = None,
        directly: bool = False,
    ) -> None:
        """Queue `work`. A POP or READ is one consistent read, a WRITE or BULK one transaction.

        `patience_s`: reads are answered `cache_unavailable` after it (None: never), writes are
        given up (None: 30 s; infinite: kept until the cache can be written again).
        `directly`: `done` comes on the store thread itself, for a worker that only passes it on
        to its own thread; it must be quick and never raise.
        """
        patience = WRITE_PATIENCE_S if patience_s is None and lane >= Lane.WRITE else patience_s
        expires = math.inf if patience is None else time.monotonic() + patience
        job = Job(lane, work, done, expires, directly)
        refusal: KnownError | None = None
        reads = lane <= Lane.READ
        with self._wake:
            waiting = self._reads.waiting(lane) if reads else len(self._lanes[lane])
            if self._closing:
                refusal = faults.closed()
            elif waiting >= MAX_WAITING:
                refusal = faults.unavailable()
            elif reads:
                self._reads.submit(job)
            else:
                self._lanes[lane].append(job)
                self._wake.notify()
        if refusal is not None:
            self._settle(job, refusal)
        elif reads and done is not None and math.isfinite(expires):
            self._deadlines.at(expires, functools.partial(self._settle, job, faults.unavailable()))

    def answer(self, done: Done[T], value: T | KnownError) -> None:
        """What needs no cache, answered the same way and order as what does."""
        self._deliver(functools.partial(done, value))

    def open_again(self) -> None:
        """Try to open the cache anew, e.g. after the passphrase was typed."""
        with self._wake:
            self._must_open = self._database is None
            self._wake.notify()

    def close(self, timeout_s: float = 10.0) -> bool:
        """Do what is queued, close the file, end the thread. False if it took longer."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        self._deadlines.stop()
        return not self._thread.is_alive()

    # ---- store thread only, from here on

    def _run(self) -> None:
        while True:
            with self._wake:
                opening, job = self._next()
            if opening and self._damaged is not None:
                (met_by, problem), self._damaged = self._damaged, None
                self._drop_database()
                self._open(self._cache.rebuild)
                self._settle(met_by, problem)
            elif opening:
                self._open(self._cache.open)
            elif job is not None:
                self._do(job)
            else:
                break
        self._reads.end()
        self._drop_database()
        for queue in self._lanes.values():
            while queue:
                self._settle(queue.popleft(), faults.closed())
        self._tell(StoreState(StorePhase.CLOSED))

    def _next(self) -> tuple[bool, Job | None]:
        """(must open, job to do); (False, None) when all is done and it shall end."""
        while True:
            now = time.monotonic()
            due = now >= self._open_again_at and not self._closing
            if self._damaged is not None or self._must_open or due:
                self._must_open, self._open_again_at = False, math.inf
                return True, None
            self._give_up_expired(now)
            held_back = self._database is None or now < self._writes_not_before
            bulk_waits = self._reads.is_wanted and not self._lanes[Lane.WRITE]
            if not held_back and not bulk_waits:
                for queue in self._lanes.values():
                    if queue:
                        return False, queue.popleft()
            if self._closing and (self._database is None or not any(self._lanes.values())):
                return False, None
            busy = any(self._lanes.values()) or self._open_again_at < math.inf
            self._wake.wait(GIVE_WAY_S if bulk_waits and busy else RETRY_S if busy else None)

    def _give_up_expired(self, now: float) -> None:
        """Writes that waited too long, and all that a cache which is not there can't keep."""
        problem = self._state.problem or faults.locked()
        for queue in self._lanes.values():
            hopeless = self._database is None
            if not hopeless and now >= self._writes_not_before:
                continue
            for job in tuple(queue):
                if job.expires_mono <= now or (hopeless and job.expires_mono < math.inf):
                    queue.remove(job)
                    self._settle(job, problem)

    def _open(self, how: Callable[[], Database]) -> None:
        self._reads.hold()
        if self._state.problem is None or self._state.problem.code not in PASSING:
            self._tell(StoreState(StorePhase.OPENING))
        problem: KnownError
        try:
            self._database = how()
            self._notice = self._cache.notice(self._database)
        except KnownError as known:
            problem = known
        except Exception as bug:  # noqa: BLE001 - a thread's edge, as in `_do`
            problem = faults.failed()
            self._surface(bug)
        else:
            self._reads.serve(self._database)
            self._tell(StoreState(StorePhase.OPEN, self._notice))
            return
        self._drop_database()
        self._reads.refuse(problem)
        if problem.code in PASSING:
            self._open_again_at = time.monotonic() + OPEN_AGAIN_S
        self._tell(StoreState(StorePhase.FAILED, problem))

    def _do(self, job: Job) -> None:
        if job.settled:  # its deadline passed while it waited
            return
        if self._database is None:
            self._settle(job, self._state.problem or faults.unavailable())
            return
        # an import or a pull goes on where its last batch is: it need not wait for the disk
        durable = job.lane != Lane.BULK
        self._serves = durable
        try:
            answer: Any = self._database.write(job.work, durable=durable)
        except KnownError as problem:
            self._failed(job, problem)
            return
        except Exception as bug:  # noqa: BLE001 - a thread's edge: see below
            # a mistake in one job must not take the cache from the rest of the shift; it surfaces
            # on the composing thread, whose hook reports it
            self._settle(job, faults.failed())
            self._surface(bug)
            return
        finally:
            self._serves = False
        if job.lane == Lane.BULK:  # an import may have made the cache whole again
            self._notice = self._cache.notice(self._database)
        self._tell(StoreState(StorePhase.OPEN, self._notice))
        self._settle(job, answer)

    def _failed(self, job: Job, problem: KnownError) -> None:
        if problem.code == "cache_damaged" and self._database is not None:
            self._rebuild(job, problem)
        elif problem.code not in ("cache_locked", "disk_full"):
            self._settle(job, problem)
        elif problem.code == "disk_full" and self._database and self._database.free_reserve():
            self._put_back(job)
            self._tell(StoreState(StorePhase.OPEN, problem))
        elif problem.code == "disk_full" and job.expires_mono < math.inf:
            self._settle(job, problem)
            self._tell(StoreState(StorePhase.OPEN, problem))
        else:
            self._writes_not_before = time.monotonic() + RETRY_S
            self._put_back(job)
            if self._state.problem is None or self._state.problem.code != problem.code:
                self._tell(StoreState(StorePhase.OPEN, problem))

    def _rebuild(self, job: Job, problem: KnownError) -> None:
        self._drop_database()
        self._open(self._cache.rebuild)
        if job.lane == Lane.WRITE and not job.rebuilt_before:
            job.rebuilt_before = True
            self._put_back(job)
        else:
            self._settle(job, problem)

    def _drop_database(self) -> None:
        self._reads.hold()
        if self._database is not None:
            self._database.close()
            self._database = None

    def _put_back(self, job: Job) -> None:
        with self._wake:
            self._lanes[job.lane].appendleft(job)

    def _found_damaged(self, job: Job, problem: KnownError) -> None:
        """By a read, on its thread; it is answered when the rest is saved."""
        with self._wake:
            self._damaged = job, problem
            self._wake.notify()

    def _surface(self, bug: Exception) -> None:
        self._deliver(functools.partial(_surface, bug))

    def _settle(self, job: Job, answer: Any) -> None:
        """The first answer counts: the job's own, or its deadline's (any thread)."""
        with self._wake:
            if job.settled:
                return
            job.settled = True
        if job.done is not None and job.directly:
            job.done(answer)
        elif job.done is not None:
            self._deliver(functools.partial(job.done, answer))

    def _tell(self, state: StoreState) -> None:
        if state != self._state:
            self._state = state
            if self._on_state is not None:
                self._deliver(functools.partial(self._on_state, state))


def _surface(bug: Exception) -> None:
    raise bug
