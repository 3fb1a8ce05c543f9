"""The start of a desk: profile, settings, keys, one instance, window, end.

Runs in: desk process, main thread. Qt is imported after the engine has been asked to start.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.config.keys import KeyStore
from ctidesk.config.paths import Profile
from ctidesk.diagnostics.logs import log_to
from ctidesk.startup import instance, settings_source
from ctidesk.startup.settings_source import SettingsFound
from ctidesk.startup.terminal_keys import unlocked_keys

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asked for. `key_place`: "", "os", "file" or "passphrase"."""

    profile: Profile
    config: Path | None = None
    key_place: str = ""
    theme: str = ""
    link: str = ""


def run(wishes: Wishes) -> int:
    """The desk until its window is closed; returns the exit code. Raises `KnownError`."""
    require_display()
    profile = wishes.profile.make()
    one = instance.claim(profile.runtime, wishes.link or instance.RAISE)
    if one is None:
        done = "the number is in its dial field" if wishes.link else "its window was raised"
        sys.stderr.write(f"ctidesk is running already with this profile: {done}.\n")
        return 0
    try:
        return _run(wishes, profile, one)
    finally:
        one.close()


def _run(wishes: Wishes, profile: Profile, one: instance.Instance) -> int:
    log_to(profile.logs, "desk")
    keys = KeyStore(profile.root, profile.database)
    if wishes.key_place and keys.choice is None:
        keys = unlocked_keys(profile, wishes.key_place)
    found = settings_source.find(wishes.config, profile, keys)

    from PySide6.QtWidgets import QApplication

    from ctidesk.startup.running_desk import RunningDesk

    app = QApplication([sys.argv[0]])
    app.setApplicationName("ctidesk")
    app.setDesktopFileName("ctidesk")
    desk = RunningDesk(app, profile, found.settings, keys, wishes.theme or "")
    one.listen(lambda text: desk.bridge.deliver(lambda: desk.message(text)))
    if found.problem is not None:
        desk.window.tell(found.problem, "settings")
    desk.start()
    if wishes.link:
        desk.window.prefill(wishes.link)
    keep_settings(found, profile, keys)
    try:
        return app.exec()
    finally:
        desk.stop()


def keep_settings(found: SettingsFound, profile: Profile, keys: KeyStore) -> None:
    """Keep good settings for the day when the file is damaged; the key store may take its time."""
    if not found.raw:
        return

    def work() -> None:
        try:
            settings_source.keep(found.raw, profile, keys)
        except (KnownError, OSError):
            log.info("the settings could not be kept as the last good version")

    threading.Thread(target=work, name="keep-settings", daemon=True).start()


def require_display() -> None:
    """Qt ends the process without a word to the user where there is no display."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    raise KnownError(
        "no_display",
        "There is no display to show the desk on.",
        "Start it in a desktop session, or run the demo, which works without one: ctidesk demo.",
    )


def offscreen_fonts() -> None:
    """Qt's offscreen platform needs to be told where fonts are, if nothing else does."""
    fonts = Path("/usr/share/fonts/truetype/dejavu")
    if fonts.is_dir():
        os.environ.setdefault("QT_QPA_FONTDIR", str(fonts))
