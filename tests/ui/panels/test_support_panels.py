"""Interpreter, help, the protected minute: one key each, and how they look."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from tests.support.desk_scenes import Scene, jane
from tests.support.screens import grab

from ctidesk.care.line_joining import JoinLine
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.theme.theme import Theme

NONE = Qt.KeyboardModifier.NoModifier
BOTH = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
INTERPRETERS = (JoinLine("Polish", "230"), JoinLine("Turkish", "231"), JoinLine("Swedish", "232"))


@pytest.fixture
def scene() -> Scene:
    return Scene(interpreters=INTERPRETERS)


def press(desk_window: DeskWindow, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    focus: QWidget | None = QApplication.focusWidget()
    QTest.keyClick(focus or desk_window.window, key, held)


def words(desk_window: DeskWindow, name: str) -> str:
    label = desk_window.window.findChild(QLabel, name)
    assert isinstance(label, QLabel)
    return label.text() if label.isVisible() else ""


def button(desk_window: DeskWindow, name: str) -> QAbstractButton:
    QApplication.processEvents()  # a new button of a panel that stands is shown in the next turn
    found = [
        each for each in desk_window.window.findChildren(QAbstractButton, name) if each.isVisible()
    ]
    assert found, name
    return found[0]


def pass_time(desk_window: DeskWindow, scene: Scene, seconds: int) -> None:
    for _ in range(seconds):
        scene.clock.advance(1)
        desk_window.presenters.tick()


def test_the_language_of_the_card_is_called_with_one_key(
    desk_window: DeskWindow, scene: Scene
) -> None:
    scene.directory.cards["M-1001"] = dataclasses.replace(jane(), language="pl")
    call_id = scene.talk()
    scene.verify_jane(call_id)
    press(desk_window, Qt.Key.Key_J, BOTH)
    consult = scene.desk.consult_of(call_id)
    assert consult is not None
    assert consult.remote.number == "230"
    assert not desk_window.panels.consult.isVisible()
    scene.engine.remote_answers(consult.call_id)
    assert "interpreter (Polish)" in words(desk_window, "interpreter_title")
    button(desk_window, "interpreter_end").click()
    assert scene.desk.consult_of(call_id) is None
    assert not desk_window.panels.interpreter.isVisible()


def test_an_unknown_language_is_asked_for_and_chosen_by_keyboard(
    desk_window: DeskWindow, scene: Scene
) -> None:
    call_id = scene.talk()
    press(desk_window, Qt.Key.Key_J, BOTH)
    assert words(desk_window, "interpreter_title") == "Interpreter for which language?"
    assert button(desk_window, "interpreter_0").hasFocus()
    press(desk_window, Qt.Key.Key_Tab)
    press(desk_window, Qt.Key.Key_Space)
    consult = scene.desk.consult_of(call_id)
    assert consult is not None
    assert consult.remote.number == "231"
    scene.engine.remote_refuses(consult.call_id, 486)
    assert "No interpreter for Turkish" in words(desk_window, "interpreter_title")


def test_help_is_asked_for_with_a_reason_and_shown_until_answered(
    desk_window: DeskWindow, scene: Scene
) -> None:
    scene.talk()
    press(desk_window, Qt.Key.Key_F2)
    assert button(desk_window, "help_help_policy").hasFocus()
    button(desk_window, "help_help_clinical").click()
    assert words(desk_window, "help_title") == "You asked for help: a clinical question"
    assert "no team bus" in words(desk_window, "help_detail")
    button(desk_window, "help_answered").click()
    assert not desk_window.panels.support.isVisible()


def test_the_minute_counts_down_and_ends_by_itself(desk_window: DeskWindow, scene: Scene) -> None:
    press(desk_window, Qt.Key.Key_F12)
    assert "Your minute" in words(desk_window, "recovery_title")
    button(desk_window, "recovery_extend").click()
    pass_time(desk_window, scene, 119)
    assert desk_window.panels.support.isVisible()
    pass_time(desk_window, scene, 1)
    assert not desk_window.panels.support.isVisible()
    assert scene.desk.agent.current.state == "ready"


def test_after_an_emergency_a_minute_is_offered_with_words_that_help(
    desk_window: DeskWindow, scene: Scene
) -> None:
    call_id = scene.talk()
    press(desk_window, Qt.Key.Key_E, BOTH)
    desk_window.presenters.flags.end("caller_lost")
    assert "Take a minute afterwards?" in words(desk_window, "recovery_title")
    button(desk_window, "recovery_phrases").click()
    shown = [each.text() for each in desk_window.panels.support.findChildren(QLabel)]
    assert any("I am here with you" in text for text in shown)
    button(desk_window, "recovery_recover").click()
    scene.engine.remote_hangs_up(call_id)
    assert words(desk_window, "recovery_title") == "Your minute comes after this work"


@pytest.mark.parametrize("moment", ["languages", "interpreted", "help", "asked", "minute", "words"])
def test_pictures(
    scene: Scene,
    open_desk: Callable[[Scene], DeskWindow],
    theme: Theme,
    tmp_path: Path,
    moment: str,
) -> None:
    desk_window = open_desk(scene)
    support = desk_window.presenters.support
    call_id = "" if moment == "minute" else scene.talk()
    if moment in ("languages", "interpreted"):
        press(desk_window, Qt.Key.Key_J, BOTH)
    if moment == "interpreted":
        desk_window.presenters.interpreter.choose("Polish")
        consult = scene.desk.consult_of(call_id)
        assert consult is not None
        scene.engine.remote_answers(consult.call_id)
    elif moment == "help":
        press(desk_window, Qt.Key.Key_F2)
    elif moment == "asked":
        support.press("help:distress")
        support.ask_recovery()
    elif moment == "minute":
        support.ask_recovery()
    elif moment == "words":
        support.toggle_phrases()
    for file in grab(theme, desk_window.window, f"support-{moment}", tmp_path):
        assert file.stat().st_size > 10_000
