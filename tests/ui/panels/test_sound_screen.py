"""The sound screen over the real window, and what the agent is told when the headset goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from tests.support.desk_scenes import Scene
from tests.support.screens import grab

from ctidesk.calls.commands import ConfigureAudio, TrySound
from ctidesk.sip.simulated_sound import HEADSET
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.sound.view import SoundOverlay
from ctidesk.ui.theme.theme import Theme

OTHER = "Jabra Evolve2 65 Mono, a name that is longer than the field for it"


def screen(shown: DeskWindow) -> SoundOverlay:
    found = shown.window.findChild(SoundOverlay, "sound")
    assert isinstance(found, SoundOverlay)
    return found


def tries(scene: Scene) -> list[str]:
    return [each.what for each in scene.engine.sent if isinstance(each, TrySound)]


def test_a_key_opens_it_the_meters_run_and_escape_closes_the_microphone(
    scene: Scene, desk_window: DeskWindow, theme: Theme, tmp_path: Path
) -> None:
    scene.engine.plug(OTHER)
    QTest.keyClick(QApplication.focusWidget() or desk_window.window, Qt.Key.Key_F8)
    sheet = screen(desk_window)
    assert sheet.isVisible()
    assert tries(scene) == ["levels"]
    assert sheet.mic_level.lit > 0
    grab(theme, desk_window.window, "sound", tmp_path)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not sheet.isVisible()
    assert tries(scene) == ["levels", ""]


def test_a_device_that_is_chosen_is_ordered_and_kept(scene: Scene, desk_window: DeskWindow) -> None:
    scene.engine.plug(OTHER)
    desk_window.commands.perform("desk.sound")
    sheet = screen(desk_window)
    sheet.speaker.setFocus()
    at = sheet.speaker.findData(OTHER)
    assert at > 0
    sheet.speaker.setCurrentIndex(at)
    sheet.speaker.activated.emit(at)
    assert scene.needs.sound.order.speaker == OTHER
    sheet.mic_volume.setValue(150)
    sheet.dismiss()
    assert scene.needs.sound.order == ConfigureAudio(speaker=OTHER, mic_gain=1.5)


def test_a_headset_that_goes_is_said_with_a_remedy_and_its_return_too(
    scene: Scene, desk_window: DeskWindow, theme: Theme, tmp_path: Path
) -> None:
    scene.talk()
    scene.engine.pull(HEADSET)
    stack = desk_window.window.notices
    standing = stack.keys()
    assert "sound" in standing
    words = [one.word for one in desk_window.presenters.status.live.state.indicators]
    assert "Headset gone: muted" in words
    grab(theme, desk_window.window, "headset-gone", tmp_path)
    desk_window.commands.perform("desk.sound")
    assert not screen(desk_window).echo.isEnabled()
    grab(theme, desk_window.window, "sound-gone", tmp_path)
    screen(desk_window).dismiss()
    scene.engine.plug(HEADSET)
    standing = stack.keys()
    assert "sound" not in standing
    words = [one.word for one in desk_window.presenters.status.live.state.indicators]
    assert "Headset ready" in words


def test_the_echo_test_is_told_step_by_step(
    scene: Scene, desk_window: DeskWindow, open_desk: Callable[[Scene], DeskWindow]
) -> None:
    desk_window.commands.perform("desk.sound")
    sheet = screen(desk_window)
    said: list[str] = []
    desk_window.presenters.sound.live.watch(lambda state: said.append(state.echo_text))
    sheet.echo.click()
    assert [text.split(":")[0] for text in said if ":" in text] == ["Talk now", "Listen"]
    # the meters go on after it
    assert tries(scene) == ["levels", "echo", "levels"]
