"""Which devices are listed, from what sound servers and ALSA say; no server is needed for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.sip_desk import until

from ctidesk.sip.engine.alsa_config import DEVICE, AlsaConfig
from ctidesk.sip.engine.sound_devices import Devices, Node, SoundSystem, of_cards, of_server
from ctidesk.sip.engine.sound_watch import SoundWatch

INFO = {"default_sink_name": "usb_out", "default_source_name": "usb_in"}


def device(name: str, description: str, **more: object) -> dict[str, object]:
    return {"name": name, "description": description, "properties": {}, **more}


def test_a_server_s_devices_have_its_names_and_its_defaults() -> None:
    found = of_server(
        INFO,
        [device("pci_out", "Built-in Audio"), device("usb_out", "Jabra")],
        [device("pci_in", "Built-in Audio"), device("usb_in", "Jabra Mono")],
    )
    assert found.server
    assert found.speaker("") == Node("Jabra", "usb_out")
    assert found.microphone("") == Node("Jabra Mono", "usb_in")
    assert found.speaker("Built-in Audio") == Node("Built-in Audio", "pci_out")
    assert found.speaker("Plantronics") is None


def test_monitors_and_the_server_s_dummy_are_no_devices() -> None:
    sources = [
        device("usb_out.monitor", "Monitor of Jabra"),
        device("other", "Monitor of X", properties={"device.class": "monitor"}),
    ]
    found = of_server(INFO, [device("auto_null", "Dummy Output")], sources)
    assert found.speakers == found.microphones == ()
    assert found.speaker("") is None


def test_two_headsets_of_one_kind_are_told_apart() -> None:
    found = of_server(INFO, [device("a", "Jabra"), device("b", "Jabra")], [])
    assert [node.name for node in found.speakers] == ["Jabra", "Jabra (2)"]


def test_a_headset_s_plug_in_a_card_is_part_of_the_name() -> None:
    ports = [
        {"name": "speaker", "description": "Speakers"},
        {"name": "phones", "description": "Headphones"},
    ]

    def names(active: str) -> list[str]:
        sinks = [device("pci", "Built-in", ports=ports, active_port=active)]
        return [node.name for node in of_server(INFO, sinks, []).speakers]

    assert names("phones") == ["Built-in, Headphones"]
    assert names("speaker") == ["Built-in, Speakers"]


@pytest.mark.parametrize("answer", [None, {}, [1, "x", None], [{"name": 7}], "x", [{}]])
def test_nonsense_from_a_server_is_an_empty_list(answer: object) -> None:
    found = of_server({}, answer, answer)
    assert found.speakers == found.microphones == ()


CARDS = """ 0 [PCH            ]: HDA-Intel - HDA Intel PCH
                      HDA Intel PCH at 0xe1348000 irq 142
 1 [USB            ]: USB-Audio - Jabra EVOLVE 65
                      GN Netcom A/S Jabra EVOLVE 65 at usb-1, full speed
"""
PCMS = """00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1
00-03: HDMI 0 : HDMI 0 : playback 1
01-00: USB Audio : USB Audio : playback 1 : capture 1
"""


def test_cards_without_a_server_have_their_long_names_and_the_headset_is_preferred() -> None:
    found = of_cards(CARDS, PCMS)
    assert not found.server
    assert [node.name for node in found.speakers] == [
        "HDA Intel PCH",
        "HDA Intel PCH 3",
        "Jabra EVOLVE 65",
    ]
    assert found.speaker("") == Node("Jabra EVOLVE 65", "1,0") == found.microphone("")
    assert of_cards("", "") == Devices()
    assert of_cards("x [", "nonsense: :\n99-99: a : playback 1") == Devices()


def test_the_configuration_names_what_was_chosen_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALSA_CONFIG_PATH", "")
    config = AlsaConfig(tmp_path)
    config.prepare()
    path = Path(os.environ["ALSA_CONFIG_PATH"])
    before = path.stat().st_ino
    config.use(True, Node("Jabra", 'in" } evil {'), Node("Jabra", "out"))
    text = path.read_text()
    assert 'type pulse device "out"' in text and 'device "in } evil {"' in text
    assert path.stat().st_ino != before, "ALSA notices a new file, not a new second"
    config.use(False, Node("Jabra", "1,0"), Node("PCH", "0,3"))
    assert "card 0 device 3" in path.read_text() and f"pcm.{DEVICE}" in path.read_text()


def test_without_a_server_the_watch_sees_a_card_that_is_plugged_in(tmp_path: Path) -> None:
    cards, pcms = tmp_path / "cards", tmp_path / "pcm"
    cards.write_text("")
    pcms.write_text("")
    environment = {"PATH": str(tmp_path)}  # no pactl there
    seen: list[Devices] = []
    watch = SoundWatch(SoundSystem(environment=environment, cards=cards, pcms=pcms), seen.append)
    watch.start()
    until(lambda: seen == [Devices()], "the empty list")
    cards.write_text(CARDS)
    pcms.write_text(PCMS)
    until(lambda: seen[-1].speaker("Jabra EVOLVE 65"), "the headset")
    watch.stop()


def test_a_watch_that_was_asked_tells_the_same_list_again(tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path)}
    seen: list[Devices] = []
    system = SoundSystem(environment=environment, cards=tmp_path / "c", pcms=tmp_path / "p")
    watch = SoundWatch(system, seen.append)
    watch.start()
    until(lambda: len(seen) == 1, "the first list")
    watch.look_again()
    until(lambda: len(seen) == 2, "the list again")
