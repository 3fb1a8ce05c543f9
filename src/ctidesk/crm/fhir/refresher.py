"""The callers' own records, read anew while it rings: the cache shows them at once, this makes them
fresh when the CRM answers in time.

Runs in: desk process; `Refresher`'s methods on Qt main, the reading on a thread of its own, since
the pull may be in the middle of a first load. Imports no httpx: the thread does.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ctidesk.calls.errors import KnownError
from ctidesk.crm.fhir.worker import Stopped

if TYPE_CHECKING:
    from ctidesk.crm.fhir.client import FhirClient
    from ctidesk.crm.fhir.page_writer import StoreLine
    from ctidesk.crm.fhir.resource_rows import ResourceRows

log = logging.getLogger(__name__)

IN_TIME_S = 8.0
"""What the CRM has not said by then, the agent has no use for."""
FRESH_S = 30.0
"""A member who was read so shortly ago is not read again."""
REST_S = 15.0
"""A CRM that failed is left alone so long; the pull tells how it is."""
MOST_WAITING = 8
ABOUT = (
    ("Coverage", "patient"),
    ("MedicationRequest", "patient"),
    ("ClaimResponse", "patient"),
    ("Appointment", "patient"),
    ("", ""),  # what is quoted most is in: tell it
    ("CoverageEligibilityResponse", "patient"),
    ("DeviceRequest", "patient"),
    ("SupplyRequest", "subject"),
    ("MedicationDispense", "patient"),
    ("Communication", "patient"),
    ("Task", "patient"),
    ("RelatedPerson", "patient"),
    ("Consent", "patient"),
    ("DocumentReference", "patient"),
)
"""Types and the search parameter that names their patient (R4), the most quoted first."""
_COUNT = "100"
_KEY = "SELECT resource FROM members WHERE member_id = ?"


@dataclass(frozen=True, slots=True)
class Source:
    """`kinds`: types that this desk reads; `rows(connection)` of a transaction; `items(page, key)`:
    what of a page is about a patient, ready to be put into the cache."""

    client: FhirClient
    line: StoreLine
    kinds: frozenset[str]
    rows: Callable[[Any], ResourceRows]
    items: Callable[[Any, str], list[Any]]
    one: Callable[[Any], Any]
    close: Callable[[], None]


Connect = Callable[[Callable[[], bool]], Source]
"""(stopped) → where to read. Called on the thread; raises `KnownError`."""


class Refresher:
    """`on_fresh(member_id)` comes through `deliver`, once or twice for each member asked for that
    the CRM has. What fails is only logged: the card says how old it is."""

    def __init__(
        self,
        connect: Connect,
        deliver: Callable[[Callable[[], None]], None],
        on_fresh: Callable[[str], None],
    ) -> None:
        self._connect = connect
        self._deliver = deliver
        self._on_fresh = on_fresh
        self._wake = threading.Condition()
        self._wanted: deque[str] = deque()
        self._stopping = False
        self._read: dict[str, float] = {}
        self._rests_until = 0.0
        self._source: Source | None = None
        self._thread = threading.Thread(target=self._run, name="ctidesk-refresh", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask(self, member_ids: Iterable[str]) -> None:
        """Read these members soon; the newest first, the oldest wishes are dropped."""
        with self._wake:
            for member_id in member_ids:
                if member_id and member_id not in self._wanted:
                    self._wanted.appendleft(member_id)
            while len(self._wanted) > MOST_WAITING:
                self._wanted.pop()
            self._wake.notify()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """False if the running request took longer."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # ---- the thread

    def _run(self) -> None:
        while (member_id := self._next()) is not None:
            try:
                self._refresh(member_id)
            except Stopped:
                break
            except KnownError as problem:
                log.info("a card was not refreshed: %s", problem.code)
                self._rests_until = time.monotonic() + REST_S
            except Exception as bug:  # noqa: BLE001 - a thread's edge: the bug surfaces on Qt main
                self._deliver(functools.partial(_surface, bug))
        if self._source is not None:
            self._source.close()

    def _next(self) -> str | None:
        with self._wake:
            while not self._wanted and not self._stopping:
                self._wake.wait()
            return None if self._stopping else self._wanted.popleft()

    def _refresh(self, member_id: str) -> None:
        now = time.monotonic()
        if now < self._rests_until or now - self._read.get(member_id, -FRESH_S) < FRESH_S:
            return
        if self._source is None:
            self._source = self._connect(lambda: self._stopping)
        source = self._source
        key = source.line.ask(functools.partial(_key_of, member_id))
        if not key.startswith("Patient/"):
            return
        ends = now + IN_TIME_S
        kept = source.client.read("Patient", key.partition("/")[2])
        self._put(source, [source.one(kept)])
        for kind, parameter in ABOUT:
            if time.monotonic() > ends:
                log.info("a card was refreshed in part: the CRM is slow")
                break
            if not kind:
                self._tell(member_id)
            elif kind in source.kinds:
                self._search(source, kind, parameter, key)
        self._read[member_id] = time.monotonic()
        self._tell(member_id)

    def _search(self, source: Source, kind: str, parameter: str, key: str) -> None:
        try:
            page = source.client.search(kind, {parameter: key, "_count": _COUNT})
        except KnownError as problem:
            if getattr(problem, "http_status", 0) in (0, 401, 429) or (
                getattr(problem, "http_status", 0) >= 500
            ):
                raise
            log.info("%s of a card were not refreshed: %s", kind, problem.code)
            return
        self._put(source, source.items(page, key))

    def _put(self, source: Source, items: list[Any]) -> None:
        found = [item for item in items if item is not None]

        def work(connection: Any) -> None:
            rows = source.rows(connection)
            for item in found:
                if not rows.put(item):
                    rows.confirm(item.reading.key)
            rows.settle(len(found) + 10)

        if found:
            source.line.ask(work)

    def _tell(self, member_id: str) -> None:
        self._deliver(functools.partial(self._on_fresh, member_id))


def _key_of(member_id: str, connection: Any) -> str:
    row = connection.connection.cursor().execute(_KEY, (member_id,)).fetchone()
    return str(row[0]) if row else ""


def _surface(bug: Exception) -> None:
    raise bug
