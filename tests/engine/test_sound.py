"""The agent's sound on a real sound server, through our own build: devices come, go, come back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import psutil
import pyrage
import pytest
from tests.engine.test_recording import configure, sides
from tests.support import sound_server
from tests.support.sip_desk import until
from tests.support.sip_office import Office
from tests.support.sip_phone import Phone
from tests.support.sip_sound import RATE, loudness
from tests.support.sound_server import SoundServer

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.events import Sound
from ctidesk.sip.engine.sound_gate import FRESH_S

HEADSET = "Headset X"
OTHER = "Other headset"
LOUDSPEAKER = "Loudspeaker"
TONE_HZ = 700
AUDIBLE = 1000.0
SILENT = 50.0


@pytest.fixture(scope="module")
def shared_server() -> Iterator[SoundServer]:
    lacking = sound_server.missing()
    if lacking:
        pytest.skip(f"no sound server here: {lacking}")
    server = SoundServer()
    yield server
    server.close()


@pytest.fixture
def server(shared_server: SoundServer) -> Iterator[SoundServer]:
    yield shared_server
    shared_server.unplug_everything()


@pytest.fixture
def desk(server: SoundServer, new_office: Callable[..., Office]) -> Callable[[], Office]:
    """Makes an office whose engine uses the devices that are plugged in."""

    def make() -> Office:
        office = new_office(environment=server.environment)
        if not office.desk.hello.has_sound:
            pytest.skip("this pjsua2 has no sound devices: needs our own build (make engine)")
        return office

    return make


def chosen(**more: object) -> cmd.ConfigureAudio:
    """The headset by its name, with nothing that would take a steady tone for noise."""
    return cmd.ConfigureAudio(
        **{
            "microphone": HEADSET,
            "speaker": HEADSET,
            "ring": "off",
            "echo_cancel": False,
            **more,
        }  # type: ignore[arg-type]  # each value fits its field
    )


def sound(office: Office) -> ev.SoundChanged:
    """The state as the desk was told last."""
    told = [event for _seq, event in office.desk.events if isinstance(event, ev.SoundChanged)]
    snapshot = office.desk.snapshot.sound
    latest = told[-1] if told else snapshot
    assert latest is not None
    return latest


def becomes(office: Office, state: Sound) -> ev.SoundChanged:
    def seen() -> bool:
        events = any(isinstance(event, ev.SoundChanged) for _seq, event in office.desk.events)
        return (events or office.desk.snapshot.sound is not None) and sound(office).state is state

    until(seen, f"sound {state}")
    return sound(office)


def chooses(office: Office, order: cmd.ConfigureAudio) -> ev.SoundChanged:
    """Order it and wait until it counts: ready it may have been before, with other devices."""
    office.desk.do(order)

    def counts() -> bool:
        now = becomes(office, Sound.READY)
        pairs = (
            (order.microphone, now.microphone),
            (order.speaker, now.speaker),
            (order.ring, now.ring or "off"),
        )
        return all(wanted in ("", used) for wanted, used in pairs)

    until(counts, "the choice")
    return sound(office)


def talking(office: Office) -> tuple[str, int]:
    """A call whose far end sends back what it hears."""
    call_id, leg = office.incoming("alice")
    office.phone("alice")("reflect", leg=leg)
    return call_id, leg


def test_a_tone_goes_from_the_microphone_to_the_far_end_and_back(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    server.plug_speaker(LOUDSPEAKER)
    office = desk()
    state = chooses(office, chosen())
    assert (state.microphone, state.speaker) == (HEADSET, HEADSET)
    ear = server.ear(HEADSET)
    server.speak(HEADSET, TONE_HZ)
    _call, leg = talking(office)
    office.phone("alice").hears(leg)
    until(lambda: ear.now(TONE_HZ) > AUDIBLE, "the tone in the agent's ear")


def test_devices_are_listed_by_the_names_of_the_system(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    server.plug_speaker(LOUDSPEAKER)
    office = desk()
    listed = {device.name: device for device in becomes(office, Sound.READY).devices}
    assert listed[HEADSET].microphone and listed[HEADSET].speaker
    assert listed[LOUDSPEAKER].speaker and not listed[LOUDSPEAKER].microphone
    assert not any("Monitor" in name for name in listed)


def test_a_headset_pulled_in_mid_call_mutes_and_comes_back_by_its_name(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    server.plug_headset(OTHER)
    server.plug_speaker(LOUDSPEAKER)
    office = desk()
    chooses(office, chosen())
    loud, other = server.ear(LOUDSPEAKER), server.ear(OTHER)
    server.speak(HEADSET, TONE_HZ)
    call_id, leg = talking(office)
    office.phone("alice").hears(leg)

    server.pull(HEADSET)
    gone = becomes(office, Sound.GONE)
    assert gone.missing == (HEADSET,)
    assert "muted" in gone.text and HEADSET in gone.text and gone.remedy
    office.phone("alice")("tone", leg=leg, hz=900)
    office.phone("alice").hears_nothing(leg)
    assert not office.call(call_id).ended

    server.plug_headset(HEADSET)
    assert becomes(office, Sound.READY).speaker == HEADSET
    ear = server.ear(HEADSET)
    until(lambda: ear.now(900) > AUDIBLE, "the caller in the headset again")
    server.speak(HEADSET, TONE_HZ)
    office.phone("alice").hears(leg)
    # nothing of the caller was ever heard elsewhere
    assert loud.ever(900) < SILENT and other.ever(900) < SILENT


def test_the_caller_is_recorded_on_while_the_headset_is_gone(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    identity = pyrage.x25519.Identity.generate()
    server.plug_headset(HEADSET)
    office = desk()
    office.desk.do(chosen())
    configure(office, identity, "required")
    becomes(office, Sound.READY)
    server.speak(HEADSET, TONE_HZ)
    call_id, leg = office.incoming("alice")
    alice = office.phone("alice")
    alice("tone", leg=leg, hz=900)
    alice.hears(leg)
    office.desk.wait(ev.RecordingStarted, call_id)

    three_seconds(alice, leg)
    server.pull(HEADSET)
    becomes(office, Sound.GONE)
    alice.hears_nothing(leg)
    three_seconds(alice, leg)
    alice.hears_nothing(leg)
    server.plug_headset(HEADSET)
    becomes(office, Sound.READY)
    server.speak(HEADSET, TONE_HZ)
    alice.hears(leg)
    three_seconds(alice, leg)
    alice("hangup", leg=leg)
    office.desk.wait(ev.RecordingStopped, call_id)

    agent, caller = sides(office.spool / call_id, identity)
    heard = seconds_with(caller, 900)
    assert all(heard[1:-1]), f"the caller, second by second: {heard}"
    said = seconds_with(agent, TONE_HZ)
    assert said[1] and not all(said) and any(said[said.index(False) :]), f"the agent: {said}"


def three_seconds(phone: Phone, leg: int) -> None:
    """Of the call's own time: so many packets arrive there."""
    first = phone.packets(leg)
    until(lambda: phone.packets(leg) >= first + 150, "three seconds of packets")


def seconds_with(pcm: bytes, hz: int) -> list[bool]:
    """Whether each second of a recording has the tone."""
    step = RATE * 2
    return [loudness(pcm[at : at + step], hz) > 200 for at in range(0, len(pcm), step)]


def test_the_system_s_own_device_is_not_replaced_by_the_loudspeaker(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    server.plug_speaker(LOUDSPEAKER)
    server.prefer(HEADSET)
    office = desk()
    order = chosen(microphone="", speaker="")
    office.desk.do(order)
    assert becomes(office, Sound.READY).speaker == HEADSET
    server.pull(HEADSET)
    gone = becomes(office, Sound.GONE)
    assert gone.missing == (HEADSET,)
    office.desk.do(order)  # as at every change of the settings
    assert sound(office).state is Sound.GONE
    server.plug_headset(HEADSET)
    assert becomes(office, Sound.READY).speaker == HEADSET


def test_an_unknown_name_in_the_settings_is_named_with_those_that_are_there(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    server.plug_speaker(LOUDSPEAKER)
    office = desk()
    office.desk.do(chosen(speaker="Hedset X"))
    gone = becomes(office, Sound.GONE)
    assert gone.missing == ("Hedset X",)
    assert "Hedset X" in gone.text
    assert HEADSET in gone.remedy and LOUDSPEAKER in gone.remedy
    assert server.users(HEADSET) == server.users(LOUDSPEAKER) == 0
    chooses(office, chosen())


def test_without_any_device_a_call_is_taken_and_a_headset_that_comes_is_used(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    office = desk()
    office.desk.do(chosen(microphone="", speaker=""))
    state = becomes(office, Sound.NO_DEVICE)
    assert state.text and state.remedy
    _call, leg = talking(office)
    told = len([e for e in office.desk.story() if e == "SoundChanged"])
    assert told <= 1, "a state, not a stream of errors"
    server.plug_headset(HEADSET)
    becomes(office, Sound.READY)
    server.speak(HEADSET, TONE_HZ)
    office.phone("alice").hears(leg)


def test_the_sound_server_dies_and_comes_back(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    office = desk()
    chooses(office, chosen())
    call_id, leg = talking(office)
    server.kill()
    becomes(office, Sound.GONE)
    assert not office.call(call_id).ended
    server.start()
    server.plug_headset(HEADSET)
    becomes(office, Sound.READY)
    server.speak(HEADSET, TONE_HZ)
    office.phone("alice").hears(leg)


def test_a_sound_server_that_hangs_holds_no_call_up(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    office = desk()
    chooses(office, chosen())
    until(lambda: server.recorders(HEADSET) == 0, "the microphone closed")
    time.sleep(2 * FRESH_S)  # the answer that closed it is believed for a moment
    server.freeze()
    try:
        call_id, leg = office.incoming("alice")
        assert "does not answer" in becomes(office, Sound.HANGS).text
        office.desk.do(cmd.Hold(call_id=call_id))
        office.desk.wait(ev.CallHeld, call_id)
        office.desk.do(cmd.Resume(call_id=call_id))
        office.desk.wait(ev.CallResumed, call_id)
    finally:
        server.thaw()
    becomes(office, Sound.READY)
    server.speak(HEADSET, TONE_HZ)
    office.phone("alice").hears(leg)
    server.freeze()
    try:
        becomes(office, Sound.HANGS)
        office.phone("alice")("hangup", leg=leg)
        office.desk.wait(ev.CallEnded, call_id)
        second, _leg = office.incoming("bob")
        office.desk.do(cmd.HangUp(call_id=second))
        office.desk.wait(ev.CallEnded, second)
    finally:
        server.thaw()
    until(lambda: server.recorders(HEADSET) == 0, "the microphone closed")
    assert becomes(office, Sound.READY).microphone == HEADSET


def test_the_ring_is_heard_where_it_was_chosen_and_never_in_the_call(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    server.plug_speaker(LOUDSPEAKER)
    office = desk()
    office.desk.do(chosen(ring=LOUDSPEAKER, ring_gain=1.0))
    # ready it may have been before, with the system's own devices
    until(lambda: becomes(office, Sound.READY).ring == LOUDSPEAKER, "the choice")
    loud, ear = server.ear(LOUDSPEAKER), server.ear(HEADSET)
    call_id, leg = office.offered("alice")
    until(lambda: loud.now(425) > AUDIBLE, "the ring")
    office.desk.do(cmd.Answer(call_id=call_id))
    office.desk.wait(ev.CallAnswered, call_id)
    until(lambda: server.users(LOUDSPEAKER) == 0, "the end of the ring")
    office.phone("alice").wait("state", leg=leg, state="confirmed")
    office.phone("alice").hears_nothing(leg)
    assert ear.ever(425) < SILENT


def test_a_call_that_waits_knocks_in_the_ear_alone(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    server.plug_speaker(LOUDSPEAKER)
    office = desk()
    chooses(office, chosen(ring=LOUDSPEAKER, ring_gain=1.0))
    ear, loud = server.ear(HEADSET), server.ear(LOUDSPEAKER)
    _first, leg = office.incoming("alice")
    assert ear.ever(425) < SILENT
    waiting, bob = office.offered("bob")
    until(lambda: ear.now(425) > AUDIBLE, "the knock")
    office.phone("alice").hears_nothing(leg)
    assert loud.ever(425) < SILENT
    office.phone("bob")("hangup", leg=bob)
    office.desk.wait(ev.CallEnded, waiting)
    until(lambda: ear.now(425) < SILENT, "silence again")


def test_the_microphone_is_open_only_while_a_call_needs_it(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    office = desk()
    chooses(office, chosen())
    _call, leg = talking(office)
    assert server.recorders(HEADSET) == 1
    office.phone("alice")("hangup", leg=leg)
    office.desk.wait(ev.CallEnded)
    until(lambda: server.recorders(HEADSET) == 0, "the microphone's end")
    assert sound(office).state is Sound.READY


def test_gain_makes_the_agent_louder(server: SoundServer, desk: Callable[[], Office]) -> None:
    server.plug_headset(HEADSET)
    office = desk()
    chooses(office, chosen(mic_gain=0.1))
    ear = server.ear(HEADSET)
    server.speak(HEADSET, TONE_HZ)
    talking(office)
    until(lambda: ear.now(TONE_HZ) > 200, "a quiet agent")
    quiet = max(ear.now(TONE_HZ), 1.0)
    office.desk.do(chosen(mic_gain=1.0))
    until(lambda: ear.now(TONE_HZ) > 5 * quiet, "a loud agent")
    office.desk.do(chosen(mic_gain=1.0, speaker_gain=0.0))
    until(lambda: ear.now(TONE_HZ) < SILENT, "a silenced speaker")


def test_echo_test_plays_what_was_said_and_meters_move(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    office = desk()
    chooses(office, chosen())
    ear = server.ear(HEADSET)
    server.speak(HEADSET, TONE_HZ)
    office.desk.do(cmd.TrySound(what="echo"))

    def levels(step: str) -> list[ev.SoundLevels]:
        heard = list(office.desk.telemetry)
        return [e for e in heard if isinstance(e, ev.SoundLevels) and e.step == step]

    until(lambda: any(e.mic_level > 0.1 for e in levels("speak")), "the microphone's meter")
    assert ear.ever(TONE_HZ) < SILENT
    until(lambda: ear.now(TONE_HZ) > AUDIBLE, "the agent's own voice")
    until(lambda: any(e.speaker_level > 0.1 for e in levels("listen")), "the speaker's meter")
    until(lambda: levels(""), "the end of the test")
    until(lambda: server.recorders(HEADSET) == 0, "the microphone's end")


def test_the_echo_test_is_not_for_a_call(server: SoundServer, desk: Callable[[], Office]) -> None:
    server.plug_headset(HEADSET)
    office = desk()
    chooses(office, chosen())
    talking(office)
    refusal = office.desk.send(cmd.TrySound(what="echo"))
    assert refusal.code == "in_call" and refusal.remedy


def test_codecs_are_offered_in_the_exchange_s_order(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    office = desk()
    office.desk.do(chosen(codecs=("PCMU", "G722")))
    call_id = office.dialled("alice")
    until(lambda: office.call(call_id).codec == "PCMU/8000", "the first codec of the order")
    refusal = office.desk.send(chosen(codecs=("PCMU", "NOPE")))
    assert refusal.code == "unknown_codec" and "NOPE" in refusal.text


def test_the_echo_canceller_keeps_the_caller_from_hearing_herself(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    server.leak(HEADSET)
    office = desk()
    chooses(office, chosen())
    _call, leg = office.incoming("alice")
    alice = office.phone("alice")
    alice("tone", leg=leg, hz=900)
    alice.hears(leg)
    # a steady tone would be taken for noise as well: only the canceller is to be at work
    office.desk.do(chosen(echo_cancel=True, noise_suppression=False))
    alice.hears_nothing(leg)


def test_a_killed_engine_leaves_no_process_behind(
    server: SoundServer, desk: Callable[[], Office]
) -> None:
    server.plug_headset(HEADSET)
    office = desk()
    becomes(office, Sound.READY)
    engine = psutil.Process(office.engine.process.pid)
    until(engine.children, "the follower of the sound server")
    children = engine.children(recursive=True)
    office.engine.kill()
    until(lambda: not any(child.is_running() for child in children), "the end of its children")
