"""Where the window was, in a small file of the profile.

Runs in: desk process, Qt main thread (a file of 200 bytes).
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from ctidesk.calls.codec import MalformedMessage, from_plain, to_plain
from ctidesk.ui.window.layout_memory import WindowLayout

log = logging.getLogger(__name__)

MAX_BYTES = 4096


class LayoutFile:
    """Implements `ui.window.layout_memory.LayoutMemory`. A damaged file means the defaults."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> WindowLayout:
        try:
            with self._path.open("rb") as file:
                return from_plain(WindowLayout, json.loads(file.read(MAX_BYTES)))
        except FileNotFoundError:
            return WindowLayout()
        except (OSError, ValueError, MalformedMessage):
            log.warning("the window's layout could not be read")
            return WindowLayout()

    def save(self, layout: WindowLayout) -> None:
        try:
            self._path.write_text(json.dumps(to_plain(layout)), encoding="utf-8")
        except OSError:
            log.warning("the window's layout could not be kept")
