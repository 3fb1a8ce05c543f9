"""FLAC in memory is exact, and says so when it can't be."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from ctidesk.recording.sndfile import DamagedAudio, Pcm, flac_from_pcm, pcm_from_flac


@pytest.mark.parametrize("frames", [1, 2, 15, 16, 17, 4095, 4096, 4097, 16_000])
@pytest.mark.parametrize("rate", [8000, 16_000, 48_000])
def test_what_goes_in_comes_out(frames: int, rate: int) -> None:
    pcm = Pcm(random.Random(frames).randbytes(frames * 4), rate, 2)
    assert pcm_from_flac(flac_from_pcm(pcm)) == pcm


@pytest.mark.parametrize("content", [b"", b"fLaC", b"RIFF" + bytes(100), bytes(1000)])
def test_rubbish_is_damaged_audio(content: bytes) -> None:
    with pytest.raises(DamagedAudio):
        pcm_from_flac(content)


def test_a_cut_file_is_damaged_audio() -> None:
    flac = flac_from_pcm(Pcm(random.Random(1).randbytes(64_000), 16_000, 2))
    with pytest.raises(DamagedAudio):
        pcm_from_flac(flac[: len(flac) // 2])


def test_a_recorder_does_not_carry_numpy_or_inspect() -> None:
    code = (
        "import sys, ctidesk.recording.recorder;"
        "print([m for m in ('numpy', 'soundfile', 'dataclasses', 'argparse') if m in sys.modules])"
    )
    output = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    ).stdout
    assert output == "[]\n"
