"""Bulk work does not wait for the disk, and its log is taken in beside the store thread."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support.crm_store import PATIENCE_S, OpenStore

from ctidesk.crm.database import Database, open_database
from ctidesk.crm.jobs import Lane

KEY = bytes(range(32))


def mode(database: Database) -> int:
    """PRAGMA synchronous: 2 is FULL, 1 is NORMAL."""
    query = "PRAGMA synchronous"
    return int(database.read(lambda c: c.exec_driver_sql(query).scalar_one()))


def note(connection: Any, name: str) -> None:
    connection.exec_driver_sql("INSERT INTO marks VALUES (?, ?)", (name, "x" * 2000))


def wait_until(seen: Any) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not seen():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_what_agents_save_waits_for_the_disk_and_bulk_work_does_not(tmp_path: Path) -> None:
    database = open_database(tmp_path / "cache.db", KEY)
    database.write(lambda c: note(c, "saved"))
    assert mode(database) == 2
    database.write(lambda c: note(c, "bulk"), durable=False)
    assert mode(database) == 1
    with pytest.raises(ZeroDivisionError):
        database.write(lambda c: 1 // 0, durable=False)
    database.write(lambda c: note(c, "saved too"))
    assert mode(database) == 2
    database.close()


def test_the_log_is_taken_in_meanwhile_and_the_thread_ends_with_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    database = open_database(path, KEY)
    before = path.stat().st_size
    for at in range(200):
        database.write(lambda c, at=at: note(c, f"mark {at}"), durable=False)  # type: ignore[misc]
    # while it is open the file grows only by a checkpoint
    wait_until(lambda: path.stat().st_size > before + 200_000)
    database.close()
    assert "ctidesk-checkpoints" not in [thread.name for thread in threading.enumerate()]
    database = open_database(path, KEY)
    count = "SELECT count(*) FROM marks"
    assert database.read(lambda c: c.exec_driver_sql(count).scalar_one()) == 200
    database.close()


def test_bulk_work_is_told_that_somebody_waits(tmp_path: Path) -> None:
    opened = OpenStore(tmp_path / "cache.db")
    opened.wait_open()
    began, seen = threading.Event(), []

    def bulk(connection: Any) -> None:
        seen.append(opened.store.is_wanted)
        began.set()
        wait_until(lambda: opened.store.is_wanted)
        seen.append(opened.store.is_wanted)
        told.set()

    told = threading.Event()
    opened.store.submit(Lane.BULK, bulk)
    assert began.wait(PATIENCE_S)
    opened.run(lambda c: told.wait(PATIENCE_S), Lane.POP)
    assert seen == [False, True]
    opened.close()
