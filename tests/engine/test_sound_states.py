"""Which state the sound is in, and what is tried again when, on an endpoint that only notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pjsua2 as pj
import pytest

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import Sound
from ctidesk.sip.engine.loop import Timer
from ctidesk.sip.engine.sound import CHECK_S, LINGER_S, RETRY_S, STEADY_S, SoundDesk
from ctidesk.sip.engine.sound_devices import NOTHING, Devices, Node

JABRA = Node("Jabra", "usb")
LOUD = Node("Loudspeaker", "pci")
BOTH = Devices(
    server=True,
    microphones=(Node("Built-in", "pci_in"), JABRA),
    speakers=(LOUD, JABRA),
    default_microphone="usb",
    default_speaker="usb",
)
PULLED = Devices(
    server=True,
    microphones=(Node("Built-in", "pci_in"),),
    speakers=(LOUD,),
    default_microphone="pci_in",
    default_speaker="pci",
)


class NotingEndpoint:
    """Notes what is opened and closed; time passes by `pass_s`."""

    def __init__(self) -> None:
        self.has_device = True
        self.refuses = False
        self.on_sound_error: Callable[[], None] = lambda: None
        self.did: list[str] = []
        self.codecs: tuple[str, ...] = ()
        self._now = 0.0
        self._timers: list[tuple[float, Timer]] = []

    def post(self, job: Callable[[], None]) -> None:
        job()

    def call_later(self, delay_s: float, job: Callable[[], None]) -> Timer:
        timer = Timer(self._now + delay_s, job)
        self._timers.append((self._now + delay_s, timer))
        return timer

    def pass_s(self, seconds: float) -> None:
        end = self._now + seconds
        while due := [each for each in self._timers if each[0] <= end and each[1].waits]:
            first = min(due, key=lambda each: each[0])
            self._timers.remove(first)
            self._now = first[0]
            job = first[1].take()
            assert job is not None
            job()
        self._now = end

    def open_sound(self) -> None:
        if self.refuses:
            self.did.append("refused")
            raise pj.Error()
        self.did.append("open")

    def close_sound(self) -> None:
        self.did.append("clock")

    def stop_clock(self) -> None:
        self.did.append("rest")

    def gains(self, microphone: float, speaker: float) -> None:
        self.volumes = (microphone, speaker)

    def comfort(self, echo_cancel: bool, noise_suppression: bool) -> None:
        self.echo_cancel = echo_cancel

    def codec_names(self) -> set[str]:
        return {"PCMA", "PCMU"}

    def use_codecs(self, names: tuple[str, ...]) -> None:
        self.codecs = names


class NotingConfig:
    def __init__(self) -> None:
        self.used: list[tuple[Node, Node]] = []

    def use(self, server: bool, microphone: Node, speaker: Node) -> None:
        self.used.append((microphone, speaker))


class NotingRinger:
    def __init__(self) -> None:
        self.where: Node | None = None

    def ring(self, server: bool, where: Node, gain: float, times: int = 0) -> None:
        self.where = where

    def silence(self) -> None:
        self.where = None


class NotingGate:
    """A sound server that answers at once, until `answer()` lets the questions through."""

    def __init__(self) -> None:
        self.open = True
        self.asked: list[Any] = []
        self.on_hang: Any = None

    def answered(self) -> None:
        """The list came."""

    def ask(self, job: Any = None) -> None:
        self.asked.append(job)

    def answer(self, hangs: bool) -> None:
        asked, self.asked = self.asked, []
        if hangs:
            self.on_hang()
            return
        self.open = True
        for job in asked:
            if job is not None:
                job()


class Rig:
    def __init__(self) -> None:
        self.endpoint = NotingEndpoint()
        self.config = NotingConfig()
        self.ringer = NotingRinger()
        self.told: list[ev.SoundChanged] = []
        self.calls = (False, False)
        self.gate = NotingGate()
        parts: tuple[Any, ...] = (self.endpoint, self.config, self.ringer, self.gate)
        self.sound = SoundDesk(*parts, self.told.append)
        self.sound.in_use = lambda: self.calls[0]
        self.sound.rings = lambda: self.calls[1]
        self.looked = 0
        self.sound.look_again = self._look

    def _look(self) -> None:
        self.looked += 1

    def call(self, there: bool = True, rings: bool = False) -> None:
        self.calls = (there, rings)
        self.sound.follow()

    @property
    def states(self) -> list[Sound]:
        return [each.state for each in self.told]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_pulled_headset_is_replaced_by_none_and_not_by_the_loudspeaker(rig: Rig) -> None:
    rig.sound.devices_are(BOTH)
    rig.call()
    rig.sound.devices_are(PULLED)
    assert rig.endpoint.did[-1] == "clock", "the call and its recording go on without a device"
    rig.sound.devices_are(BOTH)
    assert rig.states == [Sound.READY, Sound.GONE, Sound.READY]
    assert set(rig.config.used) == {(JABRA, JABRA)}


def test_the_same_order_again_chooses_nothing(rig: Rig) -> None:
    rig.sound.devices_are(BOTH)
    rig.sound.devices_are(PULLED)
    rig.sound.configure(cmd.ConfigureAudio())
    rig.sound.configure(cmd.ConfigureAudio(mic_gain=1.2))
    assert rig.states[-1] is Sound.GONE
    rig.sound.configure(cmd.ConfigureAudio(again=1))
    assert rig.states[-1] is Sound.READY
    assert rig.told[-1].speaker == "Loudspeaker", "who asks for it anew gets what is there"


def test_what_can_not_be_opened_is_said_and_tried_again_ever_more_rarely(rig: Rig) -> None:
    rig.endpoint.refuses = True
    rig.sound.devices_are(BOTH)
    assert rig.states == [Sound.FAILED]
    rig.endpoint.pass_s(sum(RETRY_S[:4]) + 0.01)
    assert rig.endpoint.did.count("refused") == 5
    assert rig.states == [Sound.FAILED], "one state, not a message for each try"
    rig.endpoint.refuses = False
    rig.endpoint.pass_s(RETRY_S[4])
    assert rig.states == [Sound.FAILED, Sound.READY]


def test_calls_do_not_hurry_the_tries(rig: Rig) -> None:
    rig.endpoint.refuses = True
    rig.sound.devices_are(BOTH)
    tries = rig.endpoint.did.count("refused")
    for _ in range(20):
        rig.call()
    assert rig.endpoint.did.count("refused") == tries


def test_a_device_that_stops_is_muted_at_once_and_the_list_is_asked_for(rig: Rig) -> None:
    rig.sound.devices_are(BOTH)
    rig.call()
    rig.endpoint.on_sound_error()
    assert rig.endpoint.did[-1] == "clock" and rig.looked == 1
    rig.sound.devices_are(PULLED)
    assert rig.states == [Sound.READY, Sound.GONE]


def test_a_device_that_stops_again_and_again_is_not_opened_all_the_time(rig: Rig) -> None:
    rig.sound.devices_are(BOTH)
    rig.call()
    for _ in range(10):
        rig.endpoint.on_sound_error()
        rig.sound.devices_are(BOTH)
    assert rig.endpoint.did.count("open") <= 3
    assert rig.states[-1] is Sound.FAILED
    rig.endpoint.pass_s(RETRY_S[2])
    assert rig.states[-1] is Sound.READY
    rig.endpoint.pass_s(STEADY_S)
    opened = rig.endpoint.did.count("open")
    rig.endpoint.on_sound_error()
    rig.sound.devices_are(BOTH)
    assert rig.endpoint.did.count("open") == opened + 1, "trusted again after it was steady"


def test_a_late_error_of_a_closed_device_is_nothing(rig: Rig) -> None:
    rig.sound.devices_are(BOTH)
    rig.sound.devices_are(PULLED)
    did = list(rig.endpoint.did)
    rig.endpoint.on_sound_error()
    assert rig.endpoint.did == did and rig.looked == 0


def test_between_calls_everything_rests_and_a_call_wakes_it(rig: Rig) -> None:
    rig.sound.devices_are(BOTH)
    rig.endpoint.pass_s(LINGER_S)
    assert rig.endpoint.did[-2:] == ["clock", "rest"]
    rig.call()
    assert rig.endpoint.did[-2:] == ["clock", "open"]
    rig.call(there=False)
    rig.endpoint.pass_s(LINGER_S / 2)
    rig.call()
    rig.endpoint.pass_s(10 * LINGER_S)
    assert rig.endpoint.did[-1] == "open", "not closed under a call that came meanwhile"


def test_a_call_without_any_device_has_a_clock(rig: Rig) -> None:
    rig.sound.devices_are(NOTHING)
    rig.endpoint.pass_s(LINGER_S)
    assert rig.endpoint.did == ["rest"]
    rig.call()
    assert rig.endpoint.did == ["rest", "clock"]
    assert rig.states == [Sound.NO_DEVICE]


def test_an_engine_without_sound_says_so_once(rig: Rig) -> None:
    rig.endpoint.has_device = False
    rig.sound.devices_are(NOTHING)
    rig.call()
    rig.sound.configure(cmd.ConfigureAudio(microphone="Jabra"))
    assert rig.states == [Sound.UNSUPPORTED]


def test_a_mistake_in_the_codecs_is_refused_after_the_headset_was_taken(rig: Rig) -> None:
    rig.sound.devices_are(BOTH)
    order = cmd.ConfigureAudio(microphone="Jabra", speaker="Loudspeaker", codecs=("MP3",))
    with pytest.raises(KnownError) as refused:
        rig.sound.configure(order)
    assert refused.value.code == "unknown_codec"
    assert rig.told[-1].speaker == "Loudspeaker" and rig.endpoint.codecs == ()


@pytest.mark.parametrize(
    ("ring", "where"), [("", JABRA), ("Loudspeaker", LOUD), ("off", None), ("No such", JABRA)]
)
def test_a_call_rings_where_it_was_chosen(rig: Rig, ring: str, where: Node | None) -> None:
    rig.sound.devices_are(BOTH)
    rig.sound.configure(cmd.ConfigureAudio(ring=ring))
    rig.call(rings=True)
    assert rig.ringer.where == where
    rig.call(rings=False)
    assert rig.ringer.where is None


def test_the_loudspeaker_rings_on_while_the_headset_is_gone(rig: Rig) -> None:
    rig.sound.devices_are(BOTH)
    rig.sound.configure(cmd.ConfigureAudio(ring="Loudspeaker"))
    rig.sound.devices_are(PULLED)
    rig.call(rings=True)
    assert rig.ringer.where == LOUD
    rig.sound.configure(cmd.ConfigureAudio(ring=""))
    assert rig.ringer.where is None, "and without a choice nothing rings there"


def test_a_server_that_hangs_is_not_touched_and_the_sound_comes_with_its_answer(rig: Rig) -> None:
    rig.sound.devices_are(BOTH)
    rig.endpoint.pass_s(30)
    rig.gate.open = False
    rig.endpoint.did.clear()
    rig.call()
    rig.gate.answer(hangs=True)
    assert rig.states[-1] is Sound.HANGS
    rig.endpoint.pass_s(sum(RETRY_S))
    assert "open" not in rig.endpoint.did
    rig.gate.answer(hangs=False)
    assert rig.endpoint.did[-1] == "open"
    assert rig.states == [Sound.READY, Sound.HANGS, Sound.READY]


def test_a_server_that_hangs_in_a_call_is_told_and_its_device_let_go_when_it_answers(
    rig: Rig,
) -> None:
    rig.sound.devices_are(BOTH)
    rig.call()
    rig.gate.open = False
    rig.endpoint.pass_s(CHECK_S)
    rig.gate.answer(hangs=True)
    assert rig.states[-1] is Sound.HANGS
    rig.endpoint.did.clear()
    rig.call(there=False)
    rig.endpoint.pass_s(10 * LINGER_S)
    assert rig.endpoint.did == []
    rig.gate.answer(hangs=False)
    rig.endpoint.pass_s(2 * LINGER_S)
    assert rig.endpoint.did == ["clock", "rest"]
    assert rig.states[-1] is Sound.READY
