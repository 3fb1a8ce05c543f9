"""The E-model against figures computed by hand from ITU-T G.107."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from ctidesk.sip.engine.e_model import delay_impairment, loss_impairment, mos, mos_of, rating

PERCENT = st.floats(0, 100)
DELAY = st.floats(1, 2000)
"""Milliseconds. At 1 ms, where no telephone is, the standard's own formula for talker echo sets in
with a step downwards of 0.1."""


def test_a_perfect_call_has_the_default_rating() -> None:
    # G.107, table 2: all parameters at their defaults give R = 93.2, and Annex B makes of it
    # 1 + 0.035·93.2 + 93.2·33.2·6.8·7e-6 = 1 + 3.262 + 0.14728 = 4.409
    assert rating("PCMU", 0, 0) == pytest.approx(93.2, abs=0.05)
    assert mos("PCMU", 0, 0) == pytest.approx(4.409, abs=0.002)


@pytest.mark.parametrize(
    ("r", "score"),
    [
        # 1 + 0.035 R + R (R − 60)(100 − R) 7e-6; table B.1 rounds to two digits
        (90, 4.339),  # 1 + 3.150 + 90·30·10·7e-6 = 0.189
        (80, 4.024),  # 1 + 2.800 + 80·20·20·7e-6 = 0.224
        (70, 3.597),  # 1 + 2.450 + 70·10·30·7e-6 = 0.147
        (60, 3.100),  # 1 + 2.100 + 0
        (50, 2.575),  # 1 + 1.750 − 50·10·50·7e-6 = −0.175
        (0, 1.0),
        (-5, 1.0),
        (100, 4.5),
        (120, 4.5),
    ],
)
def test_scores_of_annex_b(r: float, score: float) -> None:
    assert mos_of(r) == pytest.approx(score, abs=0.0005)


@pytest.mark.parametrize(
    ("loss_pct", "impairment"),
    [
        # Ie-eff = Ie + (95 − Ie) · Ppl / (Ppl + Bpl), G.711 with concealment: Ie 0, Bpl 25.1
        (1, 3.640),  # 95 / 26.1
        (5, 15.781),  # 475 / 30.1
        (20, 42.129),  # 1900 / 45.1
        (25.1, 47.5),  # half of 95
    ],
)
def test_impairment_by_loss(loss_pct: float, impairment: float) -> None:
    assert loss_impairment("PCMA/8000", loss_pct) == pytest.approx(impairment, abs=0.001)


def test_a_codec_that_nobody_knows_is_judged_carefully() -> None:
    # G.729A: 11 + 84 · 5 / 24 = 28.5
    assert loss_impairment("strange", 5) == pytest.approx(28.5)
    assert loss_impairment("strange", 0) == 11.0


def test_impairment_by_delay() -> None:
    # T = 150 ms, step by step (G.107, 7.4)
    # Idte: TERV = 65 − 40·log10(16/2) + 6·e^(−6750) = 65 − 36.124 = 28.876
    #       Re = 80 + 2.5·(28.876 − 14) = 117.191;  (Roe − Re)/2 = (94.77 − 117.191)/2 = −11.210
    #       −11.210 + √(125.67 + 100) − 1 = −11.210 + 15.022 − 1 = 2.812
    # Idle: Rle = 10.5·117·301^(−0.25) = 1228.5·0.24008 = 294.94;  (94.77 − 294.94)/2 = −100.08
    #       −100.08 + √(10016.6 + 169) = 0.841
    # Idd:  X = log2(1.5) = 0.58496; X⁶ = 0.04007; 1.04007^(1/6) = 1.00657
    #       (X/3)⁶ = 5.50e-5; 3·(1 + 5.50e-5)^(1/6) = 3.00003;  25·(1.00657 − 3.00003 + 2) = 0.163
    assert delay_impairment(150) == pytest.approx(2.812 + 0.841 + 0.163, abs=0.01)
    # T = 400 ms: Idte 65 − 40·log10(41/3.6667) = 23.061 → Re 102.65 → −3.941 + 10.748 − 1 = 5.807
    #       Idle: Rle = 1228.5·801^(−0.25) = 230.93 → −68.08 + 69.31 = 1.230
    #       Idd: X = 2: 65^(1/6) = 2.00519; 3·(1 + 64/729)^(1/6) = 3.04235; 25·0.96284 = 24.071
    assert delay_impairment(400) == pytest.approx(5.807 + 1.230 + 24.071, abs=0.05)
    assert delay_impairment(0) == pytest.approx(0.149, abs=0.005)


def test_delay_and_loss_add_up() -> None:
    r = 94.77 - 1.41 - delay_impairment(190) - loss_impairment("G722", 5)
    assert rating("G722/16000", 5, 190) == pytest.approx(r)


@given(loss=PERCENT, more=PERCENT, delay=DELAY, later=DELAY)
def test_it_never_rises_with_loss_or_delay(
    loss: float, more: float, delay: float, later: float
) -> None:
    less, much = sorted((loss, more))
    soon, late = sorted((delay, later))
    assert rating("PCMU", much, soon) <= rating("PCMU", less, soon) + 1e-9
    assert rating("PCMU", less, late) <= rating("PCMU", less, soon) + 1e-9
    assert 1.0 <= mos("PCMU", much, late) <= mos("PCMU", less, soon) + 1e-9 <= 4.5


@given(a=st.floats(0, 110), b=st.floats(0, 110))
def test_a_better_rating_is_never_a_worse_score(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert mos_of(low) <= mos_of(high) + 1e-9


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_nonsense_gives_a_score_all_the_same(loss: float, delay: float) -> None:
    score = mos("PCMU", loss, min(delay, 1e9))
    assert math.isfinite(score) and 1.0 <= score <= 4.5
