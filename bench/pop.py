"""INVITE on the wire → 180 → card painted, beside a bare pjsua2 program and Debian's baresip."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.desk_process import DeskProcess, desk, display
from bench.directory import profile_with
from bench.peers import bare_pjsua2, baresip
from bench.report import Line, Report, percentile
from bench.sip_caller import BareCaller
from ctidesk.crm.generator import number_of

WARM_UP = 3
PAUSE_S = 0.15
"""Between calls: a caller every 150 ms is far more than an agent ever gets."""


def run(quick: bool) -> Report:
    calls = 10 if quick else 50
    members = 100_000 if quick else 1_000_000
    profile = profile_with(members)
    numbers = _numbers(members, calls + WARM_UP)
    with display() as screen:
        with desk(profile.root) as under_test:
            rang, card, stall = _desk(under_test, numbers)
        with bare_pjsua2() as port:
            bare = _peer(port, numbers)
        with baresip() as other:
            peer = _peer(other, numbers) if other is not None else []
    metrics = {
        "invite_180_ms_p50": percentile(rang, 50),
        "invite_180_ms_p99": percentile(rang, 99),
        "invite_card_ms_p50": percentile(card, 50),
        "invite_card_ms_p99": percentile(card, 99),
        "bare_180_ms_p50": percentile(bare, 50),
        "baresip_180_ms_p50": percentile(peer, 50),
        "gui_stall_ms_max": stall,
        "members": float(members),
        "calls": float(len(card)),
    }
    m = metrics
    lines = [
        Line(
            "INVITE → 180, median",
            m["invite_180_ms_p50"],
            "ms",
            2 * m["bare_180_ms_p50"],
            "bare pjsua2",
            m["bare_180_ms_p50"],
        ),
        Line(
            "INVITE → 180, median",
            m["invite_180_ms_p50"],
            "ms",
            None,
            "baresip",
            m["baresip_180_ms_p50"] if peer else None,
        ),
        Line("INVITE → card painted, median", m["invite_card_ms_p50"], "ms", 40),
        Line("INVITE → card painted, p99", m["invite_card_ms_p99"], "ms", 150),
        Line("longest GUI stall", stall, "ms", 50),
    ]
    notes = [
        f"{members:,} members, {len(card)} calls, screen: {screen}. "
        "The limit of the 180 is twice the bare program's."
    ]
    if not peer:
        notes.append("baresip is not installed: not compared.")
    return Report("pop: a call arrives", lines, metrics, notes)


def _numbers(members: int, wanted: int) -> list[str]:
    """Callers all over the directory; every second one from a shared household number."""
    return [
        number_of(index * members // wanted, "mobile" if index % 2 else "home")
        for index in range(wanted)
    ]


def _desk(
    under_test: DeskProcess, numbers: Sequence[str]
) -> tuple[list[float], list[float], float]:
    caller = BareCaller(under_test.port)
    rang: list[float] = []
    card: list[float] = []
    for index, number in enumerate(numbers):
        if index == WARM_UP:
            under_test.say("watch")
        rung = caller.ring(number)
        if index >= WARM_UP:
            painted = under_test.wait_for("card")["t"]
            rang.append(rung.rang_ms)
            card.append((painted - rung.sent_mono) * 1000)
        time.sleep(PAUSE_S)
        caller.cancel()
        time.sleep(PAUSE_S)
    caller.close()
    under_test.say("rest")
    return rang, card, float(under_test.wait_for("stall")["ms"])


def _peer(port: int, numbers: Sequence[str]) -> list[float]:
    caller = BareCaller(port)
    rang = []
    for index, number in enumerate(numbers):
        rung = caller.ring(number)
        if index >= WARM_UP:
            rang.append(rung.rang_ms)
        time.sleep(PAUSE_S)
        caller.cancel()
        time.sleep(PAUSE_S)
    caller.close()
    return rang
