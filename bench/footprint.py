"""Resident memory and CPU of all processes, idle, in a call, recorded; growth over calls."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil

from bench.desk_process import DeskProcess, desk, display
from bench.report import Line, Report
from bench.talking_peer import TalkingPeer

MB = 1024 * 1024
SETTLE_S = 35.0
"""A SIP stack remembers an ended call for 64 × T1 = 32 s (RFC 3261, 17.2.2): till then its memory
is in use and no growth."""


def run(quick: bool) -> Report:
    watch_s = 8.0 if quick else 30.0
    calls = 10 if quick else 50
    identity = _identity()
    with display() as screen:
        with desk() as under_test, TalkingPeer(under_test.port) as peer:
            idle = _cpu(under_test, watch_s)
            idle_rss = _rss(under_test)
            peer.call()
            under_test.wait_for("CallOffered")
            under_test.say("answer")
            under_test.wait_for("CallAnswered")
            peer.talk()
            call = _cpu(under_test, watch_s)
            call_rss = _rss(under_test)
            peer.hang_up()
        with desk(recipient=identity) as under_test, TalkingPeer(under_test.port) as peer:
            recorded, recorded_engine, recorded_rss, codec = _recorded(under_test, peer, watch_s)
            growth = _growth(under_test, peer, calls)
    metrics = {
        "rss_mb_total": recorded_rss,
        "idle_rss_mb": idle_rss,
        "call_rss_mb": call_rss,
        "idle_cpu_pct": idle,
        "call_cpu_pct": call,
        "recorded_call_cpu_pct": recorded,
        "recorded_call_engine_cpu_pct": recorded_engine,
        "growth_mb_per_calls": growth,
        "calls": float(calls),
    }
    lines = [
        Line("resident, recorded call, all processes", recorded_rss, "MB", 250),
        Line("resident, idle", idle_rss, "MB"),
        Line("resident, call", call_rss, "MB"),
        Line("CPU idle, all processes", idle, "%", 1.5),
        Line("CPU in a call, all processes", call, "%"),
        Line("CPU in a recorded call, all processes", recorded, "%", 8.0),
        Line("CPU in a recorded call, engine alone", recorded_engine, "%"),
        Line(f"growth over {calls} calls", growth, "MB", 2.0),
    ]
    note = (
        f"{watch_s:.0f} s each; % of one core; codec {codec}; screen: {screen}. Resident memory is "
        "the sum of RSS, so that shared pages count more than once."
    )
    return Report("footprint: what it costs", lines, metrics, [note])


def _identity() -> str:
    made = subprocess.run(
        [sys.executable, "-m", "ctidesk.app", "recording", "keygen"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return next(word for word in made.split() if word.startswith("age1"))


def _family(under_test: DeskProcess) -> list[psutil.Process]:
    desk_pid, engine_pid = under_test.pids()
    family = {desk_pid: psutil.Process(desk_pid), engine_pid: psutil.Process(engine_pid)}
    for root in list(family.values()):
        family.update({child.pid: child for child in root.children(recursive=True)})
    return list(family.values())


def _rss(under_test: DeskProcess) -> float:
    return sum(process.memory_info().rss for process in _family(under_test)) / MB


def _cpu_of(processes: list[psutil.Process], seconds: float) -> list[float]:
    before = [sum(process.cpu_times()[:2]) for process in processes]
    began = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    after = [sum(process.cpu_times()[:2]) for process in processes]
    return [100 * (b - a) / took for a, b in zip(before, after, strict=True)]


def _cpu(under_test: DeskProcess, seconds: float) -> float:
    time.sleep(2)  # what the last event set off is over
    return sum(_cpu_of(_family(under_test), seconds))


def _recorded(
    under_test: DeskProcess, peer: TalkingPeer, seconds: float
) -> tuple[float, float, float, str]:
    peer.call()
    under_test.wait_for("CallOffered")
    under_test.say("answer")
    under_test.wait_for("RecordingStarted")
    peer.talk()
    time.sleep(2)
    family = _family(under_test)
    shares = _cpu_of(family, seconds)
    engine = under_test.pids()[1]
    engine_share = sum(s for p, s in zip(family, shares, strict=True) if p.pid == engine)
    rss = _rss(under_test)
    peer.hang_up()
    under_test.wait_for("CallEnded")
    return sum(shares), engine_share, rss, peer.codec


def _growth(under_test: DeskProcess, peer: TalkingPeer, calls: int) -> float:
    """MB that desk and engine grew over `calls` short calls, after ten to warm up."""
    sizes = []
    for index in range(10 + calls):
        if index == 10:
            sizes.append(_settled(under_test))
        peer.call()
        under_test.wait_for("CallOffered")
        under_test.say("answer")
        under_test.wait_for("CallAnswered")
        time.sleep(0.2)
        peer.hang_up()
        under_test.wait_for("CallEnded")
        time.sleep(0.2)
    sizes.append(_settled(under_test))
    return sizes[1] - sizes[0]


def _settled(under_test: DeskProcess) -> float:
    time.sleep(SETTLE_S)
    desk_pid, engine_pid = under_test.pids()
    return sum(psutil.Process(pid).memory_info().rss for pid in (desk_pid, engine_pid)) / MB
