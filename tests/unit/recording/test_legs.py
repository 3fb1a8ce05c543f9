"""Two legs on one timeline."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given, strategies as st

from ctidesk.recording.legs import MAX_GAPS, Gap, Gaps, LegPair, Pulse

RATE = 1000


def pcm(*samples: int) -> bytes:
    return array("h", samples).tobytes()


def pair() -> tuple[LegPair, Gaps]:
    gaps = Gaps()
    legs = LegPair(RATE, gaps)
    for leg in (legs.left, legs.right):
        leg.feed(bytes(44))
    return legs, gaps


def test_left_is_the_agent_and_right_the_caller() -> None:
    legs, gaps = pair()
    legs.left.feed(pcm(1, 2, 3))
    legs.right.feed(pcm(-1, -2))
    legs.balance(0)
    assert legs.ready == 2
    assert legs.take(2) == pcm(1, -1, 2, -2)
    assert legs.left.frames == 1
    assert gaps.found == []


@given(st.lists(st.integers(1, 60), max_size=20))
def test_header_and_samples_may_be_torn_anywhere(cuts: list[int]) -> None:
    samples = pcm(*range(100))
    stream = b"\xff" * 44 + samples
    legs = LegPair(RATE, Gaps())
    for cut in cuts:
        legs.left.feed(stream[:cut])
        stream = stream[cut:]
    legs.left.feed(stream)
    assert legs.left.received == 100
    assert legs.left.take(100).tobytes() == samples


def test_a_leg_that_lags_less_than_a_second_is_waited_for() -> None:
    legs, gaps = pair()
    legs.left.feed(bytes(2 * RATE))
    legs.balance(0)
    assert legs.ready == 0
    assert gaps.found == []


def test_a_leg_that_lags_more_is_padded_and_noted() -> None:
    legs, gaps = pair()
    legs.left.feed(bytes(2 * (RATE + 200)))
    legs.right.feed(bytes(2 * 100))
    legs.balance(5000)
    assert legs.ready == RATE + 200
    assert gaps.found == [Gap(5100, RATE + 100, ("caller",), "leg_lagged", True)]


def test_what_comes_after_its_padding_is_dropped_so_that_the_legs_stay_in_step() -> None:
    legs, _ = pair()
    late = [7] * 1500
    legs.left.feed(pcm(*[1] * 1500))
    legs.balance(0)
    assert legs.take(1500)[2:4] == pcm(0)
    legs.right.feed(pcm(*late, *[2] * 300))
    legs.left.feed(pcm(*[1] * 300))
    legs.balance(1500)
    assert legs.ready == 300
    assert legs.take(300) == pcm(*[1, 2] * 300)


def test_a_debt_is_settled_once_the_leg_keeps_step_again() -> None:
    legs, gaps = pair()
    legs.left.feed(pcm(*[1] * 1500))
    legs.balance(0)
    legs.take(1500)
    for _ in range(12):
        legs.left.feed(pcm(*[1] * 100))
        legs.right.feed(pcm(*[2] * 100))
        legs.balance(1500)
    legs.take(1200)
    legs.right.feed(pcm(*[3] * 600))
    legs.balance(2700)
    assert legs.right.frames == 600
    assert len(gaps.found) == 1


def test_an_ended_leg_is_silence_at_once() -> None:
    legs, gaps = pair()
    legs.right.ended = True
    for begin in (0, 400):
        legs.left.feed(bytes(800))
        legs.balance(begin)
        legs.take(400)
    assert gaps.found == [Gap(0, 800, ("caller",), "leg_ended", True)]


def test_two_legs_that_end_within_one_step_are_no_gap() -> None:
    legs, gaps = pair()
    legs.left.feed(bytes(400))
    legs.left.ended = legs.right.ended = True
    legs.balance(0)
    assert legs.ready == 200
    assert gaps.found == []


def test_nothing_waits_without_bound_when_one_leg_never_speaks() -> None:
    legs, _ = pair()
    for _ in range(1000):
        legs.left.feed(bytes(200))
        legs.balance(0)
        if legs.ready:
            legs.take(legs.ready)
        assert legs.left.frames <= RATE + 100


def test_gaps_are_bounded_and_the_last_one_covers_the_rest() -> None:
    gaps = Gaps()
    for begin in range(0, 3 * MAX_GAPS * 10, 10):
        gaps.add(Gap(begin, 5, ("agent",), "leg_lagged", True))
    assert len(gaps.found) == MAX_GAPS
    last = gaps.found[-1]
    assert last.reason == "several"
    assert last.begin + last.frames == 3 * MAX_GAPS * 10 - 5


@pytest.mark.parametrize(
    ("wakes", "expected"),
    [
        ([(0.0, 100), (0.4, 400), (0.8, 400)], (0, "")),
        ([(0.0, 100), (0.4, 0), (0.8, 0), (1.2, 0), (1.6, 0), (2.0, 100)], (1900, "no_audio")),
        ([(0.0, 100), (5.0, 5000)], (0, "")),
        ([(0.0, 100), (40.0, 32_000)], (8000, "recorder_stalled")),
        ([(0.0, 0), (5.0, 100)], (0, "")),
    ],
)
def test_the_pulse_finds_what_is_missing_on_the_clock(
    wakes: list[tuple[float, int]], expected: tuple[int, str]
) -> None:
    pulse = Pulse(RATE)
    for now, frames in wakes:
        found = pulse.missed(now, frames)
    assert found == expected
