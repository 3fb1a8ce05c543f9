"""Start of the desk → window painted → ready to take a call."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from bench.desk_process import DeskProcess, display
from bench.report import Line, Report, percentile


def run(quick: bool) -> Report:
    starts = 5 if quick else 20
    window: list[float] = []
    ready: list[float] = []
    cache: list[float] = []
    folder = Path(tempfile.mkdtemp(prefix="ctidesk-bench-"))
    try:
        with display() as screen:
            for index in range(starts + 2):  # the first two fill the disk cache
                began = time.monotonic()
                process = DeskProcess(folder)
                stamps = dict.fromkeys(("window", "ready", "cache"), 0.0)
                for _ in stamps:
                    _fill(process, stamps)
                process.end()
                if index >= 2:
                    window.append((stamps["window"] - began) * 1000)
                    ready.append((stamps["ready"] - began) * 1000)
                    cache.append((stamps["cache"] - began) * 1000)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # a call can be taken when the window is there to take it and the engine answers
    ready = [max(pair) for pair in zip(window, ready, strict=True)]
    metrics = {
        "window_ms_p50": percentile(window, 50),
        "window_ms_p99": percentile(window, 99),
        "ready_ms_p50": percentile(ready, 50),
        "ready_ms_p99": percentile(ready, 99),
        "cache_ms_p50": percentile(cache, 50),
    }
    lines = [
        Line("start → window painted, median", metrics["window_ms_p50"], "ms", 1000),
        Line("start → ready to take a call, median", metrics["ready_ms_p50"], "ms", 1500),
        Line("start → member data open, median", metrics["cache_ms_p50"], "ms"),
    ]
    return Report(
        "start: from the command to a telephone",
        lines,
        metrics,
        [f"{starts} starts, screen: {screen}."],
    )


def _fill(process: DeskProcess, stamps: dict[str, float]) -> None:
    """Take the next of the stamps that are still missing, in any order."""
    missing = {what for what, at in stamps.items() if not at}
    stamp = process.next_of(missing)
    stamps[str(stamp["what"])] = float(stamp["t"])
