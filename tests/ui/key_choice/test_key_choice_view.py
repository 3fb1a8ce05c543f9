"""The panel over the card: reachable by keyboard, leaves the call bar alone, forgets secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from tests.support.fake_profile_keys import FakeProfileKeys
from tests.support.screens import grab

from ctidesk.calls.errors import KnownError
from ctidesk.ui.desk_commands import DeskCommands
from ctidesk.ui.key_choice.presenter import KeyChoicePresenter, KeyPlace
from ctidesk.ui.key_choice.view import KeyChoiceOverlay, unlock_command
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.window.layout_memory import ForgetfulLayout
from ctidesk.ui.window.main_window import MainWindow, WindowParts

GOOD = "five sheep under a bridge"


class Rig:
    """The real window with empty panels, an Answer button in the call bar and a note."""

    def __init__(self, theme: Theme, qtbot: QtBot, keys: FakeProfileKeys) -> None:
        self.keys = keys
        self.answer = QPushButton("Answer")
        self.note = QPlainTextEdit()
        self.centre = QWidget()
        wrap_up = QWidget()
        QVBoxLayout(wrap_up).addWidget(self.note)
        parts = WindowParts(
            agent_bar=QWidget(),
            call_bar=self.answer,
            quality=QWidget(),
            work_list=QWidget(),
            centre=self.centre,
            wrap_up=wrap_up,
            status_strip=QWidget(),
        )
        self.window = MainWindow(theme, parts, ForgetfulLayout())
        qtbot.addWidget(self.window)
        self.presenter = KeyChoicePresenter(keys)
        self.overlay = KeyChoiceOverlay(theme, self.centre, self.presenter)
        self.window.resize(1440, 900)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def fail(self, code: str) -> None:
        self.presenter.failed(KnownError(code, "Text.", "Remedy."))


@pytest.fixture
def keys() -> FakeProfileKeys:
    return FakeProfileKeys()


@pytest.fixture
def rig(theme: Theme, qtbot: QtBot, keys: FakeProfileKeys) -> Rig:
    return Rig(theme, qtbot, keys)


def test_a_passphrase_is_chosen_by_keyboard_alone(rig: Rig, qtbot: QtBot) -> None:
    rig.fail("no_key_store")
    overlay = rig.overlay
    assert overlay.isVisible()
    first = rig.window.focusWidget()
    assert first is overlay.choices.marked()
    assert first.objectName() == "key_place_passphrase"
    QTest.keyClick(first, Qt.Key.Key_Tab)
    assert overlay.choices.passphrase.hasFocus()
    QTest.keyClicks(overlay.choices.passphrase, GOOD)
    QTest.keyClick(overlay.choices.passphrase, Qt.Key.Key_Return)
    assert overlay.choices.again.hasFocus()
    QTest.keyClicks(overlay.choices.again, GOOD)
    QTest.keyClick(overlay.choices.again, Qt.Key.Key_Return)
    assert rig.keys.asked == [("passphrase", GOOD)]
    assert not overlay.go.isEnabled()
    rig.keys.answer(None)
    assert overlay.choices.passphrase.text() == overlay.choices.again.text() == ""
    rig.presenter.opened()
    assert overlay.isHidden()


def test_a_wrong_passphrase_is_said_in_place_and_the_field_emptied(rig: Rig) -> None:
    rig.fail("passphrase_needed")
    field = rig.overlay.passphrase
    assert field.hasFocus()
    assert field.echoMode() is QLineEdit.EchoMode.Password
    QTest.keyClicks(field, "not the one")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert rig.keys.asked == [("unlock", "not the one")]
    rig.keys.answer(KnownError("wrong_passphrase", "It does not open it.", "Type it again."))
    problem = rig.overlay.findChild(QWidget, "key_problem")
    assert problem is not None and problem.isVisible()
    assert field.text() == "" and field.property("invalid") == "true"
    assert field.hasFocus() and not field.isUndoAvailable()


def test_shown_characters_are_hidden_again_when_the_field_is_emptied(rig: Rig) -> None:
    rig.fail("passphrase_needed")
    field = rig.overlay.passphrase
    QTest.keyClicks(field, GOOD)
    field.actions()[0].trigger()
    assert field.echoMode() is QLineEdit.EchoMode.Normal
    rig.presenter.put_off()
    assert field.echoMode() is QLineEdit.EchoMode.Password
    assert field.text() == "" and not field.isUndoAvailable()


def test_a_typed_passphrase_is_not_in_the_accessibility_tree(rig: Rig) -> None:
    rig.fail("passphrase_needed")
    field = rig.overlay.passphrase
    QTest.keyClicks(field, GOOD)
    told = QAccessible.queryAccessibleInterface(field)
    texts = [told.text(kind) for kind in (QAccessible.Text.Name, QAccessible.Text.Value)]
    assert all(GOOD not in text for text in texts)
    assert texts[0] == "Passphrase"


def test_the_call_bar_stays_in_reach_and_keeps_the_mouse(rig: Rig) -> None:
    pressed: list[str] = []
    rig.answer.clicked.connect(lambda: pressed.append("answer"))
    rig.fail("no_key_store")
    in_window = rig.answer.mapTo(rig.window, rig.answer.rect().center())
    assert rig.window.childAt(in_window) is rig.answer
    QTest.mouseClick(rig.answer, Qt.MouseButton.LeftButton)
    assert pressed == ["answer"]
    assert rig.overlay.isVisible()
    note = rig.note.mapTo(rig.window, rig.note.rect().center())
    assert rig.window.childAt(note) is rig.note.viewport()


def test_who_types_a_note_keeps_the_keyboard(rig: Rig) -> None:
    rig.note.setFocus()
    rig.fail("passphrase_needed")
    assert rig.overlay.isVisible()
    assert rig.note.hasFocus()


def test_escape_puts_it_off_and_the_palette_brings_it_back(rig: Rig) -> None:
    commands = DeskCommands()
    commands.register(unlock_command(rig.presenter))
    assert not commands.perform("data.unlock")
    rig.fail("passphrase_needed")
    QTest.keyClick(rig.overlay.passphrase, Qt.Key.Key_Escape)
    assert rig.overlay.isHidden()
    assert commands.perform("data.unlock")
    assert rig.overlay.isVisible() and rig.overlay.passphrase.hasFocus()


def test_a_click_beside_loses_nothing(rig: Rig) -> None:
    rig.fail("passphrase_needed")
    QTest.keyClicks(rig.overlay.passphrase, "half of it")
    QTest.mouseClick(rig.overlay, Qt.MouseButton.LeftButton, pos=rig.overlay.rect().bottomLeft())
    assert rig.overlay.isVisible()
    assert rig.overlay.passphrase.text() == "half of it"


@pytest.mark.parametrize("size", [(960, 600), (1100, 600), (1440, 900)])
def test_every_choice_fits_the_window(rig: Rig, size: tuple[int, int], qtbot: QtBot) -> None:
    rig.fail("key_store_locked")
    rig.presenter.confirm("short")
    rig.window.resize(*size)
    qtbot.wait(10)
    overlay = rig.overlay
    assert overlay.rect().contains(overlay.frame.geometry())
    overlay.go.setFocus()
    QTest.keyClick(overlay.go, Qt.Key.Key_Backtab)
    for button in (overlay.go, overlay.again):
        left = button.mapTo(overlay.frame, button.rect().topLeft()).x()
        assert left >= 0 and left + button.width() <= overlay.frame.width()


def test_pictures_of_the_questions(rig: Rig, theme: Theme, tmp_path: Path) -> None:
    keys, shots = rig.keys, []
    rig.fail("no_key_store")
    QTest.keyClicks(rig.overlay.choices.passphrase, "five sheep")
    shots += grab(theme, rig.window, "key-choice-passphrase", tmp_path)
    rig.presenter.confirm("five sheep", "")
    shots += grab(theme, rig.window, "key-choice-too-short", tmp_path)
    rig.presenter.pick(KeyPlace.FOLDER)
    shots += grab(theme, rig.window, "key-choice-folder", tmp_path, themes=("light",))
    rig.fail("passphrase_needed")
    rig.presenter.unlock("wrong")
    keys.answer(
        KnownError(
            "wrong_passphrase",
            "This passphrase does not open the member cache.",
            "Type it again; mind capitals and the keyboard's language.",
        )
    )
    shots += grab(theme, rig.window, "key-unlock-wrong", tmp_path)
    keys.chosen = True
    rig.fail("key_store_locked")
    shots += grab(theme, rig.window, "key-store-locked", tmp_path)
    assert all(shot.stat().st_size > 5_000 for shot in shots)
