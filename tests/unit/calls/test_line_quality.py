"""From figures to a verdict that does not flap, and the record of a call."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, strategies as st

from ctidesk.calls.line_quality import (
    BETTER_S,
    SILENT_MIC_S,
    WORSE_S,
    LineBook,
    LineFigures,
    LineJudge,
    LineState,
    Side,
    Trouble,
    Verdict,
    judged,
    verdict_of,
)

GOOD = LineFigures(mos=4.3, loss_pct=0.0, jitter_ms=2.0, rtt_ms=20.0)
LOSSY = LineFigures(mos=2.5, loss_pct=20.0, jitter_ms=2.0, rtt_ms=20.0, concealed_pct=20.0)
BAD_LOSS = LineState(Verdict.BAD, Trouble.LOSS, Side.HERE)


def line(mos: float = 4.3, loss_pct: float = 0.0, **more: float) -> LineFigures:
    return LineFigures(
        **{"mos": mos, "loss_pct": loss_pct, "jitter_ms": 2.0, "rtt_ms": 20.0} | more
    )


@pytest.mark.parametrize(
    ("mos", "verdict"),
    [(4.4, "good"), (4.03, "good"), (4.0, "fair"), (3.6, "fair"), (3.2, "poor"), (3.0, "bad")],
)
def test_verdicts_are_the_steps_of_g_107(mos: float, verdict: str) -> None:
    assert verdict_of(mos) is Verdict(verdict)


@pytest.mark.parametrize(
    ("figures", "verdict", "trouble", "side"),
    [
        (line(), "good", "none", "here"),
        (line(3.9), "fair", "none", "here"),
        (line(3.9, 5.0), "fair", "loss", "here"),
        (line(2.5, 20.0, concealed_pct=20.0), "bad", "loss", "here"),
        (line(3.4, 0.5, concealed_pct=9.0, jitter_ms=40.0), "poor", "jitter", "here"),
        (line(3.3, rtt_ms=620.0), "poor", "delay", "here"),
        (line(far_mos=2.5, far_loss_pct=20.0), "bad", "loss", "there"),
        (line(3.3, rtt_ms=640.0, far_mos=3.2, far_loss_pct=0.0), "poor", "delay", "both"),
        (line(2.5, 20.0, far_mos=2.5, far_loss_pct=20.0), "bad", "loss", "both"),
        (line(silent_s=5.0), "bad", "no_audio", "here"),
        (line(silent_s=3.0), "good", "none", "here"),
        (line(mic_silent_s=SILENT_MIC_S), "good", "silent_mic", "there"),
        (line(mic_silent_s=SILENT_MIC_S - 1), "good", "none", "here"),
        (line(2.5, 20.0, mic_silent_s=60.0), "bad", "loss", "here"),
    ],
)
def test_what_is_wrong_and_who_hears_it(
    figures: LineFigures, verdict: str, trouble: str, side: str
) -> None:
    assert judged(figures) == LineState(Verdict(verdict), Trouble(trouble), Side(side))


def states(judge: LineJudge, *spans: tuple[LineFigures, float]) -> list[tuple[float, LineState]]:
    """(time, new state) of every change; each span is figures for seconds, one look a second."""
    now, changes = 0.0, []
    for figures, seconds in spans:
        for _ in range(round(seconds)):
            changed = judge.take(figures, now)
            if changed is not None:
                changes.append((now, changed))
            now += 1.0
    return changes


def test_a_verdict_falls_after_seconds_and_rises_after_more() -> None:
    changes = states(LineJudge(), (GOOD, 5), (LOSSY, 10), (GOOD, 10))
    assert changes == [(5 + WORSE_S, BAD_LOSS), (15 + BETTER_S, LineState())]


def test_a_short_burst_changes_nothing() -> None:
    assert states(LineJudge(), (GOOD, 5), (LOSSY, 2), (GOOD, 1), (LOSSY, 2), (GOOD, 9)) == []


def test_a_short_pause_of_the_trouble_does_not_end_it() -> None:
    assert len(states(LineJudge(), (LOSSY, 5), (GOOD, 4), (LOSSY, 3), (GOOD, 4))) == 1


def test_the_mildest_of_a_bad_stretch_counts() -> None:
    poor = line(3.3, 8.0)
    (first, *_) = states(LineJudge(), (LOSSY, 1), (poor, 3))
    assert first[1].verdict is Verdict.POOR


def test_the_worst_of_a_better_stretch_counts() -> None:
    changes = states(LineJudge(), (LOSSY, 5), (line(3.85), 1), (GOOD, 6))
    assert changes[-1][1].verdict is Verdict.FAIR


def test_figures_around_a_step_do_not_flap() -> None:
    judge = LineJudge()
    around = [line(3.58 if i // 8 % 2 else 3.64, 1.0) for i in range(80)]
    changes = states(judge, *((each, 1) for each in around))
    assert [state.verdict for _, state in changes] == [Verdict.FAIR, Verdict.POOR]


def test_easing_makes_nothing_worse() -> None:
    fair_and_warned = line(3.9, 5.0)
    nearly = line(3.65, 1.9)
    changes = states(LineJudge(), (fair_and_warned, 5), (nearly, 30))
    assert [state.verdict for _, state in changes] == [Verdict.FAIR]


def test_another_trouble_is_told_too() -> None:
    changes = states(LineJudge(), (LOSSY, 5), (line(silent_s=9.0), 5))
    assert [state.trouble for _, state in changes] == [Trouble.LOSS, Trouble.NO_AUDIO]


def test_hold_ends_the_trouble_at_once() -> None:
    judge = LineJudge()
    states(judge, (LOSSY, 5))
    assert judge.rest() == LineState()
    assert judge.rest() is None


FIGURES = st.builds(
    line,
    st.floats(1.0, 4.5),
    st.floats(0.0, 100.0),
    concealed_pct=st.floats(0.0, 100.0),
    far_mos=st.floats(1.0, 4.5),
    silent_s=st.floats(0.0, 9.0),
)


@given(st.lists(FIGURES, max_size=60))
def test_changes_are_never_closer_than_the_patience(seen: list[LineFigures]) -> None:
    changes = states(LineJudge(), *((each, 1) for each in seen))
    times = [at for at, _ in changes]
    assert all(later - sooner >= WORSE_S for sooner, later in itertools.pairwise(times))


@given(FIGURES)
def test_steady_figures_end_in_the_verdict_that_they_speak_for(figures: LineFigures) -> None:
    judge = LineJudge()
    states(judge, (figures, 20))
    assert judge.state == judged(figures)


def test_the_record_of_a_call() -> None:
    book = LineBook()
    for second in range(10):
        book.take(GOOD, float(second), "G722/16000", True)
    for second in range(10, 20):
        changed = book.take(LOSSY, float(second), "G722/16000", True)
        if second == 10 + WORSE_S:
            assert changed == BAD_LOSS
    record = book.record()
    assert record is not None
    assert record.measured_s == 20.0
    assert (record.mos_mean, record.mos_min) == (3.4, 2.5)
    assert (record.loss_pct, record.loss_max_pct, record.concealed_pct) == (10.0, 20.0, 10.0)
    assert (record.jitter_max_ms, record.rtt_mean_ms, record.rtt_max_ms) == (2.0, 20.0, 20.0)
    assert (record.far_loss_pct, record.far_mos_min) == (None, None)
    assert (record.codec, record.encrypted) == ("G722/16000", True)
    assert record.warnings == ("loss here",)


def test_what_nobody_measured_is_not_zero() -> None:
    assert LineBook().record() is None
    book = LineBook()
    book.take(line(rtt_ms=0.0), 1.0, "PCMU/8000", True)
    record = book.record()
    assert record is not None
    assert (record.rtt_mean_ms, record.rtt_max_ms) == (None, None)


def test_a_call_that_was_once_not_encrypted_is_not_called_encrypted() -> None:
    book = LineBook()
    for second, encrypted in enumerate((True, False, True)):
        book.take(GOOD, float(second), "PCMU/8000", encrypted)
    record = book.record()
    assert record is not None
    assert not record.encrypted


def test_time_on_hold_weighs_nothing() -> None:
    book = LineBook()
    book.take(LOSSY, 0.0, "PCMU/8000", True)
    book.rest()
    book.take(GOOD, 600.0, "PCMU/8000", True)
    record = book.record()
    assert record is not None
    assert record.measured_s == 2.0
    assert record.mos_mean == 3.4
