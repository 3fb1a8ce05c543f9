"""The agent and the headset: not ready while it is gone, back by herself with it."""

from __future__ import annotations

import pytest
from tests.support.desk_doubles import SpyJournal
from tests.support.fake_clock import FakeClock

from ctidesk.calls import events as ev
from ctidesk.calls.agent import DEVICE_LOST, NETWORK_LOST, READY, AgentMachine, Rest
from ctidesk.calls.agent_events import AgentState
from ctidesk.calls.desk import CallDesk
from ctidesk.calls.events import Sound, SoundDevice
from ctidesk.calls.sound import advice

JABRA = SoundDevice(name="Jabra", microphone=True, speaker=True)


def changed(state: Sound) -> ev.SoundChanged:
    return ev.SoundChanged(t_mono=0, t_wall=0, state=state)


@pytest.fixture
def desk() -> CallDesk:
    desk = CallDesk(FakeClock(), SpyJournal())
    desk.agent.choose(READY)
    return desk


@pytest.mark.parametrize("lost", [Sound.GONE, Sound.FAILED, Sound.NO_DEVICE])
def test_a_lost_headset_takes_the_agent_out_and_brings_her_back(
    desk: CallDesk, lost: Sound
) -> None:
    desk.handle(changed(Sound.READY))
    desk.handle(changed(lost))
    assert desk.agent.rest == Rest(AgentState.NOT_READY, DEVICE_LOST)
    desk.handle(changed(Sound.READY))
    assert desk.agent.rest == READY


def test_an_engine_without_sound_takes_nobody_out(desk: CallDesk) -> None:
    desk.handle(changed(Sound.UNSUPPORTED))
    assert desk.agent.rest == READY


def test_the_snapshot_of_a_running_engine_counts_as_well(desk: CallDesk) -> None:
    desk.attach([], [], changed(Sound.GONE))
    assert desk.sound == changed(Sound.GONE)
    assert desk.agent.rest == Rest(AgentState.NOT_READY, DEVICE_LOST)


def test_a_lost_engine_says_nothing_about_the_headset(desk: CallDesk) -> None:
    desk.handle(changed(Sound.READY))
    desk.handle(ev.EngineLost(t_mono=0, t_wall=0, reason="closed"))
    assert desk.sound is None


def test_an_agent_who_chose_otherwise_stays_there(desk: CallDesk) -> None:
    desk.handle(changed(Sound.GONE))
    desk.agent.choose(Rest(AgentState.NOT_READY, "Lunch"))
    desk.handle(changed(Sound.READY))
    assert desk.agent.rest == Rest(AgentState.NOT_READY, "Lunch")


@pytest.mark.parametrize("first", [DEVICE_LOST, NETWORK_LOST])
def test_two_outages_end_with_the_second(first: str) -> None:
    machine = AgentMachine(FakeClock(), READY)
    second = NETWORK_LOST if first == DEVICE_LOST else DEVICE_LOST
    machine.outage(first)
    machine.outage(second)
    machine.recovered(first)
    assert machine.rest == Rest(AgentState.NOT_READY, second)
    machine.recovered(second)
    assert machine.rest == READY


def test_two_outages_of_which_the_second_ends_first() -> None:
    machine = AgentMachine(FakeClock(), READY)
    machine.outage(NETWORK_LOST)
    machine.outage(DEVICE_LOST)
    machine.recovered(DEVICE_LOST)
    assert machine.rest == Rest(AgentState.NOT_READY, NETWORK_LOST)
    machine.recovered(NETWORK_LOST)
    assert machine.rest == READY


def test_levels_are_kept_and_told_as_telemetry(desk: CallDesk) -> None:
    seen: list[object] = []
    desk.subscribe(seen.append)
    levels = ev.SoundLevels(t_mono=0, t_wall=0, step="levels", mic_level=0.5)
    desk.handle(levels)
    assert desk.sound_levels == levels and seen == [levels]
    assert isinstance(levels, ev.TELEMETRY)


def test_an_unknown_name_is_quoted_with_what_is_there() -> None:
    text, remedy = advice(Sound.GONE, [JABRA], ["Jabba"], was_there=False)
    assert "Jabba" in text and "Jabra" in remedy and "settings" in remedy
    text, remedy = advice(Sound.GONE, [], ["Jabba"], was_there=True)
    assert "muted" in text and "Plug it in again" in remedy
    many = [SoundDevice(name=f"D{i}", microphone=True, speaker=True) for i in range(20)]
    assert "D19" not in advice(Sound.GONE, many, ["X"], was_there=False).remedy


def test_every_state_but_ready_has_words() -> None:
    for state in Sound:
        found = advice(state, [JABRA], [], was_there=True)
        assert bool(found.text) is bool(found.remedy) is (state is not Sound.READY)
