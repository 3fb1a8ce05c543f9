"""What the recorder's tests share.

Runs in: the test's process.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.leg_writer import HZ, tone
from tests.support.recorder_rig import RecorderRig

MakeRig = Callable[..., RecorderRig]
Tones = Callable[..., tuple[bytes, bytes]]


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[MakeRig]:
    rigs: list[RecorderRig] = []

    def make(folder: Path = tmp_path, **settings: Any) -> RecorderRig:
        rig = RecorderRig(folder, **settings)
        rigs.append(rig)
        return rig

    yield make
    for rig in rigs:
        rig.__exit__()


@pytest.fixture
def rig(make_rig: MakeRig) -> RecorderRig:
    return make_rig()


def _tones(begin_s: float, seconds: float) -> tuple[bytes, bytes]:
    begin, frames = round(begin_s * 16_000), round(seconds * 16_000)
    return tone(HZ[0], begin, frames), tone(HZ[1], begin, frames)


@pytest.fixture
def tones() -> Tones:
    """(agent, caller) as the tones of the writer process, from `begin_s` on for `seconds`."""
    return _tones


@pytest.fixture
def expected() -> Callable[[float], tuple[array[int], array[int]]]:
    def both(seconds: float) -> tuple[array[int], array[int]]:
        left, right = _tones(0, seconds)
        return array("h", left), array("h", right)

    return both
