"""The thread that empties the outbox: one message after the other, as long as the CRM takes them.

Runs in: desk process; `Sending`'s methods on Qt main, the work on a thread of its own, states by
`deliver`. Apart from the thread that reads, since a first load takes minutes and a saved call must
not wait for it. Imports no httpx and no SQLAlchemy: the thread does, at its first message.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ctidesk.calls.errors import KnownError
from ctidesk.care.outgoing import OutgoingState
from ctidesk.crm.fhir.breaker import Breaker
from ctidesk.crm.fhir.worker import Stopped

if TYPE_CHECKING:
    from ctidesk.crm.outbox import Message, Tally

log = logging.getLogger(__name__)

IDLE_S = 30.0
"""The outbox is looked at so often without being told."""
OWN_PAUSE_S = 60.0
"""The longest that a single message waits which fails while others pass."""
MAYBE_ITS_OWN = frozenset({"crm_server_fault", "crm_silent", "crm_cut", "crm_unreadable"})
"""Problems that one message alone may have, which the server chokes on."""
HOPELESS = 8
"""So often a message may fail while others pass; then a person must look at it."""


class Send(Protocol):
    def send(self, message: Message) -> Any:
        """See `sender.Sender.send`."""
        ...


class Ask(Protocol):
    def ask(self, work: Callable[[Any], Any]) -> Any:
        """See `page_writer.StoreLine.ask`."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """`kept(connection, kept, now)` puts what the CRM answered into the cache; `ending`: codes of
    problems of the server as a whole; `close()` when it is done."""

    sender: Send
    line: Ask
    kept: Callable[[Any, Any, float], None]
    ending: frozenset[str]
    close: Callable[[], None]


Connect = Callable[[Callable[[], bool]], Way]
"""(stopped) → the way to the CRM. Called on the thread; raises `KnownError`."""


class Sending:
    """`on_state` comes through `deliver`. `checkpoint_s`: the head of the audit trail goes out when
    all else is sent, at most so often; None: never. `wall`: seconds since the epoch."""

    def __init__(
        self,
        connect: Connect,
        deliver: Callable[[Callable[[], None]], None],
        on_state: Callable[[OutgoingState], None],
        breaker: Breaker | None = None,
        checkpoint_s: float | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._connect = connect
        self._deliver = deliver
        self._on_state = on_state
        self._breaker = breaker or Breaker()
        self._checkpoint_s = checkpoint_s
        self._wall = wall
        self._worker = str(uuid.uuid4())
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._asked = threading.Event()
        self._way: Way | None = None
        self._told: OutgoingState | None = None
        self._problem: KnownError | None = None
        self._passed = 0
        self._lonely: dict[int, tuple[int, int]] = {}
        """By message: (failures while others passed, how many had passed at its last one)."""
        self._thread = threading.Thread(target=self._run, name="ctidesk-outbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something was put into the outbox, or may go now."""
        self._wake.set()

    def try_now(self) -> None:
        """Do not wait for the next try's time."""
        self._asked.set()
        self._wake.set()

    def server_is_back(self) -> None:
        """It answered somebody else: no need to wait for the next try's time, unless the server
        itself named it."""
        if self._breaker.open and getattr(self._problem, "retry_after_s", None) is None:
            self.try_now()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End after the running message. False if it took longer: what was on its way is found
        again by the next desk."""
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # ---- the thread

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                wait_s = self._pass()
            except Stopped:
                break
            except KnownError as problem:
                wait_s = self._all_failed(problem)
            except Exception as bug:  # noqa: BLE001 - a thread's edge: the bug surfaces on Qt main
                self._deliver(functools.partial(_surface, bug))
                wait_s = OWN_PAUSE_S
            if wait_s > 0:
                self._wake.wait(wait_s)
            self._wake.clear()
        if self._way is not None:
            self._way.close()

    def _pass(self) -> float:
        """Send what can be sent; returns the seconds until there may be more to do."""
        if self._way is None:
            self._way = self._connect(self._stop.is_set)
            self._way.line.ask(self._tidy)
        if self._asked.is_set():
            self._asked.clear()
            self._breaker.try_now()
            self._way.line.ask(self._all_due)
        wait_s = self._breaker.ready_mono - time.monotonic()
        message, tally, due = self._way.line.ask(functools.partial(self._next, wait_s <= 0))
        self._tell(tally, moving=message is not None)
        if message is not None:
            self._send(self._way, message)
            return 0.0
        if wait_s > 0:
            return wait_s
        return IDLE_S if due is None else min(IDLE_S, max(0.1, float(due) - self._wall()))

    def _send(self, way: Way, message: Message) -> None:
        try:
            kept = way.sender.send(message)
        except KnownError as problem:
            self._failed(way, message, problem)
            return
        now = self._wall()

        def there(connection: Any) -> None:
            from ctidesk.crm import outbox

            outbox.sent(connection, message.id, f"{kept.kind}/{kept.fhir_id}", now)
            way.kept(connection, kept, now)

        way.line.ask(there)
        self._passed += 1
        self._lonely.pop(message.id, None)
        self._breaker.works()
        self._problem = None

    def _failed(self, way: Way, message: Message, problem: KnownError) -> None:
        log.warning("a message to the CRM was not taken: %s, %s", message.kind, problem.code)
        from ctidesk.crm import outbox

        theirs = getattr(problem, "theirs", None)
        if theirs is not None:
            self._breaker.works()
            way.line.ask(lambda c: outbox.contradicted(c, message.id, problem, theirs))
            return
        passing = getattr(problem, "passing", False)
        whole = problem.code in way.ending
        if not whole and not passing:
            self._breaker.works()  # it answers; only this one it does not want
            way.line.ask(lambda c: outbox.give_up(c, message.id, problem))
            return
        if self._is_hopeless(message):
            self._breaker.works()
            way.line.ask(lambda c: outbox.give_up(c, message.id, problem))
            return
        told_s = getattr(problem, "retry_after_s", None)
        wait_s = self._breaker.failed(time.monotonic(), told_s, passing=passing)
        self._problem = problem
        own_s = 0.0
        if problem.code in MAYBE_ITS_OWN:
            # the next try is another message's, which shows whether it is the server
            own_s = self._breaker.jitter(min(OWN_PAUSE_S, 2.0 ** min(message.attempts, 10)))
        until = self._wall() + wait_s + own_s
        way.line.ask(lambda c: outbox.put_off(c, message.id, until, problem))

    def _is_hopeless(self, message: Message) -> bool:
        """It failed again and again while others passed: it is not the server."""
        failures, passed = self._lonely.get(message.id, (0, self._passed))
        if self._passed > passed:
            failures += 1
        self._lonely[message.id] = failures, self._passed
        return failures >= HOPELESS

    def _all_failed(self, problem: KnownError) -> float:
        """No way to the CRM, or to the cache."""
        if self._stop.is_set():
            return 0.0
        log.warning("the outbox stands still: %s", problem.code)
        self._problem = problem
        passing = getattr(problem, "passing", True)
        wait_s = self._breaker.failed(time.monotonic(), passing=passing)
        known = self._told or OutgoingState()
        self._announce(
            OutgoingState(
                waiting=known.waiting,
                failed=known.failed,
                conflicts=known.conflicts,
                problem=problem,
                ready_wall=self._wall() + wait_s,
                sent=self._passed,
            )
        )
        return wait_s

    # ---- jobs of the store thread

    def _next(self, claims: bool, connection: Any) -> tuple[Message | None, Tally, float | None]:
        """(message to send, how many there are, when the next one is due)."""
        from ctidesk.crm import outbox

        now = self._wall()
        message = outbox.claim(connection, self._worker, now) if claims else None
        if claims and message is None and self._checkpoint_s is not None:
            from ctidesk.crm.checkpoint_message import queue_checkpoint

            if queue_checkpoint(connection, now, self._checkpoint_s):
                message = outbox.claim(connection, self._worker, now)
        return message, outbox.tally(connection), outbox.next_due(connection, now)

    def _all_due(self, connection: Any) -> None:
        from ctidesk.crm import outbox

        outbox.all_due(connection, self._wall())

    def _tidy(self, connection: Any) -> None:
        from ctidesk.crm import outbox, queueing

        outbox.forget_sent(connection, self._wall())
        queueing.tell_apart(connection)

    # ---- telling

    def _tell(self, tally: Tally, *, moving: bool) -> None:
        wait_s = self._breaker.ready_mono - time.monotonic()
        held = self._problem if self._breaker.open else None
        self._announce(
            OutgoingState(
                waiting=tally.waiting,
                failed=tally.dead,
                conflicts=tally.conflicts,
                moving=moving,
                problem=held,
                ready_wall=self._wall() + wait_s if held is not None and wait_s > 0 else None,
                sent=self._passed,
            )
        )

    def _announce(self, state: OutgoingState) -> None:
        if state != self._told:
            self._told = state
            self._deliver(functools.partial(self._on_state, state))


def _surface(bug: Exception) -> None:
    raise bug
