"""The emergency panel: one key, what it covers, what it says, and how it looks."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from tests.support.desk_scenes import Scene
from tests.support.screens import grab

from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.theme.theme import Theme

KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def press(desk_window: DeskWindow, key: Qt.Key, held: Qt.KeyboardModifier = KEYS) -> None:
    focus: QWidget | None = QApplication.focusWidget()
    QTest.keyClick(focus or desk_window.window, key, held)


def words(desk_window: DeskWindow, name: str) -> str:
    label = desk_window.panels.red_flag.findChild(QLabel, name)
    assert isinstance(label, QLabel)
    return label.text() if label.isVisible() else ""


def pass_time(desk_window: DeskWindow, scene: Scene, seconds: int) -> None:
    for _ in range(seconds):
        scene.clock.advance(1)
        desk_window.presenters.tick()


def test_without_a_call_there_is_no_flag_to_raise(desk_window: DeskWindow) -> None:
    press(desk_window, Qt.Key.Key_E)
    assert not desk_window.panels.red_flag.isVisible()


def test_one_key_puts_the_protocol_over_the_card_with_the_keyboard_at_the_location(
    desk_window: DeskWindow, scene: Scene
) -> None:
    scene.talk()
    press(desk_window, Qt.Key.Key_E)
    panel = desk_window.panels.red_flag
    assert panel.isVisible()
    assert not desk_window.panels.member_card.isVisible()
    assert panel.location.hasFocus()
    assert "Where exactly are you now?" in words(desk_window, "red_flag_say")
    QTest.keyClicks(panel.location, "Lindenweg 4, third floor")
    QTest.keyClick(panel.location, Qt.Key.Key_Return)
    assert panel.confirm.hasFocus()
    assert "Lindenweg 4, third floor" in words(desk_window, "red_flag_say")
    QTest.keyClick(panel.confirm, Qt.Key.Key_Space)
    assert "Night desk is being called, you talk to the caller" in words(
        desk_window, "red_flag_nurse"
    )
    assert not desk_window.panels.consult.isVisible(), "one panel speaks for the consultation"


def test_the_same_key_lays_it_aside_and_brings_it_back(
    desk_window: DeskWindow, scene: Scene
) -> None:
    scene.talk()
    press(desk_window, Qt.Key.Key_E)
    press(desk_window, Qt.Key.Key_E)
    assert desk_window.panels.member_card.isVisible()
    assert not desk_window.panels.red_flag.isVisible()
    assert desk_window.presenters.flags.running
    press(desk_window, Qt.Key.Key_E)
    assert desk_window.panels.red_flag.isVisible()


def test_a_check_back_is_answered_by_one_key(desk_window: DeskWindow, scene: Scene) -> None:
    scene.talk()
    press(desk_window, Qt.Key.Key_E)
    pass_time(desk_window, scene, 46)
    assert "Ask now" in words(desk_window, "red_flag_check")
    press(desk_window, Qt.Key.Key_F7, Qt.KeyboardModifier.NoModifier)
    assert "Ask again" in words(desk_window, "red_flag_check")


def test_the_lead_is_told_or_it_says_honestly_that_not(
    desk_window: DeskWindow, scene: Scene
) -> None:
    scene.talk()
    press(desk_window, Qt.Key.Key_E)
    assert "was not told" in words(desk_window, "red_flag_alert")
    desk_window.panels.red_flag.lead.click()
    assert "Team lead Ruiz is being called" in words(desk_window, "red_flag_nurse")


def test_an_outcome_ends_it_and_the_card_is_back(desk_window: DeskWindow, scene: Scene) -> None:
    scene.talk()
    press(desk_window, Qt.Key.Key_E)
    button = desk_window.panels.red_flag.findChild(QWidget, "red_flag_end_no_emergency")
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not desk_window.panels.red_flag.isVisible()
    assert desk_window.panels.member_card.isVisible()


def test_a_lost_caller_is_called_back(desk_window: DeskWindow, scene: Scene) -> None:
    call_id = scene.talk()
    press(desk_window, Qt.Key.Key_E)
    scene.engine.remote_hangs_up(call_id)
    panel = desk_window.panels.red_flag
    assert panel.isVisible()
    assert panel.back.isVisible()
    assert panel.back.isEnabled()
    panel.back.click()
    assert [call.direction for call in scene.desk.live] == ["outbound"]


@pytest.mark.parametrize("moment", ["raised", "calling", "joined", "fallback", "lost"])
def test_pictures(
    desk_window: DeskWindow, scene: Scene, theme: Theme, tmp_path: Path, moment: str
) -> None:
    call_id = scene.talk()
    press(desk_window, Qt.Key.Key_E)
    flags = desk_window.presenters.flags
    if moment != "raised":
        flags.note_location("Lindenweg 4, third floor, Doe")
        flags.repeated_back()
        consult = scene.desk.consult_of(call_id)
        assert consult is not None
        scene.engine.remote_refuses(consult.call_id, 486)
        pass_time(desk_window, scene, 15)
    if moment == "joined":
        consult = scene.desk.consult_of(call_id)
        assert consult is not None
        scene.engine.remote_answers(consult.call_id)
    if moment == "fallback":
        pass_time(desk_window, scene, 200)
    if moment == "lost":
        scene.engine.remote_hangs_up(call_id)
    desk_window.presenters.red_flag.live.refresh()
    for file in grab(theme, desk_window.window, f"red-flag-{moment}", tmp_path):
        assert file.stat().st_size > 10_000
