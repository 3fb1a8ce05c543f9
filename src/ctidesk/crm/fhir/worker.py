"""The thread that keeps the cache like the CRM: a round of reading, a pause, the next one.

Runs in: desk process; `CrmWorker`'s methods on Qt main, rounds on a thread of its own, states by
`deliver`. Imports no httpx: the thread does, at its first round, so that no window waits for it.
"""

from __future__ import annotations

import functools
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from ctidesk.calls.errors import KnownError
from ctidesk.crm.fhir.progress import PullPhase, PullState, Rate

if TYPE_CHECKING:
    from ctidesk.crm.fhir.cursors import Cursor
    from ctidesk.crm.fhir.round import Told

log = logging.getLogger(__name__)

TELL_EVERY_S = 0.5
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 300.0


class Stopped(Exception):
    """The desk ends."""


class Rounds(Protocol):
    def round(self) -> Told:
        """See `pull.Pull.round`."""
        ...

    @property
    def close(self) -> Callable[[], None]: ...


Progress = Callable[["Cursor", bool], None]
Connect = Callable[[Progress, Callable[[], bool]], Rounds]
"""(progress, stopped) → what reads. Called on the worker's thread; raises `KnownError`."""


class CrmWorker:
    """`interval_s`: from the end of a round to the next. `on_state` comes through `deliver`."""

    def __init__(
        self,
        connect: Connect,
        interval_s: float,
        deliver: Callable[[Callable[[], None]], None],
        on_state: Callable[[PullState], None],
        pause: Callable[[float], float] = lambda s: s * random.uniform(0.8, 1.2),
    ) -> None:
        self._connect = connect
        self._interval_s = interval_s
        self._deliver = deliver
        self._on_state = on_state
        self._pause = pause
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._state = PullState(phase=PullPhase.STARTING)
        self._told_mono = 0.0
        self._rate = Rate()
        self._rounds: Rounds | None = None
        self._thread = threading.Thread(target=self._run, name="ctidesk-crm", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def read_now(self) -> None:
        """Without waiting for the next round's time."""
        self._wake.set()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End after the running batch. False if it took longer: a request that hangs ends with
        its time-out, and the process need not wait for it."""
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # ---- the worker's thread

    def _run(self) -> None:
        failures = 0
        self._tell(self._state, at_once=True)
        while not self._stop.is_set():
            wait_s = self._interval_s
            try:
                self._round()
                failures = 0
            except Stopped:
                break
            except KnownError as problem:
                failures += 1
                wait_s = self._failed(problem, failures)
            except Exception as bug:  # noqa: BLE001 - a thread's edge: the bug surfaces on Qt main
                failures += 1
                self._deliver(functools.partial(_surface, bug))
                wait_s = LONGEST_PAUSE_S
            self._wake.wait(wait_s)
            self._wake.clear()
        if self._rounds is not None:
            self._rounds.close()
        self._tell(replace(self._state, phase=PullPhase.STOPPED), at_once=True)

    def _round(self) -> None:
        if self._rounds is None:
            self._rounds = self._connect(self._progress, self._stop.is_set)
        told = self._rounds.round()
        problem = next(iter(told.problems.values()), None)
        state = PullState(
            phase=PullPhase.CURRENT,
            problem=problem,
            current_wall=time.time(),
            unreadable=self._state.unreadable + told.unreadable,
            troubles=tuple(told.problems.items()),
        )
        self._tell(state, at_once=True)

    def _failed(self, problem: KnownError, failures: int) -> float:
        """Tell it; returns the seconds until the next try."""
        if self._stop.is_set():
            return 0.0
        log.warning("the CRM was not read: %s", problem.code)
        since = self._state.since_wall or time.time()
        self._tell(
            replace(self._state, phase=PullPhase.FAILED, problem=problem, since_wall=since),
            at_once=True,
        )
        told_s = getattr(problem, "retry_after_s", None)
        if told_s is not None:
            return max(FIRST_PAUSE_S, float(told_s))
        if not getattr(problem, "passing", True):
            return LONGEST_PAUSE_S
        return self._pause(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures - 1, 10)))

    def _progress(self, cursor: Cursor, first: bool) -> None:
        """Of a first reading every half second; changes come too quickly to be told."""
        if self._stop.is_set():
            raise Stopped
        if cursor.kind != self._state.kind:
            self._rate = Rate()
        self._rate.add(time.monotonic(), cursor.loaded)
        if not first:
            self._state = replace(self._state, kind=cursor.kind)
            return
        rate = self._rate.per_s()
        left = None if cursor.total is None else max(0, cursor.total - cursor.loaded)
        self._tell(
            PullState(
                phase=PullPhase.READING,
                kind=cursor.kind,
                loaded=cursor.loaded,
                total=cursor.total,
                first=True,
                rate=rate,
                remaining_s=left / rate if left is not None and rate else None,
                unreadable=self._state.unreadable,
            ),
            at_once=cursor.kind != self._state.kind or self._state.phase != PullPhase.READING,
        )

    def _tell(self, state: PullState, *, at_once: bool) -> None:
        self._state = state
        now = time.monotonic()
        if at_once or now - self._told_mono >= TELL_EVERY_S:
            self._told_mono = now
            self._deliver(functools.partial(self._on_state, state))


def _surface(bug: Exception) -> None:
    raise bug
