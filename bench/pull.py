"""Members read from a FHIR server into the cache, beside only fetching and parsing the same pages.

Look-ups by number go on meanwhile, in a cache that holds a whole directory already: what a caller
waits for during the first load. Two servers: one joins pages from ready bytes, the hardest peer
there is; the other is the real FHIR router of the tests (Medplum on Node), where it can be had.
"""

from __future__ import annotations

import gc
import json
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
REAL = 2_000
QUICK_REAL = 1_000
QUICK_PULLED = 20_000
PAGE = 200
LOOKUP_LIMIT_MS = 20.0
SHARE_LIMIT = 0.4
BETWEEN_LOOKUPS_S = 0.02
WARM_UP = 100


def run(quick: bool = False) -> Report:
    count = QUICK_PULLED if quick else PULLED
    members = QUICK_MEMBERS if quick else MEMBERS
    profile = profile_with(members)
    key = keys_of(profile).database_key()
    # as in the desk: the store answers a look-up while another thread computes
    sys.setswitchinterval(0.0005)
    real = _real(QUICK_REAL if quick else REAL)
    with _server(count) as base, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cache.db"
        shutil.copy(profile.database, path)
        bare_s = _bare(base, count)
        pulled_s, took = _pull(base, path, key, members)
        quiet = _quiet(path, key, members)
    metrics = {
        "pull_rows_s": count / pulled_s,
        "bare_rows_s": count / bare_s,
        "share": bare_s / pulled_s,
        "lookup_ms_p50": percentile(took, 50),
        "lookup_ms_p99": percentile(took, 99),
        "lookup_quiet_ms_p99": percentile(quiet, 99),
        "lookups": float(len(took)),
        "members": float(members),
    }
    lines = []
    if real is not None:
        metrics["real_pull_rows_s"], metrics["real_bare_rows_s"] = real
        metrics["real_share"] = real[0] / real[1]
        peer = "fetch + json.loads"
        lines.append(Line("from a real FHIR server", real[0], "rows/s", None, peer, real[1]))
    return Report(
        title=f"{count:,} members from a FHIR server, {members:,} in the cache already",
        lines=(
            *lines,
            Line(
                "from ready pages",
                metrics["pull_rows_s"],
                "rows/s",
                None,
                "fetch + json.loads",
                metrics["bare_rows_s"],
            ),
            Line(
                "look-up meanwhile, p99",
                metrics["lookup_ms_p99"],
                "ms",
                LOOKUP_LIMIT_MS,
                "without a pull",
                metrics["lookup_quiet_ms_p99"],
            ),
            Line("look-up meanwhile, median", metrics["lookup_ms_p50"], "ms"),
        ),
        metrics=metrics,
        notes=(
            f"pages of {PAGE}; {len(took)} look-ups meanwhile; wanted: at least "
            f"{SHARE_LIMIT:.0%} of fetching and parsing, here {metrics['share']:.0%}"
            + (f", from a real server {metrics['real_share']:.0%}" if real else ""),
        ),
    )


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


def _real(count: int) -> tuple[float, float] | None:
    """(rows/s into an empty cache, rows/s only fetched and parsed), None without npm."""
    try:
        server = FhirServer()
    except NoFhirServer:
        return None
    try:
        server.load(patient(index) for index in range(count))
        bare_s = _bare(server.base, count)
        with tempfile.TemporaryDirectory() as folder:
            store = StoreThread(
                SqlCipherCache(Path(folder) / "cache.db", lambda: bytes(32)), lambda f: f()
            )
            store.start()
            place = CrmPlace(
                server=server.base, source="CRM", region="DE", kinds=("Patient",), page=PAGE
            )
            rounds = connect(place, str, store, _quietly, lambda: False)
            began = time.perf_counter()
            rounds.round()
            pull_s = time.perf_counter() - began
            rounds.close()
            store.close(60)
    finally:
        server.close()
    return count / pull_s, count / bare_s


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


def _pull(base: str, path: Path, key: bytes, members: int) -> tuple[float, list[float]]:
    """(seconds of a whole first round, ms of each look-up meanwhile)."""
    store, directory = _opened(path, key, members)
    place = CrmPlace(server=base, source="CRM", region="DE", kinds=("Patient",), page=PAGE)
    rounds: Rounds = connect(place, str, store, _quietly, lambda: False)
    took: list[float] = []
    ended = threading.Event()
    asking = threading.Thread(target=_ask, args=(directory, members, ended, took))
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


def _quiet(path: Path, key: bytes, members: int) -> list[float]:
    """The same look-ups with nothing beside them."""
    store, directory = _opened(path, key, members)
    took: list[float] = []
    ended = threading.Event()
    threading.Timer(5.0, ended.set).start()
    _ask(directory, members, ended, took)
    store.close(60)
    return took


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


def _ask(
    directory: SqlMemberDirectory, members: int, ended: threading.Event, took: list[float]
) -> None:
    rng = random.Random(5)
    while not ended.wait(BETWEEN_LOOKUPS_S):
        took.append(_ms(directory, number_of(rng.randrange(members), "mobile")))
