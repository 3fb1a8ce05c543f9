"""Meters and the echo test of the sound screen, while no call needs the devices.

Runs in: engine process, loop thread; what is heard in the echo test is kept in memory only.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pjsua2 as pj

from ctidesk.calls import events as ev
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import Sound
from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.loop import Timer
from ctidesk.sip.engine.sound import SoundDesk

LEVEL_S = 0.2
SPEAK_S = 3.0
CLOSE_S = 0.25
LONGEST_S = 600.0
"""A forgotten screen must not keep the microphone open."""


class SoundTest:
    """One test at a time. `emit` gets the levels; `busy()`: a call is there."""

    def __init__(
        self,
        endpoint: SipEndpoint,
        sound: SoundDesk,
        folder: Path,
        emit: Callable[[ev.SoundLevels], object],
    ) -> None:
        self._endpoint = endpoint
        self._sound = sound
        self._folder = folder
        self._emit = emit
        self.busy: Callable[[], bool] = lambda: False
        self._step = ""
        self._listener: Any = None
        """What the microphone is sent to: the bridge measures only what somebody listens to."""
        self._player: Any = None
        self._memory = -1
        self._timers: list[Timer] = []
        self._until = 0.0

    def run(self, what: str) -> None:
        """ "levels", "echo", "ring", or "" to end. Raises `KnownError`."""
        if what == "":
            self.end()
        elif what == "ring":
            self._check()
            self._sound.ring_once()
        elif what == "levels":
            self._check()
            self._stop()
            self._begin("levels", os.devnull)
        elif what == "echo":
            self._check()
            if self.busy():
                raise KnownError(
                    "in_call",
                    "You can't hear yourself during a call.",
                    "Try it when the call is over; the meters work meanwhile.",
                )
            self._stop()
            self._memory = _in_memory()
            self._begin("speak", f"/proc/self/fd/{self._memory}")
            self._later(SPEAK_S, self._listen)
        else:
            raise KnownError("unknown_test", "There is no such test.", "Update the program.")

    def end(self) -> None:
        """Whatever runs; the devices are free again."""
        if self._step:
            self._stop()
            self._sound.test(False)
            self._say(0.0, 0.0)

    def calls_changed(self) -> None:
        """A call comes first."""
        if self._step in ("speak", "listen") and self.busy():
            self.end()

    def _check(self) -> None:
        state = self._sound.state
        if state is None or state.state is not Sound.READY:
            text = state.text if state is not None and state.text else "The sound is not ready yet."
            remedy = state.remedy if state is not None and state.remedy else "Wait a moment."
            raise KnownError("no_sound", text, remedy)

    def _begin(self, step: str, file: str) -> None:
        self._sound.test(True)
        self._step = step
        self._until = time.monotonic() + LONGEST_S
        recorder = pj.AudioMediaRecorder()
        recorder.createRecorder(self._wav(file))
        self._endpoint.mic.startTransmit(recorder)
        self._listener = recorder
        self._measure()

    def _listen(self) -> None:
        self._drop_listener()
        self._step = "listen"
        # the writer is closed by the bridge's own clock; before that its file has no length
        self._later(CLOSE_S, self._play)

    def _play(self) -> None:
        player = pj.AudioMediaPlayer()
        player.createPlayer(self._wav(f"/proc/self/fd/{self._memory}"), pj.PJMEDIA_FILE_NO_LOOP)
        player.startTransmit(self._endpoint.speaker)
        self._player = player
        self._later(SPEAK_S + 0.3, self.end)

    def _measure(self) -> None:
        if time.monotonic() > self._until:
            self.end()
            return
        try:
            mic = int(self._endpoint.mic.getTxLevel()) / 255
            speaker = int(self._endpoint.speaker.getRxLevel()) / 255
        except pj.Error:
            mic = speaker = 0.0
        self._say(min(1.0, mic), min(1.0, speaker))
        self._later(LEVEL_S, self._measure)

    def _say(self, mic: float, speaker: float) -> None:
        self._emit(
            ev.SoundLevels(
                t_mono=time.monotonic(),
                t_wall=time.time(),
                step=self._step,
                mic_level=round(mic, 3),
                speaker_level=round(speaker, 3),
            )
        )

    def _stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._drop_listener()
        if self._player is not None:
            with contextlib.suppress(pj.Error):
                self._player.stopTransmit(self._endpoint.speaker)
            self._player = None
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1
        self._step = ""

    def _drop_listener(self) -> None:
        if self._listener is not None:
            with contextlib.suppress(pj.Error):
                self._endpoint.mic.stopTransmit(self._listener)
            self._listener = None  # freed here, on the loop: it closes its file

    def _later(self, delay_s: float, job: Callable[[], None]) -> None:
        self._timers = [timer for timer in self._timers if timer.waits]
        self._timers.append(self._endpoint.call_later(delay_s, job))

    def _wav(self, target: str) -> str:
        """pjsua2 tells a WAV file by its name."""
        link = self._folder / "sound-test.wav"
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        return str(link)


def _in_memory() -> int:
    """A file that is on no disk."""
    return os.memfd_create("ctidesk-echo")
