"""The engine's own ALSA configuration: one device, whose ends are what the agent chose.

Runs in: engine process, loop thread.

pjsip lists ALSA's devices once and knows them by number; listing anew opens each of them and
gives new numbers. So it sees a single device that is always there, and ALSA itself reads at each
opening what stands behind it. Microphone and speaker may be different ones.
"""

from __future__ import annotations

import os
from pathlib import Path

from ctidesk.sip.engine.sound_devices import Node

DEVICE = "ctidesk"
FILE = "sound.conf"


class AlsaConfig:
    """The file in the private folder `folder`. `prepare` before the library starts."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def prepare(self) -> None:
        """A device that opens always, and this process's ALSA looks only here."""
        self._write("type null", "type null")
        os.environ["ALSA_CONFIG_PATH"] = str(self._path)

    def use(self, server: bool, microphone: Node, speaker: Node) -> None:
        """From the next opening on. Raises OSError."""
        self._write(_end(server, speaker), _end(server, microphone))

    def _write(self, playback: str, capture: str) -> None:
        text = (
            f"pcm.{DEVICE} {{\n"
            "  type asym\n"
            f"  playback.pcm {{ {playback} }}\n"
            f"  capture.pcm {{ {capture} }}\n"
            f'  hint {{ show on description "{DEVICE}" }}\n'
            "}\n"
        )
        # a new file each time: ALSA notices a change by inode and whole seconds
        fresh = self._path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._path)


def _end(server: bool, node: Node) -> str:
    if server:
        # the names of a sound server are its own and its modules'; quotes would end the string
        name = node.address.replace("\\", "").replace('"', "").replace("\n", "")
        return f'type pulse device "{name}"'
    card, _, device = node.address.partition(",")
    return f"type plug slave.pcm {{ type hw card {int(card)} device {int(device)} }}"
