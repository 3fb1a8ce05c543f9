"""Number → candidates in a directory of 1,000,000 members, warm and cold, beside bare SQL.

The whole way that a pop takes: the number as the network gave it, queued to the store thread, read
and matched there, the answer handed to `deliver`. Cold: a new connection after the file was thrown
out of the page cache, statements not yet compiled.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bench.directory import MEMBERS, QUICK_MEMBERS, keys_of, profile_with
from bench.report import Line, Report, percentile
from ctidesk.care.member import Lookup
from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.database import Database, open_database
from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.crm.generator import number_of
from ctidesk.crm.store import StoreThread

WARM_LIMIT_MS = 10.0
COLD_LIMIT_MS = 60.0
_BARE = (
    "SELECT m.member_id, m.given, m.family FROM numbers n "
    "JOIN members m ON m.id = n.owner_ref WHERE n.e164 = ? AND n.e164 != '' AND n.owner_kind = 0"
)


def run(quick: bool = False) -> Report:
    members = QUICK_MEMBERS if quick else MEMBERS
    profile = profile_with(members)
    keys = keys_of(profile)
    key = keys.database_key()
    rng = random.Random(11)
    warm = _warm(profile.database, key, _numbers(rng, members, 500 if quick else 3000))
    cold = _cold(profile.database, key, _numbers(rng, members, 20 if quick else 60))
    bare = _bare(profile.database, key, _numbers(rng, members, 500 if quick else 3000))
    metrics = {
        "warm_ms_p50": percentile(warm, 50),
        "warm_ms_p99": percentile(warm, 99),
        "cold_ms_p50": percentile(cold, 50),
        "cold_ms_p99": percentile(cold, 99),
        "bare_ms_p50": percentile(bare, 50),
        "bare_ms_p99": percentile(bare, 99),
        "members": float(members),
    }
    peer = "bare SQL"
    return Report(
        title=f"Number → candidates, {members:,} members, {2 * members:,} numbers",
        lines=(
            Line("warm, median", metrics["warm_ms_p50"], "ms", None, peer, metrics["bare_ms_p50"]),
            Line(
                "warm, p99",
                metrics["warm_ms_p99"],
                "ms",
                WARM_LIMIT_MS,
                peer,
                metrics["bare_ms_p99"],
            ),
            Line("cold, median", metrics["cold_ms_p50"], "ms"),
            Line("cold, p99", metrics["cold_ms_p99"], "ms", COLD_LIMIT_MS),
        ),
        metrics=metrics,
        notes=(f"{len(warm)} warm and {len(cold)} cold look-ups; file on {profile.root}",),
    )


def _numbers(rng: random.Random, members: int, count: int) -> list[str]:
    """Spelt as trunks spell them: E.164, 00 and national; each fourth one shared by two."""
    found: list[str] = []
    for at in range(count):
        e164 = number_of(rng.randrange(members), "home" if at % 2 else "mobile")
        found.append((e164, f"00{e164[1:]}", f"0{e164[3:]}")[at % 3])
    return found


class _Asker:
    """A store and its directory; answers come straight from the store thread."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._store = StoreThread(SqlCipherCache(path, lambda: key), lambda function: function())
        self._store.start()
        self._directory = SqlMemberDirectory(self._store, "DE")

    def ms(self, number: str) -> float:
        answered = threading.Event()
        found: list[Lookup] = []

        def done(lookup: object) -> None:
            assert isinstance(lookup, Lookup)
            found.append(lookup)
            answered.set()

        began = time.perf_counter()
        self._directory.find_by_number(number, done)
        answered.wait(30)
        took = (time.perf_counter() - began) * 1000
        if not found or not found[0].candidates:
            raise RuntimeError("a number of the directory was not found")
        return took

    def wait_open(self) -> None:
        opened = threading.Event()
        self._directory.search("", 1, lambda _: opened.set())
        opened.wait(30)

    def close(self) -> None:
        self._store.close()


def _warm(path: Path, key: bytes, numbers: Sequence[str]) -> list[float]:
    asker = _Asker(path, key)
    asker.wait_open()
    for number in numbers[: len(numbers) // 4]:
        asker.ms(number)
    took = [asker.ms(number) for number in numbers]
    asker.close()
    return took


def _cold(path: Path, key: bytes, numbers: Sequence[str]) -> list[float]:
    took: list[float] = []
    for number in numbers:
        _out_of_page_cache(path)
        asker = _Asker(path, key)
        asker.wait_open()
        took.append(asker.ms(number))
        asker.close()
    return took


def _bare(path: Path, key: bytes, numbers: Sequence[str]) -> list[float]:
    """The same pages by one prepared statement: no thread, no numbering plan, no candidates."""
    database: Database = open_database(path, key)
    spelt = [
        f"+49{number.removeprefix('+49').removeprefix('0049').lstrip('0')}" for number in numbers
    ]

    def all_of_them(connection) -> list[float]:  # type: ignore[no-untyped-def]
        cursor = connection.connection.cursor()
        took = []
        for number in spelt[: len(spelt) // 4] + spelt:
            began = time.perf_counter()
            rows = cursor.execute(_BARE, (number,)).fetchall()
            took.append((time.perf_counter() - began) * 1000)
            if not rows:
                raise RuntimeError("a number of the directory was not found")
        return took[len(spelt) // 4 :]

    measured = database.read(all_of_them)
    database.close()
    return measured


def _out_of_page_cache(path: Path) -> None:
    """Needs no rights, unlike drop_caches; only clean pages go, and the file is closed."""
    if not hasattr(os, "posix_fadvise"):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
