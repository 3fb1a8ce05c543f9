"""A real X server with a real window manager, on a display of its own.

Focus is decided by a window manager; the `offscreen` platform has none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEEDED = ("Xvfb", "openbox", "xdotool", "xprop")
DEADLINE_S = 30.0


def missing_programs() -> list[str]:
    return [program for program in NEEDED if shutil.which(program) is None]


class XDisplay:
    """Where programs are shown and the keyboard and mouse that people would use."""

    def __init__(self, name: str, home: Path) -> None:
        self.name = name
        self.environment = {
            **os.environ,
            "DISPLAY": name,
            "QT_QPA_PLATFORM": "xcb",
            "XDG_CONFIG_HOME": str(home),
            "XDG_CACHE_HOME": str(home),
        }
        self.environment.pop("WAYLAND_DISPLAY", None)

    def run(self, *command: str) -> str:
        """The output of an X client; raises when it fails."""
        done = subprocess.run(
            command,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=True,
        )
        return done.stdout.strip()

    def type(self, text: str, delay_ms: int = 20) -> None:
        """Keys as from a keyboard, to whatever window has the focus."""
        self.run("xdotool", "type", "--delay", str(delay_ms), text)

    def click(self, x: int, y: int) -> None:
        self.run("xdotool", "mousemove", "--sync", str(x), str(y), "click", "1")

    def has_window_manager(self) -> bool:
        return "window id #" in self.run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")


@contextmanager
def x_display(folder: Path, size: str = "1440x900x24") -> Iterator[XDisplay]:
    """Xvfb and openbox on a free display, ended on leaving."""
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", size, "-nolisten", "tcp"],
        pass_fds=(write_end,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    try:
        # closed by the server when it dies, so this can't wait for ever
        with os.fdopen(read_end) as numbers:
            number = numbers.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        display = XDisplay(f":{number}", folder)
        manager = subprocess.Popen(
            ["openbox", "--sm-disable"],
            env=display.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _await_window_manager(display)
            yield display
        finally:
            _end(manager)
    finally:
        _end(server)


def _await_window_manager(display: XDisplay) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not display.has_window_manager():
        if time.monotonic() > deadline:
            raise RuntimeError("openbox did not take the display")
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
