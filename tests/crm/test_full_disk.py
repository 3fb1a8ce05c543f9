"""A disk that is really full: a small tmpfs of the test's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.crm_people import RECORDS
from tests.support.crm_store import OpenStore
from tests.support.fake_clock import FakeClock

from ctidesk.calls.ports import WrapUpDraft
from ctidesk.crm.journal import SqlCallJournal

SIZE = "12m"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def _fill(place: Path, leave: int = 0) -> Path:
    filler = place / "filler"
    free = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
    with filler.open("wb") as file:
        file.write(bytes(max(0, free - leave)))
    return filler


def test_on_a_full_disk_the_reserve_saves_the_wrap_up_and_nothing_is_lost(
    small_disk: Path,
) -> None:
    opened = OpenStore(small_disk / "cache.db")
    opened.put(RECORDS)
    filler = _fill(small_disk)
    journal = SqlCallJournal(opened.store, FakeClock())
    # the reserve holds far more than a shift's notes
    small = WrapUpDraft(call_id="c1", note="n" * 100_000)
    assert opened.desk.answer(lambda d: journal.save_draft(small, d)) is None
    assert not (small_disk / "cache.db.reserve").exists()
    assert "disk_full" in {state.problem.code for state in opened.states if state.problem}

    filler.unlink()
    filler = _fill(small_disk)
    huge = WrapUpDraft(call_id="c2", note="n" * 3_000_000)
    kept: list[Any] = []
    journal.save_draft(huge, kept.append)
    opened.desk.wait(
        lambda: (
            opened.states[-1].problem is not None and opened.states[-1].problem.code == "disk_full"
        )
    )
    assert kept == []
    filler.unlink()
    opened.desk.wait(lambda: bool(kept))
    assert kept == [None]
    assert list(opened.desk.answer(journal.load_drafts)) == [small, huge]
    opened.close()


def test_a_cache_that_can_not_even_be_made_says_so_and_comes_when_there_is_room(
    small_disk: Path,
) -> None:
    filler = _fill(small_disk, leave=64 * 1024)
    opened = OpenStore(small_disk / "cache.db")
    state = opened.wait_open()
    assert state.problem is not None and state.problem.code == "disk_full"
    filler.unlink()
    opened.desk.wait(lambda: opened.states[-1].problem is None)
    opened.put(RECORDS)
    opened.close()
