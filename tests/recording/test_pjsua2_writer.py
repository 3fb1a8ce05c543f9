"""The recorder on the bytes that pjsua2's own writer makes."""

from __future__ import annotations

import math
from array import array

from tests.support.recorder_rig import RATE, RecorderRig


def strength(samples: array[int], hz: int) -> float:
    """Amplitude of one frequency (Goertzel), as a part of full scale."""
    factor = 2 * math.cos(2 * math.pi * hz / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = before * before + last * last - factor * before * last
    return 2 * math.sqrt(power) / len(samples) / 32_768


def test_both_tones_arrive_on_their_side_without_a_drop_out(rig: RecorderRig) -> None:
    rig.start_writer(5, program="tests.support.pj_leg_writer")
    rig.start()
    assert rig.ended() == 0
    manifest = rig.manifest()
    assert manifest.gaps == ()
    assert manifest.duration_s > 3
    for samples, own, other in zip(rig.legs_recorded(), (440, 620), (620, 440), strict=True):
        second = samples[RATE : 2 * RATE]
        assert strength(second, own) > 0.1
        assert strength(second, other) < 0.001
        # pjsua2's bridge starts with a little silence; from then on each 20 ms sounds.
        frames = [samples[at : at + 320] for at in range(RATE // 2, len(samples) - 640, 320)]
        assert all(max(frame) > 1000 for frame in frames)
