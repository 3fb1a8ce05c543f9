"""What the sound screen shows and orders, without Qt."""

from __future__ import annotations

import pytest
from tests.support.desk_scenes import Scene

from ctidesk.calls.commands import TrySound
from ctidesk.sip.simulated_sound import HEADSET
from ctidesk.ui.sound.presenter import OFF, SYSTEM, SoundPresenter
from ctidesk.ui.theme.tokens import Role

JABRA = "Jabra"
LOUD = "Loudspeaker"


@pytest.fixture
def sound(scene: Scene) -> SoundPresenter:
    presenter = SoundPresenter(scene.desk, scene.actions, scene.needs.sound)
    scene.engine.start()
    return presenter


@pytest.fixture
def obeyed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each choice reaches the engine, as in a running desk."""
    keep = scene.needs.sound.choose

    def choose(order: object) -> None:
        keep(order)  # type: ignore[arg-type]  # passed on as it is
        scene.engine.configure([], None, scene.needs.sound.order)

    monkeypatch.setattr(scene.needs.sound, "choose", choose)


def tries(scene: Scene) -> list[str]:
    return [each.what for each in scene.engine.sent if isinstance(each, TrySound)]


def labels(sound: SoundPresenter) -> list[str]:
    return [option.label for option in sound.live.state.speaker.options]


def test_microphones_and_speakers_are_offered_apart(scene: Scene, sound: SoundPresenter) -> None:
    scene.engine.plug(LOUD, microphone=False)
    state = sound.live.state
    assert [o.key for o in state.microphone.options] == [SYSTEM, HEADSET]
    assert [o.key for o in state.speaker.options] == [SYSTEM, HEADSET, LOUD]
    assert [o.key for o in state.ring.options] == [SYSTEM, OFF, HEADSET, LOUD]
    assert state.role is Role.READY and HEADSET in state.text


@pytest.mark.usefixtures("obeyed")
def test_a_chosen_device_that_goes_stays_in_the_list_and_says_so(
    scene: Scene, sound: SoundPresenter
) -> None:
    scene.engine.plug(JABRA)
    sound.choose_microphone(JABRA)
    sound.choose_speaker(JABRA)
    assert "Jabra" in sound.live.state.text
    scene.engine.pull(JABRA)
    state = sound.live.state
    assert state.role is Role.DANGER and JABRA in state.text and state.remedy
    assert "Jabra (not connected)" in labels(sound)
    assert state.speaker.chosen == JABRA
    assert not state.can_echo and not state.can_ring
    scene.engine.plug(JABRA)
    assert sound.live.state.role is Role.READY


@pytest.mark.usefixtures("obeyed")
def test_the_system_s_own_device_is_taken_anew_only_when_it_is_asked_for(
    scene: Scene, sound: SoundPresenter
) -> None:
    scene.engine.plug(LOUD)
    scene.engine.pull(HEADSET)
    assert sound.live.state.role is Role.DANGER, "the loudspeaker is no headset"
    sound.set_volumes(120, 100, 60)
    assert sound.live.state.role is Role.DANGER
    sound.choose_speaker(SYSTEM)
    assert sound.live.state.role is Role.READY and LOUD in sound.live.state.text


def test_meters_run_only_while_somebody_looks(scene: Scene, sound: SoundPresenter) -> None:
    assert tries(scene) == []
    sound.show()
    assert tries(scene) == ["levels"]
    assert sound.levels.state.microphone > 0
    sound.hide()
    assert tries(scene) == ["levels", ""]
    assert sound.levels.state.microphone == 0
    scene.engine.plug(JABRA)
    assert tries(scene) == ["levels", ""]


def test_nothing_is_tried_without_a_device(scene: Scene, sound: SoundPresenter) -> None:
    scene.engine.pull(HEADSET)
    sound.show()
    assert tries(scene) == []
    scene.engine.plug(HEADSET)
    assert tries(scene) == ["levels"], "it begins by itself when the headset is back"


def test_the_echo_test_waits_for_the_end_of_the_call(scene: Scene, sound: SoundPresenter) -> None:
    assert sound.live.state.can_echo
    call_id = scene.talk()
    assert not sound.live.state.can_echo
    scene.engine.remote_hangs_up(call_id)
    assert sound.live.state.can_echo


def test_volumes_and_comfort_are_ordered(scene: Scene, sound: SoundPresenter) -> None:
    sound.set_volumes(150, 80, 30)
    sound.set_comfort(echo_cancel=False, noise_suppression=False)
    sound.choose_ring(OFF)
    order = scene.needs.sound.order
    assert (order.mic_gain, order.speaker_gain, order.ring_gain) == (1.5, 0.8, 0.3)
    assert not order.echo_cancel and order.ring == OFF
    state = sound.live.state
    assert (state.mic_percent, state.speaker_percent, state.ring_percent) == (150, 80, 30)
    assert not state.can_ring
