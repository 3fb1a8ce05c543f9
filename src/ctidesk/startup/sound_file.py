"""The agent's own devices and volumes, in a small file of the profile; the settings are the rest.

Runs in: desk process, Qt main thread (a file of 300 bytes).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ctidesk.calls.codec import MalformedMessage, from_plain, to_plain
from ctidesk.calls.commands import ConfigureAudio

log = logging.getLogger(__name__)

MAX_BYTES = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What an agent may choose; the codecs are the exchange's and stay with the settings."""

    microphone: str = ""
    speaker: str = ""
    ring: str = ""
    mic_gain: float = 1.0
    speaker_gain: float = 1.0
    ring_gain: float = 0.6
    echo_cancel: bool = True
    noise_suppression: bool = True


class SoundFile:
    """Implements `calls.ports.SoundChoice`. A damaged or missing file means the settings'."""

    def __init__(self, path: Path, settings: ConfigureAudio, chosen: Callable[[], None]) -> None:
        self._path = path
        self._chosen = chosen
        self._order = self._load(settings)

    @property
    def order(self) -> ConfigureAudio:
        return self._order

    def choose(self, order: ConfigureAudio) -> None:
        self._order = order
        kept = {name: getattr(order, name) for name in Chosen.__dataclass_fields__}
        try:
            self._path.write_text(json.dumps(to_plain(Chosen(**kept))), encoding="utf-8")
        except OSError:
            log.warning("the choice of sound devices could not be kept")
        self._chosen()

    def _load(self, settings: ConfigureAudio) -> ConfigureAudio:
        try:
            with self._path.open("rb") as file:
                chosen = from_plain(Chosen, json.loads(file.read(MAX_BYTES)))
        except FileNotFoundError:
            return settings
        except (OSError, ValueError, RecursionError, MalformedMessage):
            log.warning("the choice of sound devices could not be read")
            return settings
        return replace(settings, **to_plain(chosen))
