"""The sound devices of this computer by the names that its system shows.

Runs in: engine process, the sound watch's thread (asking), loop thread (choosing).
Where a sound server runs (PulseAudio, PipeWire) its devices are the list: it owns the hardware.
Without one it is the cards of ALSA.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ctidesk.calls.events import SoundDevice
from ctidesk.calls.text import plain

ASK_S = 3.0
"""A sound server that does not answer for so long is treated as absent."""
CARDS = Path("/proc/asound/cards")
PCMS = Path("/proc/asound/pcm")
MAX_DEVICES = 64


@dataclass(frozen=True, slots=True)
class Node:
    """One direction of a device. `address`: for a sound server its name there, for ALSA
    "CARD,DEVICE"."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Devices:
    """What is there now. `server`: a sound server's, else ALSA's own. The defaults are addresses,
    "" where the system has none."""

    server: bool = False
    microphones: tuple[Node, ...] = ()
    speakers: tuple[Node, ...] = ()
    default_microphone: str = ""
    default_speaker: str = ""

    def shown(self) -> tuple[SoundDevice, ...]:
        """Each name once, for the desk."""
        mics = {node.name for node in self.microphones}
        speakers = {node.name for node in self.speakers}
        names = dict.fromkeys(node.name for node in (*self.microphones, *self.speakers))
        return tuple(
            SoundDevice(name=name, microphone=name in mics, speaker=name in speakers)
            for name in names
        )

    def microphone(self, name: str) -> Node | None:
        """The microphone called `name`, or the system's preferred one for ""."""
        return _pick(self.microphones, name, self.default_microphone)

    def speaker(self, name: str) -> Node | None:
        """The speaker called `name`, or the system's preferred one for ""."""
        return _pick(self.speakers, name, self.default_speaker)


NOTHING = Devices()


@dataclass(frozen=True, slots=True)
class SoundSystem:
    """Where to look; tests give other places."""

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cards: Path = CARDS
    pcms: Path = PCMS

    def pactl(self, *words: str) -> list[str]:
        return ["pactl", *words]

    def child_environment(self) -> dict[str, str]:
        """For children: numbers in C notation, and the system's own ALSA configuration."""
        environment = {**self.environment, "LC_ALL": "C.UTF-8"}
        environment.pop("ALSA_CONFIG_PATH", None)
        return environment

    def look(self) -> Devices:
        """Ask the sound server, or ALSA where none answers. Blocks up to `ASK_S` for each of
        three questions; never raises."""
        info = self._ask("info")
        if isinstance(info, dict):
            return of_server(info, self._ask("list", "sinks"), self._ask("list", "sources"))
        return of_cards(_read(self.cards), _read(self.pcms))

    def hangs(self) -> bool:
        """A sound server is there and does not answer. Takes up to `ASK_S`."""
        try:
            subprocess.run(
                self.pactl("info"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=ASK_S,
                env=self.child_environment(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return True
        except OSError:
            pass  # nobody to ask with: nothing is known against it
        return False

    def _ask(self, *words: str) -> Any:
        try:
            answer = subprocess.run(
                self.pactl("--format=json", *words),
                capture_output=True,
                timeout=ASK_S,
                check=True,
                stdin=subprocess.DEVNULL,
                env=self.child_environment(),
            )
            return json.loads(answer.stdout.decode("utf-8", "replace"))
        except (OSError, subprocess.SubprocessError, ValueError, RecursionError):
            return None


def of_server(info: Mapping[str, Any], sinks: Any, sources: Any) -> Devices:
    """From the answers of `pactl`. The monitors of speakers are no microphones."""
    return Devices(
        server=True,
        microphones=_nodes(each for each in _list(sources) if not _is_monitor(each)),
        speakers=_nodes(_list(sinks)),
        default_microphone=str(info.get("default_source_name", "")),
        default_speaker=str(info.get("default_sink_name", "")),
    )


def of_cards(cards: str, pcms: str) -> Devices:
    """From /proc/asound/cards and /proc/asound/pcm. The preferred card is the first one that can
    do both, if possible one that is not built in."""
    names: dict[int, str] = {}
    for line in cards.splitlines():
        number, bracket, rest = line.partition("[")
        if bracket and number.strip().isdigit():
            names[int(number)] = rest.partition(" - ")[2].strip() or rest.partition("]")[0].strip()
    mics: list[Node] = []
    speakers: list[Node] = []
    for line in pcms.splitlines():
        parts = [part.strip() for part in line.split(":")]
        card, _, device = parts[0].partition("-")
        if not (card.isdigit() and device.isdigit()) or int(card) not in names:
            continue
        name = names[int(card)] if int(device) == 0 else f"{names[int(card)]} {int(device)}"
        node = Node(plain(name), f"{int(card)},{int(device)}")
        if any(part.startswith("capture") for part in parts):
            mics.append(node)
        if any(part.startswith("playback") for part in parts):
            speakers.append(node)
    both = [node.address for node in mics if node in speakers]
    # a headset is plugged in after the machine's own sound was there, so its card comes later
    preferred = max(both, key=lambda address: int(address.partition(",")[0]), default="")
    return Devices(
        microphones=_distinct(mics),
        speakers=_distinct(speakers),
        default_microphone=preferred or (mics[0].address if mics else ""),
        default_speaker=preferred or (speakers[0].address if speakers else ""),
    )


def _nodes(found: Iterable[Mapping[str, Any]]) -> tuple[Node, ...]:
    nodes = []
    for each in found:
        address = each.get("name")
        # "auto_null" is what a server offers when nothing is there
        if isinstance(address, str) and address not in ("", "auto_null"):
            name = plain(str(each.get("description") or "")) or plain(address)
            nodes.append(Node(plain(name + _plug(each)), address))
    return _distinct(nodes)


def _plug(device: Mapping[str, Any]) -> str:
    """Which of its sockets a card uses: pulling the headset's plug leaves the device there, and
    it goes on by the loudspeaker; so it must be another name."""
    ports = _list(device.get("ports"))
    if len(ports) < 2:
        return ""
    active = next((each for each in ports if each.get("name") == device.get("active_port")), {})
    told = str(active.get("description") or "")
    return f", {told}" if told else ""


def _distinct(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Two headsets of one kind get a number, in the order of the system."""
    taken: dict[str, int] = {}
    distinct = []
    for node in nodes[:MAX_DEVICES]:
        count = taken[node.name] = taken.get(node.name, 0) + 1
        distinct.append(node if count == 1 else Node(f"{node.name} ({count})", node.address))
    return tuple(distinct)


def _pick(nodes: Sequence[Node], name: str, default: str) -> Node | None:
    if name:
        return next((node for node in nodes if node.name == name), None)
    return next((node for node in nodes if node.address == default), nodes[0] if nodes else None)


def _list(answer: Any) -> list[Mapping[str, Any]]:
    return [each for each in answer if isinstance(each, dict)] if isinstance(answer, list) else []


def _is_monitor(source: Mapping[str, Any]) -> bool:
    properties = source.get("properties")
    told = properties.get("device.class") if isinstance(properties, dict) else ""
    return told == "monitor" or str(source.get("name", "")).endswith(".monitor")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
