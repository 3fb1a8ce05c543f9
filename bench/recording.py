"""Gaps in the recording while the desk is frozen and while it parses big JSON."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from array import array
from pathlib import Path

from bench.desk_process import DeskProcess, desk, display
from bench.report import Line, Report
from bench.talking_peer import TalkingPeer

RATE = 16_000
HZ = 440
WINDOW = RATE // 200  # 5 ms: two periods of the tone
LOUD = 0.02
"""A window below this share of full scale is a gap."""


def run(quick: bool) -> Report:
    freeze_s, parse_s = (5.0, 2.0) if quick else (5.0, 10.0)
    with tempfile.TemporaryDirectory() as scratch, display() as screen:
        key, recipient = _key(Path(scratch))
        with desk(recipient=recipient) as under_test, TalkingPeer(under_test.port) as peer:
            peer.call()
            under_test.wait_for("CallOffered")
            under_test.say("answer")
            under_test.wait_for("RecordingStarted")
            peer.talk()
            time.sleep(2)
            began = time.monotonic()
            under_test.say(f"freeze {freeze_s}")
            under_test.wait_for("thawed")
            under_test.say(f"parse {parse_s}")
            under_test.wait_for("parsed")
            under_load_s = time.monotonic() - began
            time.sleep(2)
            peer.hang_up()
            under_test.wait_for("RecordingStopped")
            caller = _caller_channel(under_test, key, Path(scratch))
        gap_ms, length_s = _longest_gap(caller)
    metrics = {
        "gap_ms_max": gap_ms,
        "recorded_s": length_s,
        "frozen_s": freeze_s,
        "parsing_s": parse_s,
    }
    lines = [Line("longest gap in the caller's channel", gap_ms, "ms", 20)]
    note = (
        f"A steady tone for {length_s:.1f} s, the desk frozen for {freeze_s:.0f} s and parsing "
        f"JSON for {parse_s:.0f} s ({under_load_s:.1f} s in all); opened with the compliance key. "
        f"Screen: {screen}."
    )
    return Report("recording: the desk may stand still", lines, metrics, [note])


def _tool(*words: str) -> str:
    command = [sys.executable, "-m", "ctidesk.app", "recording", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _key(folder: Path) -> tuple[Path, str]:
    path = folder / "key.txt"
    _tool("keygen", "--out", str(path))
    words = path.read_text().split()
    return path, next(word for word in words if word.startswith("age1"))


def _caller_channel(under_test: DeskProcess, key: Path, scratch: Path) -> array[int]:
    (folder,) = (under_test.profile / "recordings").iterdir()
    out = scratch / "call.wav"
    _tool("open", str(folder), "--identity", str(key), "--out", str(out))
    samples: array[int] = array("h")
    samples.frombytes(out.read_bytes()[44:])
    return samples[1::2]


def _longest_gap(samples: array[int]) -> tuple[float, float]:
    """Longest run of silent windows between the first and the last loud one (ms), and the time
    between those (s)."""
    loud = [
        max(map(abs, samples[at : at + WINDOW])) > LOUD * 32768
        for at in range(0, len(samples) - WINDOW, WINDOW)
    ]
    first, last = loud.index(True), len(loud) - loud[::-1].index(True)
    longest = run_length = 0
    for is_loud in loud[first:last]:
        run_length = 0 if is_loud else run_length + 1
        longest = max(longest, run_length)
    return longest * WINDOW / RATE * 1000, (last - first) * WINDOW / RATE
