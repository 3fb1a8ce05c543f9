"""What the windows remember between two runs, and the port that keeps it.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ctidesk.ui.theme.scale import WORK_LIST_WIDTH, WRAP_UP_WIDTH


@dataclass(frozen=True, slots=True)
class WindowLayout:
    """Logical pixels. `screen`: the name of the screen that the compact bar stood on, with its
    place relative to that screen's corner; -1 = never placed."""

    width: int = 1280
    height: int = 800
    maximised: bool = False
    work_list: int = WORK_LIST_WIDTH
    wrap_up: int = WRAP_UP_WIDTH
    screen: str = ""
    compact_x: int = -1
    compact_y: int = -1


class LayoutMemory(Protocol):
    """Keeps the layout; both return at once and never raise."""

    def load(self) -> WindowLayout: ...

    def save(self, layout: WindowLayout) -> None: ...


class ForgetfulLayout:
    """Starts with the default layout each time."""

    def load(self) -> WindowLayout:
        return WindowLayout()

    def save(self, layout: WindowLayout) -> None:
        return None
