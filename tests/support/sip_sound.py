"""Tones written and found again in 16-bit PCM.

Runs in: the test process and stand-in recorders.
"""

from __future__ import annotations

import array
import math
import wave
from pathlib import Path

RATE = 16000


def write_tone(path: Path, hz: int, seconds: float = 2.0, rate: int = RATE) -> None:
    """A mono 16-bit WAV; a whole number of periods, so that it repeats without a click."""
    count = round(seconds * rate)
    samples = (round(9000 * math.sin(2 * math.pi * hz * i / rate)) for i in range(count))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(array.array("h", samples).tobytes())


def loudness(pcm: bytes, hz: int, rate: int = RATE) -> float:
    """How much of `hz` is in `pcm`: amplitude by the Goertzel algorithm."""
    samples = array.array("h", pcm[: len(pcm) // 2 * 2])
    if not samples:
        return 0.0
    coefficient = 2 * math.cos(2 * math.pi * hz / rate)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    power = before * before + last * last - coefficient * before * last
    return 2 * math.sqrt(max(0.0, power)) / len(samples)
