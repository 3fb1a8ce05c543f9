"""Desk killed, engine killed, exchange gone and back: time until the agent can work again."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.support.sip_raw import RawRegistrar

from bench.desk_process import DeskProcess, display
from bench.report import Line, Report, percentile
from bench.talking_peer import TalkingPeer
from ctidesk.sip.supervisor import SETTLED_S

AWAY_S = 20.0
"""How long the exchange stays away after the desk has noticed."""


def run(quick: bool) -> Report:
    rounds = 3 if quick else 10
    absences = 1 if quick else 3
    with display() as screen:
        desk_ms, call_ms = _kills_in_calls(rounds)
        engine_ms, back_ms = _registered_again(rounds, absences)
    metrics = {
        "desk_killed_call_shown_ms_p50": percentile(desk_ms, 50),
        "desk_killed_call_shown_ms_max": max(desk_ms),
        "engine_killed_registered_ms_p50": percentile(engine_ms, 50),
        "engine_killed_registered_ms_max": max(engine_ms),
        "engine_killed_call_back_ms_p50": percentile(call_ms, 50),
        "exchange_back_registered_ms_max": max(back_ms),
        "rounds": float(rounds),
    }
    lines = [
        Line("desk killed → same call on a new desk, worst", max(desk_ms), "ms", 3000),
        Line("engine killed → registered again, worst", max(engine_ms), "ms", 2000),
        Line("engine killed → call back, median", percentile(call_ms, 50), "ms"),
        Line("exchange back → registered, worst", max(back_ms), "ms", 5000),
    ]
    note = (
        f"{rounds} kills each in a talking call, {absences} absences of {AWAY_S:.0f} s; "
        f"an engine has lived for {SETTLED_S:.0f} s when its registration is timed; "
        f"the new desk is started at once; screen: {screen}."
    )
    return Report("recover: what was killed comes back", lines, metrics, [note])


def _kills_in_calls(rounds: int) -> tuple[list[float], list[float]]:
    """(the call shown by a new desk, the call got back by a new engine), ms after each kill."""
    folder = Path(tempfile.mkdtemp(prefix="ctidesk-bench-"))
    desk = DeskProcess(folder)
    desk_ms: list[float] = []
    call_ms: list[float] = []
    try:
        _await(desk, "cache", "ready")
        for _ in range(rounds):
            with TalkingPeer(desk.port) as peer:
                peer.call()
                desk.wait_for("CallOffered")
                desk.say("answer")
                desk.wait_for("CallAnswered")
                peer.talk()
                killed = _kill(desk.pids()[1])
                call_ms.append(_ms(killed, desk.wait_for("CallResumed")))
                killed = _kill(desk.process.pid)
                desk.process.wait()
                desk = DeskProcess(folder, port=desk.port)
                desk_ms.append(_ms(killed, desk.wait_for("call shown", 60)))
                desk.say("end")
                desk.wait_for("CallEnded")
    finally:
        desk.end()
        shutil.rmtree(folder, ignore_errors=True)
    return desk_ms, call_ms


def _registered_again(kills: int, absences: int) -> tuple[list[float], list[float]]:
    """Ms from each kill of the engine, and from each return of the exchange, to "registered"."""
    folder = Path(tempfile.mkdtemp(prefix="ctidesk-bench-"))
    registrar = RawRegistrar()
    desk = DeskProcess(folder, registrar=f"127.0.0.1:{registrar.port}")
    engine_ms: list[float] = []
    back_ms: list[float] = []
    try:
        _await(desk, "cache", "ready", "registered")
        for _ in range(kills):
            # one that dies sooner, again and again, is started ever later, as it should be
            time.sleep(SETTLED_S)
            killed = _kill(desk.pids()[1])
            desk.wait_for("EngineLost")
            engine_ms.append(_ms(killed, desk.wait_for("registered")))
        for _ in range(absences):
            registrar.mode = "silent"
            desk.wait_for("failed", 90)
            time.sleep(AWAY_S)
            registrar.mode = "digest"
            back = time.monotonic()
            back_ms.append(_ms(back, desk.wait_for("registered", 90)))
    finally:
        desk.end()
        registrar.close()
        shutil.rmtree(folder, ignore_errors=True)
    return engine_ms, back_ms


def _await(desk: DeskProcess, *wanted: str) -> None:
    missing = set(wanted)
    while missing:
        missing.discard(str(desk.next_of(missing, 60)["what"]))


def _kill(pid: int) -> float:
    """kill -9; when, on the monotonic clock."""
    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    return killed


def _ms(since_mono: float, stamp: dict[str, Any]) -> float:
    return (float(stamp["t"]) - since_mono) * 1000
