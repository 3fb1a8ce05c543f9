"""Members read from a FHIR server into the cache, beside only fetching and parsing the same pages.

Look-ups by number go on meanwhile, in a cache that holds a whole directory already: what a caller
waits for during the first load. Two servers: one joins pages from ready bytes, the hardest peer
there is; the other is the real FHIR router of the tests (Medplum on Node), where it can be had.
"""

from __future__ import annotations

import gc
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.fhir_server import FhirServer, NoFhirServer

from bench.directory import MEMBERS, QUICK_MEMBERS, keys_of, profile_with
from bench.fhir_pages import patient
from bench.report import Line, Report, percentile
from ctidesk.care.member import Lookup
from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.crm.fhir.connect import CrmPlace, connect
from ctidesk.crm.fhir.worker import Rounds
from ctidesk.crm.generator import number_of
from ctidesk.crm.store import StoreThread

PULLED = 100_000
REAL = 8_000
QUICK_REAL = 2_000
QUICK_PULLED = 20_000
PAGE = 200
LOOKUP_LIMIT_MS = 20.0
STALL_LIMIT_MS = 50.0
SHARE_LIMIT = 0.4
BETWEEN_LOOKUPS_S = 0.02
WARM_UP = 100


@dataclass(slots=True)
class Took:
    """ms of look-ups in a directory of so many members."""

    members: int
    warm: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one server: rows/s of a pull beside an idle window and of fetching and parsing alone;
    look-ups during another pull; the longest stall of Qt's main thread (ms)."""

    pulled: float
    bare: float
    took: Took
    stall_ms: float

    def lines(self, name: str, limits: bool) -> list[Line]:
        peer = "fetch + json.loads"
        warm, cold = percentile(self.took.warm, 99), percentile(self.took.cold, 99)
        limit = LOOKUP_LIMIT_MS if limits else None
        return [
            Line(f"from {name}", self.pulled, "rows/s", None, peer, self.bare),
            Line("  look-up meanwhile, median", percentile(self.took.warm, 50), "ms"),
            Line("  look-up meanwhile, p99", warm, "ms", limit),
            Line("  the same, cold, p99", cold, "ms", limit),
            Line("  longest GUI stall", self.stall_ms, "ms", STALL_LIMIT_MS if limits else None),
        ]

    def metrics(self, name: str) -> dict[str, float]:
        return {
            f"{name}_pull_rows_s": self.pulled,
            f"{name}_bare_rows_s": self.bare,
            f"{name}_share": self.pulled / self.bare,
            f"{name}_lookup_ms_p50": percentile(self.took.warm, 50),
            f"{name}_lookup_ms_p99": percentile(self.took.warm, 99),
            f"{name}_lookup_cold_ms_p99": percentile(self.took.cold, 99),
            f"{name}_stall_ms": self.stall_ms,
        }


def run(quick: bool = False) -> Report:
    count = QUICK_PULLED if quick else PULLED
    members = QUICK_MEMBERS if quick else MEMBERS
    profile = profile_with(members)
    key = keys_of(profile).database_key()
    # as in the desk: the store answers a look-up while another thread computes
    sys.setswitchinterval(0.0005)
    with _server(count) as base:
        ready = _measured(base, profile.database, key, members, count)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cache.db"
        shutil.copy(profile.database, path)
        quiet = _quiet(path, key, members)
    real = None
    try:
        server = FhirServer()
    except NoFhirServer:
        pass
    else:
        number = QUICK_REAL if quick else REAL
        server.load(patient(index) for index in range(number))
        real = _measured(server.base, profile.database, key, members, number)
        server.close()
    metrics = {
        **ready.metrics("ready"),
        **(real.metrics("real") if real else {}),
        "lookup_quiet_ms_p99": percentile(quiet, 99),
        "members": float(members),
    }
    shares = f"from ready pages {metrics['ready_share']:.0%}"
    if real:
        shares = f"from a real server {metrics['real_share']:.0%}, {shares}"
    return Report(
        title=f"{count:,} members from a FHIR server, {members:,} in the cache already",
        lines=(
            *(real.lines("a real FHIR server", limits=True) if real else ()),
            *ready.lines("ready pages", limits=False),
            Line("look-up without a pull, p99", percentile(quiet, 99), "ms"),
        ),
        metrics=metrics,
        notes=(
            f"pages of {PAGE}; wanted: at least {SHARE_LIMIT:.0%} of fetching and parsing the same"
            f" pages, here {shares}",
        ),
    )


def _measured(base: str, database: Path, key: bytes, members: int, count: int) -> Measured:
    bare_s = _bare(base, count)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cache.db"
        shutil.copy(database, path)
        _, took = _pull(base, path, key, members)
        for part in path.parent.iterdir():
            part.unlink()
        shutil.copy(database, path)
        pulled_s, stall_ms = _stall(base, path, key, members)
    return Measured(count / pulled_s, count / bare_s, took, stall_ms)


@contextmanager
def _server(count: int) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.fhir_pages", str(count)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline().split()[1])
        yield f"http://127.0.0.1:{port}/fhir"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _bare(base: str, count: int) -> float:
    """Seconds to fetch and parse all pages with the same client, and nothing else."""
    import httpx

    seen = 0
    began = time.perf_counter()
    with httpx.Client(trust_env=False) as client:
        url = f"{base}/Patient?_count={PAGE}&_sort=_lastUpdated&_total=accurate"
        while url:
            page = json.loads(client.get(url).content)
            seen += len(page["entry"])
            links = page.get("link", ())
            url = next((each["url"] for each in links if each["relation"] == "next"), "")
    took = time.perf_counter() - began
    if seen != count:
        raise RuntimeError("not all pages came")
    return took


def _pull(base: str, path: Path, key: bytes, members: int) -> tuple[float, Took]:
    """(seconds of a whole first round, ms of each look-up meanwhile)."""
    store, directory = _opened(path, key, members)
    place = CrmPlace(server=base, source="CRM", region="DE", kinds=("Patient",), page=PAGE)
    rounds: Rounds = connect(place, str, store, _quietly, lambda: False)
    took = Took(members)
    ended = threading.Event()
    asking = threading.Thread(target=_ask, args=(directory, path, ended, took))
    asking.start()
    began = time.perf_counter()
    told = rounds.round()
    seconds = time.perf_counter() - began
    ended.set()
    asking.join()
    rounds.close()
    store.close(60)
    if told.problems or told.unreadable:
        raise RuntimeError("the round had problems")
    return seconds, took


def _quietly(cursor: object, first: bool) -> None:
    """Progress that nobody watches."""


def _stall(base: str, path: Path, key: bytes, members: int) -> tuple[float, float]:
    """(seconds of a whole first round, the longest that Qt's main thread was kept from a timer of
    1 ms meanwhile, in ms)."""
    from PySide6.QtCore import QCoreApplication, Qt, QTimer

    app = QCoreApplication.instance() or QCoreApplication([])
    store, _ = _opened(path, key, members)
    place = CrmPlace(server=base, source="CRM", region="DE", kinds=("Patient",), page=PAGE)
    rounds: Rounds = connect(place, str, store, _quietly, lambda: False)
    gaps: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append((now - last) * 1000)
        last = now
        if not reading.is_alive():
            app.quit()

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    reading = threading.Thread(target=rounds.round)
    reading.start()
    timer.start(1)
    began = last = time.perf_counter()
    app.exec()
    seconds = time.perf_counter() - began
    timer.stop()
    rounds.close()
    store.close(60)
    return seconds, max(gaps[1:])


def _quiet(path: Path, key: bytes, members: int) -> list[float]:
    """The same look-ups with nothing beside them."""
    store, directory = _opened(path, key, members)
    took = Took(members)
    ended = threading.Event()
    threading.Timer(5.0, ended.set).start()
    _ask(directory, path, ended, took)
    store.close(60)
    return took.warm


def _opened(path: Path, key: bytes, members: int) -> tuple[StoreThread, SqlMemberDirectory]:
    store = StoreThread(SqlCipherCache(path, lambda: key), lambda function: function())
    store.start()
    directory = SqlMemberDirectory(store, "DE")
    directory.warm_up()
    rng = random.Random(3)
    for _ in range(WARM_UP):
        _ms(directory, number_of(rng.randrange(members), "mobile"))
    # as the desk does when its cache has opened
    gc.collect()
    gc.freeze()
    return store, directory


def _ms(directory: SqlMemberDirectory, number: str) -> float:
    """What one look-up takes, asked and answered across threads."""
    answered = threading.Event()
    found: list[object] = []

    def done(lookup: object) -> None:
        found.append(lookup)
        answered.set()

    began = time.perf_counter()
    directory.find_by_number(number, done)
    answered.wait(30)
    took = (time.perf_counter() - began) * 1000
    if not found or not isinstance(found[0], Lookup) or not found[0].candidates:
        raise RuntimeError("a number of the directory was not found")
    return took


def _ask(directory: SqlMemberDirectory, path: Path, ended: threading.Event, took: Took) -> None:
    """Each fourth look-up finds the file thrown out of the computer's page cache."""
    rng = random.Random(5)
    at = 0
    while not ended.wait(BETWEEN_LOOKUPS_S):
        at += 1
        cold = at % 4 == 0
        if cold:
            _forget_pages(path)
        ms = _ms(directory, number_of(rng.randrange(took.members), "mobile"))
        (took.cold if cold else took.warm).append(ms)


def _forget_pages(path: Path) -> None:
    """What was written is on the disk for the most part: the log is taken in all the time."""
    if hasattr(os, "posix_fadvise"):
        for part in (path, path.with_name(path.name + "-wal")):
            if part.exists():
                with part.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
