"""The sound of a simulated engine: devices that a script plugs in and pulls out.

Runs in: desk process or tests, the thread that sends the commands.
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.calls import events as ev
from ctidesk.calls.audio_order import usable
from ctidesk.calls.commands import ConfigureAudio
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import Sound, SoundDevice
from ctidesk.calls.ports import Clock
from ctidesk.calls.sound import advice

HEADSET = "Simulated headset"
CODECS = ("opus", "G722", "PCMA", "PCMU")


class SimulatedSound:
    """As the engine's: a device that is gone is replaced by none, and used when it is back."""

    def __init__(self, clock: Clock, tell: Callable[[ev.SoundChanged | ev.SoundLevels], None]):
        self._clock = clock
        self._tell = tell
        self._order = ConfigureAudio()
        self._devices = [SoundDevice(name=HEADSET, microphone=True, speaker=True)]
        self._pair: tuple[str, str] | None = None
        self._supported = True
        self._state = Sound.NO_DEVICE
        self._testing = False

    def begin(self, supported: bool) -> None:
        """A new engine says how things are."""
        self._supported = supported
        self._update()

    def configure(self, order: ConfigureAudio) -> None:
        order, problem = usable(order, CODECS)
        before, self._order = self._order, order
        names = (order.microphone, order.speaker) != (before.microphone, before.speaker)
        if names or order.again not in (0, before.again):
            self._pair = None
        self._update()
        if problem is not None:
            raise problem

    def plug(self, name: str, microphone: bool, speaker: bool) -> None:
        self._devices.append(SoundDevice(name=name, microphone=microphone, speaker=speaker))
        self._update()

    def pull(self, name: str) -> None:
        self._devices = [device for device in self._devices if device.name != name]
        self._update()

    def test(self, what: str, busy: bool) -> None:
        if what and self._state is not Sound.READY:
            text, remedy = self._advice(())
            raise KnownError("no_sound", text or "The sound is not ready.", remedy)
        if what == "echo" and busy:
            raise KnownError(
                "in_call",
                "You can't hear yourself during a call.",
                "Try it when the call is over; the meters work meanwhile.",
            )
        steps = {"levels": ("levels",), "echo": ("speak", "listen", ""), "ring": ()}
        if what == "" and self._testing:
            self._say("")
        for step in steps.get(what, ()):
            self._say(step)

    def _say(self, step: str) -> None:
        self._testing = bool(step)
        level = 0.4 if step else 0.0
        self._tell(
            ev.SoundLevels(
                t_mono=self._clock.mono(),
                t_wall=self._clock.wall(),
                step=step,
                mic_level=level,
                speaker_level=level if step == "listen" else 0.0,
            )
        )

    def _update(self) -> None:
        mics = [device.name for device in self._devices if device.microphone]
        speakers = [device.name for device in self._devices if device.speaker]
        wanted_mic = self._order.microphone or (self._pair[0] if self._pair else "")
        wanted_speaker = self._order.speaker or (self._pair[1] if self._pair else "")
        mic = wanted_mic or next(iter(mics), "")
        speaker = wanted_speaker or next(iter(speakers), "")
        missing = tuple(
            dict.fromkeys(
                name
                for name, there in ((mic, mics), (speaker, speakers))
                if name and name not in there
            )
        )
        if not self._supported:
            self._state = Sound.UNSUPPORTED
        elif missing:
            self._state = Sound.GONE
        elif not mic or not speaker:
            self._state = Sound.NO_DEVICE
        else:
            self._state = Sound.READY
        text, remedy = self._advice(missing)
        ready = self._state is Sound.READY
        if ready:
            self._pair = (mic, speaker)
        ring = self._order.ring if self._order.ring in speakers else speaker if ready else ""
        self._tell(
            ev.SoundChanged(
                t_mono=self._clock.mono(),
                t_wall=self._clock.wall(),
                state=self._state,
                devices=tuple(self._devices),
                microphone=mic if ready else "",
                speaker=speaker if ready else "",
                ring="" if self._order.ring == "off" else ring,
                missing=missing,
                text=text,
                remedy=remedy,
            )
        )

    def _advice(self, missing: tuple[str, ...]) -> tuple[str, str]:
        return advice(self._state, self._devices, missing, self._pair is not None)
