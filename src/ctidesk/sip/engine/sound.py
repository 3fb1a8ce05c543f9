"""The agent's sound: which devices are used, what happens when they go, and when they are back.

Runs in: engine process, loop thread.

The sound never moves to another device by itself: what a caller says is not for a loudspeaker.
A device that is gone is replaced by none, the call and its recording go on, and the device is used
again as soon as one of that name is there. "The system's preferred one" is looked up once, when it
is chosen, for the same reason.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import pjsua2 as pj

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.audio_order import usable
from ctidesk.calls.events import Sound
from ctidesk.calls.sound import advice
from ctidesk.sip.engine.alsa_config import AlsaConfig
from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.loop import Job, Timer
from ctidesk.sip.engine.ringer import Ringer
from ctidesk.sip.engine.sound_devices import Devices, Node
from ctidesk.sip.engine.sound_gate import SoundGate

log = logging.getLogger("ctidesk.engine")

LINGER_S = 5.0
"""A microphone that nobody needs is closed: its light goes out."""
RETRY_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
CHECK_S = 5.0
STEADY_S = 10.0
"""A device that worked for so long is trusted again."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What is used. Neither changes by itself."""

    server: bool
    microphone: Node
    speaker: Node


class SoundDesk:
    """`emit` tells the desk; `in_use()` says whether a call needs sound, `rings()` whether one
    wants to be heard. `look_again` asks the watch for the list."""

    def __init__(
        self,
        endpoint: SipEndpoint,
        config: AlsaConfig,
        ringer: Ringer,
        gate: SoundGate,
        emit: Callable[[ev.SoundChanged], object],
    ) -> None:
        self._endpoint = endpoint
        self._config = config
        self._ringer = ringer
        self._gate = gate
        self._emit = emit
        self.in_use: Callable[[], bool] = lambda: False
        self.rings: Callable[[], bool] = lambda: False
        self.look_again: Callable[[], None] = lambda: None
        self.on_ring_gain: Callable[[float], object] = lambda _gain: None
        """How loud a waiting call may knock: as loud as it would ring."""
        self.order = cmd.ConfigureAudio()
        self._devices: Devices | None = None
        self._pair: Pair | None = None
        self._worked = False
        """The pair has been open: what is missing now was there."""
        self.is_open = False
        self._runs = True
        """The bridge has a clock: an open device, or one of its own."""
        self._wanted_by_test = False
        self._failures = 0
        self._retry: Timer | None = None
        self._linger: Timer | None = None
        self._steady: Timer | None = None
        self._check: Timer | None = None
        self._hung = False
        self._told: ev.SoundChanged | None = None
        gate.on_hang = self._hangs
        endpoint.on_sound_error = lambda: endpoint.post(self._broke)

    # -- asked ------------------------------------------------------------------------------------
    @property
    def state(self) -> ev.SoundChanged | None:
        """As last told."""
        return self._told

    def configure(self, order: cmd.ConfigureAudio) -> None:
        """Use these from now on. Raises `KnownError` for what cannot be, after all the rest is
        done."""
        order, problem = usable(order, self._endpoint.codec_names())
        self._endpoint.use_codecs(order.codecs)
        self._endpoint.comfort(order.echo_cancel, order.noise_suppression)
        before, self.order = self.order, order
        names = (order.microphone, order.speaker) != (before.microphone, before.speaker)
        # the same order comes again with every change of the settings: it chooses nothing
        if names or order.again not in (0, before.again):
            self._pair, self._worked = None, False
        self._failures = 0
        self._apply_gains()
        self._update()
        if problem is not None:
            raise problem

    def devices_are(self, devices: Devices) -> None:
        """The watch saw this."""
        if devices.server:
            self._gate.answered()
        news, self._devices = devices != self._devices, devices
        if news:
            self._failures = 0
        elif self._retry is not None and self._failures > 1:
            # it is there, and fails as often as it is opened
            self._tell(Sound.FAILED)
            return
        self._update()

    def follow(self) -> None:
        """Calls changed: open what they need, ring or stop ringing."""
        self._ring()
        if self._needed():
            _cancel(self._linger)
            self._linger = None
            self._run()
            if not self.is_open and self._retry is None:
                self._update()
        else:
            self._rest_soon()

    def test(self, wanted: bool) -> None:
        """A test needs the devices, or no more."""
        self._wanted_by_test = wanted
        self.follow()

    def silence(self) -> None:
        """Ring no more."""
        self._ringer.silence()

    def ring_once(self) -> None:
        """Let the agent hear how a call rings."""
        where = self._where_to_ring()
        if where is not None and self._devices is not None:
            self._ringer.ring(self._devices.server, where, self.order.ring_gain, times=1)

    # -- what follows from it ---------------------------------------------------------------------
    def _needed(self) -> bool:
        return self._wanted_by_test or self.in_use()

    def _update(self) -> None:
        """Bring the devices to what is chosen and there, and tell what came of it."""
        _cancel(self._retry)
        self._retry = None
        devices = self._devices
        if not self._endpoint.has_device:
            self._tell(Sound.UNSUPPORTED)
        elif devices is not None:
            pair, missing = self._wanted(devices)
            if (self._hung or not self._stands(pair)) and not self._answers(self._update):
                return  # it comes back here
            self._hung = False
            if pair is None:
                self._mute()
                self._tell(Sound.GONE if missing else Sound.NO_DEVICE, missing)
            elif self._use(pair):
                self._tell(Sound.READY)
            else:
                self._try_later()
                self._tell(Sound.FAILED)
        self._ring()
        self._rest_soon()

    def _wanted(self, devices: Devices) -> tuple[Pair | None, tuple[str, ...]]:
        """The pair to use, or the names that are missing (none: nothing was ever there)."""
        pair, order = self._pair, self.order
        mic = devices.microphone(order.microphone)
        speaker = devices.speaker(order.speaker)
        if pair is not None and not order.microphone:
            mic = pair.microphone if pair.microphone in devices.microphones else None
        if pair is not None and not order.speaker:
            speaker = pair.speaker if pair.speaker in devices.speakers else None
        if mic is not None and speaker is not None:
            return Pair(devices.server, mic, speaker), ()
        names = []
        if mic is None:
            names.append(order.microphone or (pair.microphone.name if pair else ""))
        if speaker is None:
            names.append(order.speaker or (pair.speaker.name if pair else ""))
        return None, tuple(dict.fromkeys(name for name in names if name))

    def _answers(self, job: Job) -> bool:
        """Whether a device may be opened or closed now; if not, `job` is done once it may."""
        server = self._pair is not None and self._pair.server
        listed = self._devices is not None and self._devices.server
        if self._gate.open or not (server or listed):
            return True
        self._gate.ask(job)
        return False

    def _hangs(self) -> None:
        """The sound server does not answer: what is open stays so, nothing is touched."""
        self._hung = True
        if self._retry is None or not self._retry.waits:
            self._try_later()
        self._tell(Sound.HANGS)

    def _check_soon(self) -> None:
        """An open device whose server hangs says nothing about it."""
        _cancel(self._check)
        self._check = self._endpoint.call_later(CHECK_S, self._look_after)

    def _look_after(self) -> None:
        if self.is_open and self._pair is not None and self._pair.server:
            self._gate.ask()
            self._check_soon()

    def _stands(self, pair: Pair | None) -> bool:
        """Nothing has to be opened or closed."""
        if pair is None:
            return not self.is_open
        rests = self._worked and self._failures == 0 and not self._needed()
        return pair == self._pair and (self.is_open or rests)

    def _use(self, pair: Pair) -> bool:
        """Whether the pair works. It is opened when it is needed, and once when it is new."""
        if self._stands(pair):
            return True
        self._mute()
        self._pair = pair
        try:
            self._config.use(pair.server, pair.microphone, pair.speaker)
            self._endpoint.open_sound()
        except (OSError, pj.Error) as fault:
            log.warning("the sound devices can't be opened: %s", type(fault).__name__)
            self._endpoint.close_sound()
            self._runs = True
            return False
        self.is_open = self._worked = self._runs = True
        self._apply_gains()
        self._steady = self._endpoint.call_later(STEADY_S, self._trust)
        self._check_soon()
        return True

    def _run(self) -> None:
        """The bridge has a clock, with or without a device."""
        if not self._runs:
            self._runs = True
            self._endpoint.close_sound()

    def _trust(self) -> None:
        self._failures = 0

    def _mute(self) -> None:
        """No device: silence both ways, and the clock of calls and recordings goes on."""
        _cancel(self._linger)
        _cancel(self._steady)
        self._linger = self._steady = None
        if self.is_open:
            self.is_open = False
            self._endpoint.close_sound()

    def _rest_soon(self) -> None:
        if self._runs and not self._needed() and self._linger is None:
            self._linger = self._endpoint.call_later(LINGER_S, self._rest)

    def _rest(self) -> None:
        self._linger = None
        if self._runs and not self._needed() and self._answers(self._rest):
            self._failures = 0
            self._mute()
            self._runs = False
            self._endpoint.stop_clock()

    def _broke(self) -> None:
        """The open device reports an error: it is silent in any case. Whether it is gone, or can
        be opened again, the list will tell; without one it is tried."""
        if not self.is_open:
            return
        if not self._answers(self._broke):
            return
        log.warning("a sound device stopped")
        self._mute()
        self._try_later()
        self.look_again()

    def _try_later(self) -> None:
        self._failures += 1
        delay_s = RETRY_S[min(self._failures, len(RETRY_S)) - 1]
        self._retry = self._endpoint.call_later(delay_s, self._update)

    def _apply_gains(self) -> None:
        order = self.order
        self._endpoint.gains(order.mic_gain, order.speaker_gain)
        self.on_ring_gain(order.ring_gain if order.ring != "off" else 0.0)

    # -- ringing ----------------------------------------------------------------------------------
    def _where_to_ring(self) -> Node | None:
        devices = self._devices
        if devices is None or self.order.ring == "off":
            return None
        # a ring says nothing about anybody: it may be heard from where a caller may not
        named = devices.speaker(self.order.ring) if self.order.ring else None
        speaker = self._pair.speaker if self._pair is not None else None
        return named or (speaker if speaker in devices.speakers else None)

    def _ring(self) -> None:
        where = self._where_to_ring() if self.rings() else None
        if where is None or self._devices is None:
            self._ringer.silence()
        else:
            self._ringer.ring(self._devices.server, where, self.order.ring_gain)

    # -- telling ----------------------------------------------------------------------------------
    def _tell(self, state: Sound, missing: tuple[str, ...] = ()) -> None:
        shown = self._devices.shown() if self._devices is not None else ()
        ready = state is Sound.READY and self._pair is not None
        ring = self._where_to_ring()
        text, remedy = advice(state, shown, missing, self._worked)
        told = ev.SoundChanged(
            t_mono=time.monotonic(),
            t_wall=time.time(),
            state=state,
            devices=shown,
            microphone=self._pair.microphone.name if ready and self._pair else "",
            speaker=self._pair.speaker.name if ready and self._pair else "",
            ring=ring.name if ring is not None else "",
            missing=missing,
            text=text,
            remedy=remedy,
        )
        if self._told is None or not _same(told, self._told):
            self._told = told
            self._emit(told)


def _same(a: ev.SoundChanged, b: ev.SoundChanged) -> bool:
    return replace(a, t_mono=b.t_mono, t_wall=b.t_wall) == b


def _cancel(timer: Timer | None) -> None:
    if timer is not None:
        timer.cancel()
