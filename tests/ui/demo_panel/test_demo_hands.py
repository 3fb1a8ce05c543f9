"""The hands use only what is on the screen, and see only what is written there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ctidesk.config.paths import resources
from ctidesk.startup.clock import SystemClock
from ctidesk.ui.demo_hands import NotOnScreen, ScreenHands
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.widgets.timer import SecondTick


class Screen(QWidget):
    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self.done: list[str] = []
        layout = QVBoxLayout(self)
        self.button = QPushButton("Hold")
        self.field = QLineEdit()
        self.note = QPlainTextEdit()
        self.list = LineList(around, "Who")
        self.state = QPushButton("State")
        self.words = QLabel("Looking the number up…")
        names = ("hold", "field", "note", "who", "state", "match_words")
        parts = (self.button, self.field, self.note, self.list, self.state, self.words)
        for name, widget in zip(names, parts, strict=True):
            widget.setObjectName(name)
            layout.addWidget(widget)
        menu = QMenu(self)
        menu.addAction("Ready").triggered.connect(lambda: self.done.append("ready"))
        self.state.setMenu(menu)
        self.field.setPlaceholderText("Postcode")
        self.field.returnPressed.connect(lambda: self.done.append(self.field.text()))
        self.list.set_lines([Line(key="1", title="Jane Doe"), Line(key="2", title="Tom Doe")])
        self.list.picked.connect(self.done.append)
        self.button.clicked.connect(lambda: self.done.append("hold"))


@pytest.fixture
def theme() -> Theme:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme = Theme(resources())
    theme.apply(app)
    return theme


@pytest.fixture
def screen(qtbot: QtBot, theme: Theme) -> Iterator[Screen]:
    tick = SecondTick()
    made = Screen(Surroundings(theme, tick, SystemClock()))
    qtbot.addWidget(made)
    made.resize(400, 500)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


@pytest.fixture
def hands(screen: Screen, theme: Theme, tmp_path: Path) -> ScreenHands:
    return ScreenHands(screen, theme, tmp_path)


def test_press_type_submit_and_choose(hands: ScreenHands, screen: Screen) -> None:
    hands.press("hold")
    hands.enter("field", "10115")
    hands.submit("field")
    hands.choose("who", "Tom")
    hands.choose("state", "Ready")
    hands.enter("note", "two lines")
    assert screen.done == ["hold", "10115", "2", "ready"]
    assert screen.note.toPlainText() == "two lines"
    assert hands.hint("field") == "Postcode"


@pytest.mark.parametrize("how", ["hidden", "disabled", "absent"])
def test_what_an_agent_could_not_press_is_not_pressed(
    hands: ScreenHands, screen: Screen, how: str
) -> None:
    if how == "hidden":
        screen.button.hide()
    elif how == "disabled":
        screen.button.setEnabled(False)
    else:
        screen.button.setObjectName("")
    with pytest.raises(NotOnScreen, match="hold is"):
        hands.press("hold")
    assert screen.done == []


def test_a_missing_line_or_entry_is_said(hands: ScreenHands) -> None:
    with pytest.raises(NotOnScreen, match="who has no line “Lena”"):
        hands.choose("who", "Lena")
    with pytest.raises(NotOnScreen, match="state has no entry “Away”"):
        hands.choose("state", "Away")


def test_only_what_is_visible_is_seen(hands: ScreenHands, screen: Screen) -> None:
    assert "Jane Doe" in hands.shown()
    screen.list.hide()
    assert "Jane Doe" not in hands.shown()
    assert not hands.sees("who")


def test_the_desk_runs_while_the_hands_wait(hands: ScreenHands, screen: Screen) -> None:
    QTimer.singleShot(20, lambda: screen.done.append("later"))
    assert hands.wait(lambda: "later" in screen.done, 10)
    assert not hands.wait(lambda: False, 0.05)


def test_the_card_counts_as_painted_only_with_an_answer(hands: ScreenHands, screen: Screen) -> None:
    hands.watch_card()
    screen.words.repaint()
    assert not hands.wait(lambda: hands.card_painted_mono() is not None, 0.1)
    screen.words.setText("2 matches share this number.")
    assert hands.wait(lambda: hands.card_painted_mono() is not None, 10)


def test_pictures_are_really_light_and_dark(
    hands: ScreenHands, theme: Theme, tmp_path: Path
) -> None:
    before = theme.mode
    hands.grab("day", "light")
    hands.grab("night", "dark")
    day, night = (QImage(str(tmp_path / f"{name}.png")) for name in ("day", "night"))
    assert day.pixelColor(2, 2).lightness() > 200
    assert night.pixelColor(2, 2).lightness() < 60
    assert theme.mode is before
