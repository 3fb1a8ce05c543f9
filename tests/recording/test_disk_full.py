"""The disk refuses: the call isn't hurt, what is sealed stays valid, recording resumes."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.recorder_rig import RATE, RecorderRig

from ctidesk.recording.salvage import seal_orphans


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("disk full needs the right to mount a small tmpfs")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def noise(seconds: float, seed: int) -> bytes:
    """What no codec makes smaller: 32 kB a second and leg."""
    return random.Random(seed).randbytes(round(seconds * RATE) * 2)


def ballast(disk: Path, leave: int) -> Path:
    path = disk / "ballast"
    stat = os.statvfs(disk)
    path.write_bytes(bytes(max(0, stat.f_bavail * stat.f_frsize - leave)))
    return path


def drained(rig: RecorderRig) -> None:
    """60 s, twice what the pipes hold, go in only if the recorder goes on reading."""
    silence = bytes(60 * RATE * 2)
    rig.pump(silence, silence)


def test_a_full_disk_is_told_once_and_recording_resumes(make_rig: Any, small_disk: Path) -> None:
    rig = make_rig(spool=small_disk / "spool")
    rig.open_legs()
    rig.start()
    rig.feed(noise(1, 1), noise(1, 2))
    rig.told("sealed")
    weight = ballast(small_disk, leave=0)
    rig.feed(noise(12, 3), noise(12, 4))
    assert rig.told("failed") == {"event": "failed", "problem": "disk_full"}
    assert rig.verdict().genuine
    weight.unlink()
    rig.feed(noise(3, 5), noise(3, 6))
    rig.told("started", 2)
    rig.hang_up()
    assert rig.ended() == 0
    assert [each["event"] for each in rig.news].count("failed") == 1
    manifest = rig.manifest()
    assert manifest.state == "closed"
    [gap] = manifest.gaps
    assert (gap.reason, gap.offset_s, gap.padded) == ("disk_full", 1.0, False)
    agent, caller = rig.legs_recorded()
    assert len(agent) == 16 * RATE
    assert agent[:RATE].tobytes() == noise(1, 1)
    assert agent[-RATE:].tobytes() == noise(3, 5)[-2 * RATE :]
    assert caller[-RATE:].tobytes() == noise(3, 6)[-2 * RATE :]


def test_a_write_that_really_fails_leaves_nothing_torn(make_rig: Any, small_disk: Path) -> None:
    """The space looks enough and is not: the write itself gets ENOSPC."""
    rig = make_rig(spool=small_disk / "spool")
    rig.open_legs()
    rig.start()
    rig.feed(noise(1, 1), noise(1, 2))
    rig.told("sealed")
    ballast(small_disk, leave=400_000)
    rig.feed(noise(10, 3), noise(10, 4))
    assert rig.told("failed")["problem"] == "disk_full"
    assert sorted(each.name for each in rig.recording.iterdir()) == ["0000.age", "manifest.json"]
    rig.feed(noise(1, 5), noise(1, 6))
    rig.told("started", 2)
    rig.hang_up()
    assert rig.ended() == 0
    manifest = rig.manifest()
    assert [(each.offset_s, each.duration_s) for each in manifest.segments] == [(0, 1), (11, 1)]
    [gap] = manifest.gaps
    assert (gap.reason, gap.offset_s, gap.duration_s) == ("disk_full", 1, 10)


def test_the_reserve_is_left_to_the_database(make_rig: Any) -> None:
    rig = make_rig(reserve_bytes=1 << 60)
    rig.open_legs()
    rig.start()
    rig.feed(noise(2, 1), noise(2, 2))
    assert rig.told("failed")["problem"] == "disk_full"
    drained(rig)
    rig.hang_up()
    assert rig.ended() == 0
    manifest = rig.manifest()
    assert manifest.segments == ()
    assert {gap.reason for gap in manifest.gaps} >= {"disk_full"}
    assert rig.told("stopped")["duration_s"] >= 62


def test_a_disk_that_is_full_from_the_start(make_rig: Any, small_disk: Path) -> None:
    weight = ballast(small_disk, leave=0)
    rig = make_rig(spool=small_disk / "spool")
    rig.open_legs()
    rig.start()
    rig.feed(noise(2, 1), noise(2, 2))
    assert rig.told("failed")["problem"] == "disk_full"
    weight.unlink()
    rig.feed(noise(2, 3), noise(2, 4))
    rig.told("started")
    rig.hang_up()
    assert rig.ended() == 0
    agent, _ = rig.legs_recorded()
    assert agent[-RATE:].tobytes() == noise(2, 3)[-2 * RATE :]


def test_a_disk_that_stays_full_leaves_an_open_manifest(make_rig: Any, small_disk: Path) -> None:
    """Nothing can be signed any more; what was signed before holds, and salvage closes it."""
    rig = make_rig(spool=small_disk / "spool")
    rig.open_legs()
    rig.start()
    rig.feed(noise(1, 1), noise(1, 2))
    rig.told("sealed")
    weight = ballast(small_disk, leave=0)
    rig.feed(noise(1, 3), noise(1, 4))
    rig.hang_up()
    assert rig.ended() == 3
    assert rig.news[-1] == {"event": "failed", "problem": "disk_full"}
    assert rig.verdict().genuine
    assert rig.verdict().still_open
    [refused] = seal_orphans(rig.spool, rig.settings["device_key"])
    assert (refused.closed, refused.problem) == (False, "cannot_write")
    weight.unlink()
    [sealed] = seal_orphans(rig.spool, rig.settings["device_key"])
    assert sealed.closed
    assert rig.manifest().state == "closed"


def test_a_spool_that_vanishes_hurts_nobody(rig: RecorderRig) -> None:
    rig.open_legs()
    rig.start()
    rig.feed(noise(1, 1), noise(1, 2))
    rig.told("sealed")
    rig.recording.rename(rig.folder / "gone")
    rig.feed(noise(11, 3), noise(11, 4))
    assert rig.told("failed")["problem"] == "cannot_start"
    drained(rig)
    (rig.folder / "gone").rename(rig.recording)
    rig.feed(noise(1, 5), noise(1, 6))
    rig.told("started", 2)
    rig.hang_up()
    assert rig.ended() == 0
    assert rig.manifest().gaps[0].reason == "disk_error"
