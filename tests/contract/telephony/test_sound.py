"""What the desk is told about the agent's sound, by the simulator and by the real engine."""

from __future__ import annotations

from tests.support.telephony_lab import Lab

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import Sound


def told(lab: Lab) -> ev.SoundChanged | None:
    """The state as the desk knows it: the latest event, else the snapshot's."""
    lab.desk.drain()
    events = lab.desk.of(ev.SoundChanged)
    return events[-1] if events else lab.desk.snapshots[-1].sound


def refusal_of(lab: Lab, command: cmd.Command) -> KnownError:
    refusal = lab.desk.ask(command)
    assert refusal is not None
    return refusal


def test_a_device_that_is_not_there_is_named_and_its_lack_has_a_remedy(lab: Lab) -> None:
    lab.desk.do(cmd.ConfigureAudio(microphone="Nobody's", speaker="Nobody's"))
    state = told(lab)
    assert state is not None
    # the development engine has no devices that could be missing
    assert state.state in (Sound.GONE, Sound.UNSUPPORTED)
    assert state.text and state.remedy
    if state.state is Sound.GONE:
        assert state.missing == ("Nobody's",) and "Nobody's" in state.text


def test_nonsense_is_refused_in_words(lab: Lab) -> None:
    for order, code in (
        (cmd.ConfigureAudio(codecs=("PCMU", "MP3")), "unknown_codec"),
        (cmd.ConfigureAudio(mic_gain=-1.0), "bad_gain"),
        (cmd.ConfigureAudio(speaker_gain=99.0), "bad_gain"),
    ):
        refusal = refusal_of(lab, order)
        assert refusal.code == code and refusal.text and refusal.remedy


def test_without_a_device_no_test_of_the_sound_begins(lab: Lab) -> None:
    lab.desk.do(cmd.ConfigureAudio(microphone="Nobody's", speaker="Nobody's"))
    refusal = refusal_of(lab, cmd.TrySound(what="levels"))
    assert refusal.code == "no_sound" and refusal.text and refusal.remedy
    lab.desk.do(cmd.TrySound(what=""))


def test_a_mistake_in_the_codecs_does_not_cost_the_choice_of_the_headset(lab: Lab) -> None:
    lab.desk.do(cmd.ConfigureAudio())
    order = cmd.ConfigureAudio(microphone="Nobody's", speaker="Nobody's", codecs=("MP3",))
    assert refusal_of(lab, order).code == "unknown_codec"
    state = told(lab)
    assert state is not None and state.state in (Sound.GONE, Sound.UNSUPPORTED)
