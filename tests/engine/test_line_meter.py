"""Figures of the last seconds, out of a stream's totals."""

from __future__ import annotations

import pytest

from ctidesk.sip.engine.quality import STALE_S, STEADY_S, WINDOW_S, LineMeter
from ctidesk.sip.engine.stream_figures import StreamFigures

SECOND = 50  # packets


def looks(meter: LineMeter, *totals: StreamFigures, start: float = 100.0):
    """One look a second; the last figures."""
    for second, now in enumerate(totals):
        figures = meter.look(start + second, "PCMU", now)
    return figures


def test_a_bad_minute_is_forgotten_after_the_window() -> None:
    meter = LineMeter()
    lost = [StreamFigures(packets=25 * s, lost=25 * s) for s in range(6)]
    assert looks(meter, *lost).loss_pct == 50.0
    good = [StreamFigures(packets=125 + SECOND * s, lost=125) for s in range(1, 7)]
    assert looks(meter, *good, start=106.0).loss_pct == 0.0
    assert WINDOW_S == 5.0


def test_a_new_stream_counts_from_its_start() -> None:
    meter = LineMeter()
    looks(meter, StreamFigures(packets=1000, lost=10), StreamFigures(packets=1050, lost=60))
    fresh = looks(meter, StreamFigures(packets=50, lost=0), start=102.0)
    assert fresh.loss_pct == 0.0
    assert not meter.steady


def test_figures_are_judged_when_they_cover_enough_time() -> None:
    meter = LineMeter()
    looks(meter, StreamFigures(packets=0), StreamFigures(packets=50))
    assert not meter.steady
    looks(meter, StreamFigures(packets=150), start=100.0 + STEADY_S)
    assert meter.steady


def test_what_comes_too_late_lowers_the_score_like_loss() -> None:
    calm, late = LineMeter(), LineMeter()
    clean = looks(calm, StreamFigures(), StreamFigures(packets=100))
    filled = looks(late, StreamFigures(), StreamFigures(packets=100, concealed_ms=200))
    assert (filled.loss_pct, filled.concealed_pct) == (0.0, 10.0)
    assert filled.mos < clean.mos


def test_pauses_of_an_end_that_sends_no_silence_are_no_loss() -> None:
    totals = [StreamFigures(packets=10 * s, concealed_ms=800.0 * s) for s in range(6)]
    figures = looks(LineMeter(), *totals)
    assert (figures.loss_pct, figures.concealed_pct) == (0.0, 0.0)
    assert figures.mos > 4.3


def test_round_trip_jitter_buffer_and_packet_make_the_delay() -> None:
    near = looks(LineMeter(), StreamFigures(packets=50, rtt_ms=2, delay_ms=20))
    far = looks(LineMeter(), StreamFigures(packets=50, rtt_ms=500, delay_ms=200))
    assert near.mos > 4.3
    assert far.mos < 3.1  # 250 + 200 + 20 ms one way


def test_the_other_end_tells_what_it_loses_of_us() -> None:
    meter = LineMeter()
    before = looks(meter, StreamFigures(packets=50, sent=50, reports=3))
    assert before.far_loss_pct is None
    assert before.far_mos is None
    told = looks(
        meter,
        StreamFigures(packets=300, sent=300, reports=4, far_lost=25, far_jitter_ms=7.0),
        start=105.0,
    )
    assert (told.far_loss_pct, told.far_jitter_ms) == (10.0, 7.0)
    assert told.far_mos is not None and told.far_mos < 3.6
    # the next report is about the packets since
    better = looks(meter, StreamFigures(packets=550, sent=550, reports=5, far_lost=25), start=110.0)
    assert better.far_loss_pct == 0.0


def test_a_report_about_nothing_and_an_old_one_are_not_believed() -> None:
    meter = LineMeter()
    looks(meter, StreamFigures(packets=1, sent=1, reports=0))
    early = looks(meter, StreamFigures(packets=9, sent=9, reports=3, far_lost=5), start=101.0)
    assert early.far_loss_pct is None
    looks(meter, StreamFigures(packets=300, sent=301, reports=4, far_lost=30), start=106.0)
    silent = looks(
        meter,
        StreamFigures(packets=900, sent=900, reports=4, far_lost=30),
        start=106.5 + STALE_S,
    )
    assert silent.far_loss_pct is None


def test_how_long_nothing_came() -> None:
    meter = LineMeter()
    spans = []
    for second, packets in enumerate((0, 50, 100, 100, 100, 150)):
        meter.look(100.0 + second, "PCMU", StreamFigures(packets=packets))
        spans.append(meter.silent_s(100.0 + second))
    assert spans == [0.0, 0.0, 0.0, 1.0, 2.0, 0.0]


@pytest.mark.parametrize("listened", [True, False])
def test_how_long_the_microphone_is_silent(listened: bool) -> None:
    meter = LineMeter()
    levels = [0.2, 0.0, 0.0, 0.0] if listened else [None] * 4
    spans = [meter.mic_silent_s(10.0 * i, level) for i, level in enumerate(levels)]
    assert spans == ([0.0, 10.0, 20.0, 30.0] if listened else [0.0] * 4)
