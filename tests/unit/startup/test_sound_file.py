"""The agent's own devices are kept beside the settings of IT."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ctidesk.calls.commands import ConfigureAudio
from ctidesk.config.sections import Audio
from ctidesk.config.settings import SettingsProblem, parse
from ctidesk.startup.engine_orders import audio_order
from ctidesk.startup.sound_file import SoundFile

SETTINGS = ConfigureAudio(microphone="Desk mic", ring="off", codecs=("PCMA",))


def made(path: Path, told: list[str] | None = None) -> SoundFile:
    return SoundFile(path, SETTINGS, lambda: (told if told is not None else []).append("chosen"))


def test_without_a_choice_the_settings_hold(tmp_path: Path) -> None:
    assert made(tmp_path / "sound.json").order == SETTINGS


def test_a_choice_is_told_and_found_by_the_next_desk(tmp_path: Path) -> None:
    told: list[str] = []
    file = made(tmp_path / "sound.json", told)
    wanted = replace(SETTINGS, microphone="Jabra", speaker="Jabra", mic_gain=1.5, again=3)
    file.choose(wanted)
    assert told == ["chosen"] and file.order == wanted
    # the codecs stay the exchange's, and a number of this desk's means nothing to the next
    assert made(tmp_path / "sound.json").order == replace(wanted, again=0)


@pytest.mark.parametrize("damage", ["{", "[]", '{"mic_gain": "loud"}', "[" * 5000, "\x00"])
def test_a_damaged_choice_is_the_settings(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "sound.json"
    path.write_text(damage)
    assert made(path).order == SETTINGS


def test_a_place_that_cannot_be_written_does_not_stop_the_choice(tmp_path: Path) -> None:
    file = made(tmp_path / "nowhere" / "sound.json")
    file.choose(replace(SETTINGS, speaker="Jabra"))
    assert file.order.speaker == "Jabra"


def test_the_settings_become_the_order(tmp_path: Path) -> None:
    raw = b"""[audio]
microphone = "Jabra"
mic_volume = 150
ring = "off"
echo_cancel = false
codecs = ["PCMA", "G722"]
"""
    order = audio_order(parse(raw, tmp_path).audio)
    assert order == ConfigureAudio(
        microphone="Jabra", mic_gain=1.5, ring="off", echo_cancel=False, codecs=("PCMA", "G722")
    )
    assert audio_order(Audio()) == ConfigureAudio()


@pytest.mark.parametrize(
    "line", ["mic_volume = 401", "ring_volume = 101", 'echo_cancel = "yes"', "device = 1"]
)
def test_a_mistake_in_the_section_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(SettingsProblem) as found:
        parse(f"[audio]\n{line}\n".encode(), tmp_path)
    assert "audio" in found.value.text and found.value.remedy
