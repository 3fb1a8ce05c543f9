"""What happened to the agent's sound: of no call, and the latest is the whole truth.

Runs in: engine process (minted on the loop thread), desk process (applied on the Qt main thread).
They are events like those of `calls.events`, which names them among its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Sound(StrEnum):
    """What the agent's sound is."""

    UNSUPPORTED = "unsupported"  # this engine has no sound devices at all
    NO_DEVICE = "no_device"  # nothing that could be a headset was ever there
    GONE = "gone"  # the chosen device is not connected: muted, until it is back
    FAILED = "failed"  # it is there and can't be opened: muted, tried again by itself
    HANGS = "hangs"  # the system's sound does not answer: as good as muted, tried again
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundDevice:
    """One device of this computer by the name that its system shows."""

    name: str
    microphone: bool
    speaker: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundChanged:
    """The whole state of the agent's sound; the latest replaces all before, as a registration
    does. `microphone`, `speaker`, `ring`: what is used, "" for none. `missing`: what was chosen
    and is not there. `text` and `remedy` are "" when fine."""

    t_mono: float
    t_wall: float
    state: Sound
    devices: tuple[SoundDevice, ...] = ()
    microphone: str = ""
    speaker: str = ""
    ring: str = ""
    missing: tuple[str, ...] = ()
    text: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundLevels:
    """Telemetry while the sound is tested: levels 0..1. `step`: "levels", or of the echo test
    "speak" and "listen"; "" when the test is over."""

    t_mono: float
    t_wall: float
    step: str
    mic_level: float = 0.0
    speaker_level: float = 0.0
