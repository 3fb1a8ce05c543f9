"""Processes that die or freeze in the middle of a recorded call."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.support.recorder_rig import DEVICE_KEY, F_SETPIPE_SZ, RecorderRig

from ctidesk.recording import manifest as mf
from ctidesk.recording.salvage import seal_orphans

pytestmark = pytest.mark.kills


def test_a_killed_writer_leaves_all_it_wrote(rig: RecorderRig, expected: Any) -> None:
    rig.start_writer(seconds=60, speed=4)
    rig.start()
    rig.told("sealed", 2)
    assert rig.writer is not None
    rig.writer.kill()
    assert rig.recorder.stdin is not None
    rig.recorder.stdin.close()  # the engine's other pipes die with it
    assert rig.ended() == 0
    manifest = rig.manifest()
    assert manifest.state == "closed"
    agent, caller = rig.legs_recorded()
    assert len(agent) >= 11 * 16_000
    left, right = expected(len(agent) / 16_000)
    # The writer may have died between its two legs: that one block is silence on the right.
    whole = len(agent) - 2000
    assert agent == left
    assert caller[:whole] == right[:whole]


def test_a_killed_recorder_leaves_a_valid_open_manifest(rig: RecorderRig, expected: Any) -> None:
    rig.start_writer(seconds=60, speed=4)
    rig.start()
    rig.told("sealed", 3)
    rig.kill()
    rig.recorder.wait()
    verdict = rig.verdict()
    assert verdict.genuine
    assert verdict.still_open
    assert verdict.manifest is not None
    sealed_s = verdict.manifest.duration_s
    assert sealed_s >= 21
    assert rig.legs_recorded() == expected(sealed_s)


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5])
def test_a_recorder_killed_at_any_moment_leaves_nothing_that_is_not_genuine(
    rig: RecorderRig, tones: Any, after_s: float
) -> None:
    rig.open_legs()
    rig.feed(*tones(0, 30))
    rig.start()
    time.sleep(after_s)  # not awaited for anything: the moment is meant to be arbitrary
    rig.kill()
    rig.recorder.wait()
    if (rig.recording / mf.FILE_NAME).exists():
        assert rig.verdict().genuine
        [sealed] = seal_orphans(rig.spool, DEVICE_KEY)
        assert (sealed.closed, sealed.problem) == (True, "")
        manifest = rig.manifest()
        assert manifest.closed_by == "recorder_died"
        assert len(list(rig.recording.iterdir())) == 1 + len(manifest.segments)


def test_salvage_closes_what_a_killed_recorder_left(rig: RecorderRig, expected: Any) -> None:
    rig.start_writer(seconds=60, speed=4)
    rig.start()
    rig.told("sealed", 2)
    assert seal_orphans(rig.spool, DEVICE_KEY) == []  # it lives: hands off
    assert rig.verdict().still_open
    rig.kill()
    rig.recorder.wait()
    (rig.recording / "0009.age.tmp").write_bytes(b"torn")
    [sealed] = seal_orphans(rig.spool, DEVICE_KEY)
    manifest = rig.manifest()
    assert sealed.closed
    assert sealed.call_id == "call-1"
    assert sealed.segments == len(manifest.segments) >= 2
    assert sealed.duration_s == manifest.duration_s
    assert sealed.bytes == sum(each.bytes for each in manifest.segments)
    assert sealed.manifest == str(rig.recording / "manifest.json")
    assert (manifest.state, manifest.closed_by) == ("closed", "recorder_died")
    assert manifest.gaps[-1].duration_s is None
    assert not (rig.recording / "0009.age.tmp").exists()
    assert rig.legs_recorded() == expected(sealed.duration_s)
    assert seal_orphans(rig.spool, DEVICE_KEY) == []


def killed(rig: RecorderRig, tones: Any) -> None:
    rig.open_legs()
    rig.feed(*tones(0, 12))
    rig.start()
    rig.told("sealed", 2)
    rig.kill()
    rig.recorder.wait()


def test_salvage_gives_the_last_segment_its_name(
    rig: RecorderRig, tones: Any, expected: Any
) -> None:
    killed(rig, tones)
    last = rig.recording / "0001.age"
    last.rename(rig.recording / "0001.age.tmp")
    assert rig.verdict().genuine
    [sealed] = seal_orphans(rig.spool, bytes.fromhex(DEVICE_KEY))
    assert (sealed.closed, sealed.problem) == (True, "")
    assert last.exists()
    assert rig.legs_recorded() == expected(11)


def test_salvage_never_signs_what_another_hand_changed(rig: RecorderRig, tones: Any) -> None:
    killed(rig, tones)
    path = rig.recording / mf.FILE_NAME
    body = json.loads(path.read_bytes())
    body["segments"].pop()
    path.write_bytes(mf.canonical(body))
    before = path.read_bytes()
    [sealed] = seal_orphans(rig.spool, DEVICE_KEY)
    assert (sealed.closed, sealed.problem) == (False, "changed_manifest")
    assert path.read_bytes() == before


def test_salvage_leaves_another_devices_recording(rig: RecorderRig, tones: Any) -> None:
    killed(rig, tones)
    [sealed] = seal_orphans(rig.spool, "77" * 32)
    assert (sealed.closed, sealed.problem) == (False, "wrong_device")
    assert rig.verdict().still_open


def test_salvage_does_not_hide_a_missing_segment(rig: RecorderRig, tones: Any) -> None:
    killed(rig, tones)
    (rig.recording / "0000.age").unlink()
    [sealed] = seal_orphans(rig.spool, DEVICE_KEY)
    assert (sealed.closed, sealed.problem) == (True, "missing")
    assert [each.problem for each in rig.verdict().findings] == ["missing"]


def test_salvage_says_which_folder_has_lost_its_manifest(rig: RecorderRig, tones: Any) -> None:
    killed(rig, tones)
    (rig.recording / mf.FILE_NAME).unlink()
    [sealed] = seal_orphans(rig.spool, DEVICE_KEY)
    assert (sealed.call_id, sealed.closed, sealed.problem) == ("call-1", False, "no_manifest")
    assert (rig.recording / "0000.age").exists()


def test_salvage_removes_what_died_before_it_began(rig: RecorderRig) -> None:
    folder = rig.spool / "call-9"
    folder.mkdir(parents=True)
    (folder / "manifest.json.tmp").write_bytes(b"torn")
    assert seal_orphans(rig.spool, DEVICE_KEY) == []
    assert not folder.exists()
    assert seal_orphans(rig.spool / "nowhere", DEVICE_KEY) == []


def test_a_recorder_frozen_for_five_seconds_loses_nothing(rig: RecorderRig, expected: Any) -> None:
    """At double speed: ten seconds of audio come while it stands still."""
    rig.start_writer(seconds=12, speed=2)
    rig.start()
    rig.told("sealed")
    rig.kill(signal.SIGSTOP)
    time.sleep(5)  # the freeze itself
    rig.kill(signal.SIGCONT)
    assert rig.ended() == 0
    assert rig.legs_recorded() == expected(12)
    assert rig.manifest().gaps == ()


def test_what_overflowed_while_it_stood_still_is_a_gap_with_its_reason(make_rig: Any) -> None:
    rig = make_rig(pipe_bytes=65_536)  # two seconds of audio
    rig.start_writer(seconds=5.5, speed=1)
    rig.start()
    rig.told("sealed")
    rig.kill(signal.SIGSTOP)
    time.sleep(3.5)  # the freeze itself
    rig.kill(signal.SIGCONT)
    assert rig.ended() == 0
    gaps = [gap for gap in rig.manifest().gaps if gap.reason == "recorder_stalled"]
    assert gaps
    assert not gaps[0].padded
    assert gaps[0].duration_s is not None
    assert gaps[0].duration_s > 0.5
    agent, caller = rig.legs_recorded()
    assert len(agent) == len(caller)


def test_silence_of_the_engine_is_a_gap_and_keeps_the_timeline_true(
    rig: RecorderRig, tones: Any
) -> None:
    left, right = tones(0, 2)
    rig.open_legs()
    rig.start()
    rig.feed(left, right)
    rig.told("sealed")
    time.sleep(3)  # the engine stands still
    rig.feed(left, right)
    rig.hang_up()
    assert rig.ended() == 0
    [gap] = rig.manifest().gaps
    assert (gap.reason, gap.offset_s, gap.padded) == ("no_audio", 2.0, False)
    assert gap.duration_s is not None
    assert gap.duration_s > 0.5
    frames = round(gap.duration_s * 16_000)
    agent, _ = rig.legs_recorded()
    assert agent.tobytes() == left + bytes(2 * frames) + left


def test_an_engine_that_does_not_read_the_news_stalls_nothing(rig: RecorderRig, tones: Any) -> None:
    rig.open_legs()
    rig.start(listen=False)
    assert rig.recorder.stdout is not None
    # The smallest pipe there is, so that it is full after a few dozen lines.
    fcntl.fcntl(rig.recorder.stdout.fileno(), F_SETPIPE_SZ, 4096)
    block = tones(0, 10)
    for _ in range(32):
        rig.pump(*block)
    rig.hang_up()
    assert rig.recorder.wait(50) == 0
    assert rig.manifest().state == "closed"


def test_memory_and_files_stay_flat(rig: RecorderRig, tones: Any) -> None:
    rig.open_legs()
    rig.start()
    process = psutil.Process(rig.recorder.pid)
    seen: list[tuple[int, int]] = []
    block = tones(0, 10)
    for count in range(1, 19):
        rig.pump(*block)
        rig.told("sealed", count)
        seen.append((process.memory_info().rss, process.num_fds()))
    rig.hang_up()
    assert rig.ended() == 0
    # The least of several: what malloc keeps for the next time comes and goes.
    assert min(rss for rss, _ in seen[-6:]) - min(rss for rss, _ in seen[2:8]) < 1_500_000
    assert seen[-1][1] <= seen[3][1]


def test_it_wakes_a_few_times_a_second_only(rig: RecorderRig) -> None:
    rig.start_writer(seconds=5, speed=1)
    rig.start()
    rig.told("sealed")

    def switches() -> int:
        status = Path(f"/proc/{rig.recorder.pid}/status").read_text()
        return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])

    begun, before = time.monotonic(), switches()
    time.sleep(2)
    rate = (switches() - before) / (time.monotonic() - begun)
    assert rate <= 10
    os.kill(rig.recorder.pid, signal.SIGTERM)
    assert rig.ended() == 0
