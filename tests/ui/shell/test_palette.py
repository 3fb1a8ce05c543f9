"""The command palette: what is found, in which order, and by keyboard alone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ctidesk.ui.desk_commands import DeskCommand, DeskCommands
from ctidesk.ui.palette.presenter import PalettePresenter, match_rank
from ctidesk.ui.palette.view import PaletteView
from ctidesk.ui.shortcuts.table import Shortcuts
from ctidesk.ui.theme.theme import Theme


def command(
    title: str, name: str = "", words: str = "", possible: bool = True, ran: list[str] | None = None
) -> DeskCommand:
    return DeskCommand(
        name=name or title.lower(),
        title=title,
        group="Call",
        words=words,
        run=lambda: ran.append(title) if ran is not None else None,
        possible=lambda: possible,
    )


@pytest.mark.parametrize(
    ("typed", "rank"),
    [
        ("", 0),
        ("hold", 0),
        ("HOLD or", 0),
        ("res", 1),
        ("or ho", 1),
        ("park", 2),
        ("call", 2),
        ("hlds", 3),
        ("x", None),
        ("zzz", None),
    ],
)
def test_how_well_a_text_fits(typed: str, rank: int | None) -> None:
    assert match_rank(typed, command("Hold or resume", words="park wait")) == rank


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.fixture
def presenter(ran: list[str]) -> PalettePresenter:
    commands = DeskCommands()
    for each in (
        command("Find a command", "desk.palette"),
        command("Hold or resume", "call.hold", ran=ran),
        command("Transfer", "call.transfer", possible=False, ran=ran),
        command("Answer", "call.answer", words="take", ran=ran),
        command("Take a break", "agent.break", ran=ran),
    ):
        commands.register(each)
    return PalettePresenter(commands, Shortcuts(), hidden="desk.palette")


def test_possible_ones_come_first_then_the_order_of_registration(
    presenter: PalettePresenter,
) -> None:
    titles = [line.title for line in presenter.lines("")]
    assert titles == ["Hold or resume", "Answer", "Take a break", "Transfer"]
    assert [line.title for line in presenter.lines("ta")] == ["Take a break", "Answer"]
    assert presenter.lines("hold")[0].keys == "Ctrl+Shift+H"


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(960, 600)
    note = QLineEdit()
    note.setObjectName("note")
    QVBoxLayout(window).addWidget(note)
    window.show()
    window.activateWindow()
    qtbot.waitActive(window)
    note.setFocus()
    return window


@pytest.fixture
def palette(theme: Theme, window: QWidget, presenter: PalettePresenter) -> PaletteView:
    return PaletteView(theme, window, presenter)


def test_typing_choosing_running_without_the_mouse(
    palette: PaletteView, window: QWidget, ran: list[str], qtbot: QtBot
) -> None:
    palette.toggle()
    assert palette.field.hasFocus()
    qtbot.keyClicks(palette.field, "ta")
    assert palette.titles() == ["Take a break", "Answer"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.field.hasFocus()
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert ran == ["Answer"]
    assert not palette.isVisible()
    note = window.findChild(QLineEdit, "note")
    assert note is not None and note.hasFocus()


def test_opening_again_starts_afresh(palette: PaletteView, qtbot: QtBot) -> None:
    palette.toggle()
    qtbot.keyClicks(palette.field, "hold")
    palette.toggle()
    palette.toggle()
    assert palette.field.text() == ""
    assert len(palette.titles()) == 4


def test_what_is_not_possible_is_shown_and_does_not_run(
    palette: PaletteView, ran: list[str], qtbot: QtBot
) -> None:
    palette.toggle()
    qtbot.keyClicks(palette.field, "transfer")
    assert palette.titles() == ["Transfer"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert ran == []
    assert palette.isVisible()
    qtbot.keyClicks(palette.field, "zzz")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert ran == []


def test_escape_leaves_and_a_click_beside_it_too(
    palette: PaletteView, ran: list[str], qtbot: QtBot
) -> None:
    palette.toggle()
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    palette.toggle()
    qtbot.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.rect().bottomLeft())
    assert not palette.isVisible()
    assert ran == []


def test_it_grows_with_its_window(palette: PaletteView, window: QWidget) -> None:
    palette.toggle()
    window.resize(1200, 700)
    assert palette.size() == window.size()
