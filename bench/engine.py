"""The engine alone: INVITE → 180, floods, CPU idle and in a call, memory over 1,000 calls."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psutil
from tests.support.sip_desk import until
from tests.support.sip_hostile import HandCall, Stranger, paced, wait_until
from tests.support.sip_office import Office

from bench.peers import bare_pjsua2, baresip
from bench.report import Line, Report, percentile
from bench.sip_caller import BareCaller, Unanswered
from ctidesk.calls import commands as cmd

MB = 1024 * 1024
RATES = (25, 50, 100, 200, 400, 800)
FLOOD_S = 3.0
ANSWERED_MS = 3000
SETTLE_S = 35.0
"""A SIP stack remembers an ended call for 32 s; till then its memory is in use and no growth."""


@dataclass
class Program:
    """What is measured of each. `answer` takes the call that rings, where it doesn't by itself."""

    port: int
    answer: Callable[[], None] = lambda: None
    tidy: Callable[[], None] = lambda: None
    process: psutil.Process = field(init=False)

    def __post_init__(self) -> None:
        sockets = psutil.net_connections("udp")
        pid = next(s.pid for s in sockets if s.laddr and s.laddr.port == self.port)
        self.process = psutil.Process(pid)


def run(quick: bool) -> Report:
    rings, watch_s, calls = (40, 8.0, 100) if quick else (200, 30.0, 1000)
    measured: dict[str, dict[str, float]] = {}
    build = ""
    for name, started in (("ours", ours), ("bare", bare), ("baresip", debian)):
        figures: dict[str, float] = {}
        with started(False) as program:
            if program is None:
                continue
            if name == "ours":
                build = _build_of(program)
            figures["ring_ms"] = _ring_ms(program, rings)
            figures["idle_pct"] = _cpu(program, watch_s)
        with started(True) as program:
            if program is not None:
                figures["call_pct"] = _call_cpu(program, watch_s)
                figures["growth_mb"] = _growth(program, calls)
        figures["flood_per_s"], figures["hole_ms"], figures["after_ms"] = _flood(started)
        measured[name] = figures
    return _report(measured, calls, build)


def _report(measured: dict[str, dict[str, float]], calls: int, build: str) -> Report:
    def line(name: str, key: str, unit: str, limit: float | None = None) -> list[Line]:
        value = measured["ours"][key]
        peers = [p for p in ("bare", "baresip") if p in measured]
        lines = [
            Line(name, value, unit, limit, _PEERS[peer], measured[peer][key]) for peer in peers
        ]
        return lines or [Line(name, value, unit, limit)]

    lines = [
        *line("INVITE → 180, median", "ring_ms", "ms"),
        *line("CPU idle, of one core", "idle_pct", "%"),
        *line("CPU in a PCMA call, of one core", "call_pct", "%"),
        *line(f"growth over {calls} calls", "growth_mb", "MB", 5),
        *line("highest flood survived, same process and OPTIONS answered", "flood_per_s", "/s"),
        Line("hole in a live call's audio, worst flood", measured["ours"]["hole_ms"], "ms", 60),
        Line("OPTIONS after the worst flood", measured["ours"]["after_ms"], "ms", ANSWERED_MS),
    ]
    metrics = {
        f"{name}_{key}": value for name, each in measured.items() for key, value in each.items()
    }
    metrics["calls"] = float(calls)
    note = (
        f"Ours: {build}. Floods are {FLOOD_S:.0f} s each at {', '.join(map(str, RATES))} INVITE/s; "
        "the hole is by the RTP's own timestamps, not by the clock."
    )
    return Report("engine: what it does and what it stands", lines, metrics, [note])


_PEERS = {"bare": "bare pjsua2 program", "baresip": "baresip"}


# -- the programs ---------------------------------------------------------------------------------
_offices: dict[int, Office] = {}


@contextlib.contextmanager
def ours(_answers: bool) -> Iterator[Program | None]:
    """The engine process with a bare desk; no registrar, so everybody may call."""
    office = Office()
    _offices[office.port] = office

    def answer() -> None:
        ringing = until(
            lambda: [c for c in office.live() if not c.connected and c.answered_mono is None],
            "a call that rings",
        )
        office.desk.do(cmd.Answer(call_id=ringing[0].call_id))

    def tidy() -> None:
        for call in office.live():
            office.desk.send(cmd.HangUp(call_id=call.call_id))
        until(lambda: not office.live(), "the end of all calls")
        if office.desk.events:
            office.desk.do(cmd.AcknowledgeEvents(seq=office.desk.events[-1][0]))

    try:
        yield Program(office.port, answer, tidy)
    finally:
        del _offices[office.port]
        office.close()


def _build_of(program: Program) -> str:
    return _offices[program.port].desk.hello.build


@contextlib.contextmanager
def bare(answers: bool) -> Iterator[Program | None]:
    with bare_pjsua2(200 if answers else 180) as port:
        yield Program(port)


@contextlib.contextmanager
def debian(answers: bool) -> Iterator[Program | None]:
    with baresip(answers) as port:
        yield None if port is None else Program(port)


# -- the figures ----------------------------------------------------------------------------------
def _ring_ms(program: Program, rings: int) -> float:
    caller = BareCaller(program.port)
    times = []
    for number in range(rings):
        with contextlib.suppress(Unanswered):
            times.append(caller.ring(f"20{number:04}").rang_ms)
            caller.cancel()
        time.sleep(0.11)  # below what the guard lets through
        program.tidy()
    caller.close()
    return percentile(times, 50)


def _cpu(program: Program, seconds: float) -> float:
    time.sleep(1)
    program.process.cpu_percent()
    time.sleep(seconds)
    return float(program.process.cpu_percent())


def _talking(program: Program) -> HandCall:
    call = HandCall(program.port, echo=True, user="agent")
    program.answer()
    until(lambda: call.heard.packets > 5, "audio")
    return call


def _call_cpu(program: Program, seconds: float) -> float:
    call = _talking(program)
    share = _cpu(program, seconds)
    call.close()
    program.tidy()
    return share


def _growth(program: Program, calls: int) -> float:
    """MB over `calls` short calls with audio, after fifty to warm up."""
    sizes = []
    for count in (50, calls):
        for moment in paced(8, count / 8):
            wait_until(moment)
            _talking(program).close()
            program.tidy()
        time.sleep(SETTLE_S)
        sizes.append(program.process.memory_info().rss / MB)
    return sizes[1] - sizes[0]


def _flood(
    started: Callable[[bool], contextlib.AbstractContextManager[Program | None]],
) -> tuple[float, float, float]:
    """(highest rate survived, worst hole in a live call's audio, slowest OPTIONS after, ms)."""
    survived, hole, slowest = 0.0, 0.0, 0.0
    for rate in RATES:
        with started(False) as program:
            if program is None:
                break
            call = _live(program)
            strangers = [Stranger(program.port, f"127.0.0.{n}") for n in (1, 2, 3)]
            for number, moment in enumerate(paced(rate, FLOOD_S)):
                wait_until(moment)
                strangers[number % len(strangers)].ask("INVITE", user="agent")
            # a socket of its own: those of the flood are full of late answers
            strangers.append(Stranger(program.port))
            began = time.monotonic()
            well = strangers[-1].is_answered_soon() and program.process.is_running()
            took_ms = (time.monotonic() - began) * 1000
            well = well and took_ms <= ANSWERED_MS
            if well:
                slowest = max(slowest, took_ms)
            if call is not None:
                time.sleep(0.5)
                hole = max(hole, call.heard.largest_hole_ms) if well else hole
                call.close()
            for each in strangers:
                each.close()
            if not well:
                break
            survived = float(rate)
    return survived, hole, slowest


def _live(program: Program) -> HandCall | None:
    """A talking call, where the program can be told to answer one of many."""
    return _talking(program) if program.port in _offices else None
