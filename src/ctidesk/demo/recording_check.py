"""Proof that a call was recorded: opened with the compliance key, verified, and not silent.

Runs in: desk process of the demo, any thread. Decrypts in memory; nothing is written.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.recording.identity import read_identities
from ctidesk.recording.reader import look_at, stretches

VOICE_PEAK = 0.02
"""A voice of the demo peaks at 0.4 of full scale; below this there is none."""


@dataclass(frozen=True, slots=True)
class RecordingHeard:
    """`problem` is a sentence, "" when the recording is genuine and the caller is heard in it.
    `seconds`: length; peaks of full scale, 0..1: the caller is right, the agent left."""

    problem: str
    seconds: float = 0.0
    caller_peak: float = 0.0
    agent_peak: float = 0.0


def check(folder: Path, identity_file: Path) -> RecordingHeard:
    """Open the recording in `folder` with the key in `identity_file`. Never raises `KnownError`:
    its sentence becomes the `problem`."""
    agent, caller = 0.0, 0.0
    try:
        recording = look_at(folder)
        for stretch in stretches(recording, read_identities(identity_file)):
            samples = array("h")
            samples.frombytes(stretch.samples)
            agent, caller = max(agent, _peak(samples[0::2])), max(caller, _peak(samples[1::2]))
    except KnownError as error:
        return RecordingHeard(error.text)
    manifest = recording.verdict.manifest
    seconds = manifest.duration_s if manifest is not None else 0.0
    silent = "The recording is genuine, but the caller is silent in it."
    return RecordingHeard(silent if caller < VOICE_PEAK else "", seconds, caller, agent)


def _peak(samples: array[int]) -> float:
    return max(max(samples, default=0), -min(samples, default=0)) / 32768
