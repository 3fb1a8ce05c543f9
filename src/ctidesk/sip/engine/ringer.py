"""The ring of an offered call, played by the system's own player beside the engine.

Runs in: engine process, loop thread; a thread while it rings. It does not touch the audio bridge,
so no call and no recording can ever hear it.
"""

from __future__ import annotations

import array
import contextlib
import logging
import math
import subprocess
import threading
import wave
from pathlib import Path

from ctidesk.sip.engine.sound_devices import Node, SoundSystem

log = logging.getLogger("ctidesk.engine")

RATE = 16_000
TONES_HZ = (425.0, 510.0)
BURST_S = 0.4
GAP_S = 0.2
PERIOD_S = 3.0
PEAK = 14_000


class Ringer:
    """Rings in one place at a time."""

    def __init__(self, folder: Path, system: SoundSystem) -> None:
        self._folder = folder
        self._system = system
        self._now: tuple[bool, Node, float] | None = None
        self._stop: threading.Event | None = None
        self.rung = 0
        """How many times a ring was begun."""

    def ring(self, server: bool, where: Node, gain: float, times: int = 0) -> None:
        """Ring until `silence`, or `times` times. The same place again changes nothing."""
        wanted = (server, where, gain)
        if self._now == wanted and not times:
            return
        self.silence()
        stop = threading.Event()
        if not times:
            self._now = wanted
        self._stop = stop
        threading.Thread(
            target=self._play, args=(stop, wanted, times), name="ringer", daemon=True
        ).start()

    def silence(self) -> None:
        self._now = None
        if self._stop is not None:
            self._stop.set()
            self._stop = None

    def _play(self, stop: threading.Event, wanted: tuple[bool, Node, float], times: int) -> None:
        server, where, gain = wanted
        try:
            file = self._tone(min(1.0, max(0.0, gain)))
        except OSError as fault:
            log.warning("the ring can't be written: %s", type(fault).__name__)
            return
        if server:
            command = ["paplay", f"--device={where.address}", str(file)]
        else:
            command = ["aplay", "-q", "-D", f"plughw:{where.address}", str(file)]
        count = 0
        while not stop.is_set() and (not times or count < times):
            count += 1
            self.rung += 1
            self._once(stop, command)
            if not times or count < times:
                stop.wait(PERIOD_S - 2 * BURST_S - GAP_S)

    def _once(self, stop: threading.Event, command: list[str]) -> None:
        try:
            player = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=self._system.child_environment(),
            )
        except OSError as fault:
            log.warning("nothing can play the ring: %s", type(fault).__name__)
            stop.set()
            return
        while player.poll() is None and not stop.wait(0.05):
            pass
        with contextlib.suppress(OSError):
            player.kill()
        player.wait()

    def _tone(self, gain: float) -> Path:
        """The ring as a WAV file; made once for each volume."""
        percent = round(gain * 100)
        path = self._folder / f"ring-{percent}.wav"
        if path.exists():
            return path
        fresh = path.with_suffix(".new")
        with wave.open(str(fresh), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(_samples(percent / 100).tobytes())
        fresh.replace(path)
        return path


def _samples(gain: float) -> array.array[int]:
    """Two bursts of two tones, each fading in and out so that nothing clicks."""
    burst = round(BURST_S * RATE)
    edge = RATE // 50
    one = []
    for i in range(burst):
        fade = min(1.0, i / edge, (burst - i) / edge)
        level = sum(math.sin(2 * math.pi * hz * i / RATE) for hz in TONES_HZ) / len(TONES_HZ)
        one.append(round(PEAK * gain * gain * fade * level))
    return array.array("h", [*one, *[0] * round(GAP_S * RATE), *one])
