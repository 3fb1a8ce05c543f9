"""The demo centre's window: who can phone when, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from tests.support.screens import grab

from ctidesk.config.paths import resources
from ctidesk.demo.people import CALLERS, COLLEAGUES
from ctidesk.ui.demo_panel.presenter import DemoPanelPresenter
from ctidesk.ui.demo_panel.view import FRAME, DemoPanel
from ctidesk.ui.theme.theme import Theme

HEAR = "ctidesk recording open --identity demo/compliance.key --play demo/recordings/CALL"


class SpyCallers:
    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []
        self.ended: list[str] = []

    def call(self, who: str, after_s: float = 0.0) -> None:
        self.asked.append((who, after_s))

    def hang_up(self, who: str = "") -> None:
        self.ended.append(who)


@pytest.fixture
def callers() -> SpyCallers:
    return SpyCallers()


@pytest.fixture
def presenter(callers: SpyCallers) -> DemoPanelPresenter:
    made = DemoPanelPresenter(CALLERS, COLLEAGUES, callers, lambda number: number)
    made.told("ready", "", "callers", 0, "")
    return made


def _one(presenter: DemoPanelPresenter, key: str) -> object:
    state = presenter.live.state
    return next(one for one in (*state.callers, *state.colleagues) if one.key == key)


def test_nobody_phones_before_the_centre_is_up(callers: SpyCallers) -> None:
    made = DemoPanelPresenter(CALLERS, COLLEAGUES, callers, str)
    assert not any(one.can_call for one in made.live.state.callers)
    made.told("ready", "", "callers", 0, "")
    assert all(one.can_call for one in made.live.state.callers)


def test_the_first_call_comes_by_itself(presenter: DemoPanelPresenter, callers: SpyCallers) -> None:
    presenter.begin()
    assert callers.asked == [("jane", 3.0)]
    assert _one(presenter, "jane").word == "Will phone soon"
    assert not _one(presenter, "jane").can_call


def test_a_call_is_followed_to_its_end(presenter: DemoPanelPresenter) -> None:
    words = []
    for what in ("placed", "ringing", "answered", "held", "resumed", "ended"):
        presenter.told(what, "jane", "callers", 1, "")
        words.append(_one(presenter, "jane").word)
    assert words == [
        "Phoning you…",
        "Ringing at you",
        "In a call",
        "On hold",
        "In a call",
        "",
    ]
    assert _one(presenter, "jane").can_call


def test_nobody_else_phones_while_four_calls_are_up(presenter: DemoPanelPresenter) -> None:
    for leg, who in enumerate(("jane", "lena", "maria", "tom")):
        presenter.told("answered", who, "callers", leg, "")
    assert not _one(presenter, "hospital").can_call
    presenter.told("ended", "tom", "callers", 3, "")
    assert _one(presenter, "hospital").can_call


def test_colleagues_never_phone_but_can_hang_up(presenter: DemoPanelPresenter) -> None:
    presenter.told("called", "chen", "colleagues", 1, "")
    assert not _one(presenter, "chen").can_call
    assert _one(presenter, "chen").can_hang_up


def test_a_centre_that_is_gone_says_so_and_what_to_do(presenter: DemoPanelPresenter) -> None:
    presenter.told("answered", "jane", "callers", 1, "")
    presenter.told("gone", "", "callers", 0, "")
    state = presenter.live.state
    assert state.problem == "The demo centre has stopped. Start the demo again."
    assert not any(one.can_call or one.can_hang_up for one in state.callers)


def test_a_refusal_is_shown_and_the_next_try_clears_it(presenter: DemoPanelPresenter) -> None:
    presenter.call("jane")
    presenter.told("refused", "jane", "callers", 0, "The demo centre cannot place another call.")
    assert presenter.live.state.problem == "The demo centre cannot place another call."
    presenter.call("jane")
    assert presenter.live.state.problem == ""


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication, presenter: DemoPanelPresenter) -> DemoPanel:
    theme = Theme(resources())
    theme.apply(qapp)
    made = DemoPanel(theme, presenter, HEAR)
    qtbot.addWidget(made)
    made.theme = theme
    return made


def test_the_window_rings_the_desk_and_never_takes_the_keyboard(
    qtbot: QtBot,
    panel: DemoPanel,
    presenter: DemoPanelPresenter,
    callers: SpyCallers,
    tmp_path: Path,
) -> None:
    panel.show()
    qtbot.mouseClick(panel.findChild(QPushButton, "demo_call_lena"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.findChild(QPushButton, "demo_soon_tom"), Qt.MouseButton.LeftButton)
    assert callers.asked == [("lena", 0.0), ("tom", 5.0)]
    presenter.told("answered", "lena", "callers", 1, "")
    presenter.told("held", "maria", "callers", 2, "")
    presenter.told("ringing", "jane", "callers", 3, "")
    presenter.told("called", "night", "colleagues", 1, "")
    qtbot.mouseClick(panel.findChild(QPushButton, "demo_end_lena"), Qt.MouseButton.LeftButton)
    assert callers.ended == ["lena"]
    assert not panel.isModal()
    assert panel.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    assert not panel.testAttribute(Qt.WidgetAttribute.WA_QuitOnClose)
    assert grab(panel.theme, panel, "demo-panel", tmp_path, sizes=((440, 800),))


def test_the_command_to_hear_can_be_copied_and_follows_the_latest_call(
    qtbot: QtBot, panel: DemoPanel
) -> None:
    panel.show()
    panel.set_hear("ctidesk recording open demo/recordings/42 --play")
    qtbot.mouseClick(panel.findChild(QPushButton, "demo_copy"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "ctidesk recording open demo/recordings/42 --play"


@pytest.mark.parametrize(
    ("desk_left", "desk_width", "least", "beside"),
    [
        (0, 300, 0, "right"),
        (450, 350, 0, "left"),
        (300, 350, 0, "right"),  # moved to the left
        (0, 790, 320, "right"),  # made narrower
        (0, 790, 600, "edge"),  # as narrow as it can be
    ],
)
def test_it_stands_beside_the_desk_on_the_same_screen(
    qtbot: QtBot, panel: DemoPanel, desk_left: int, desk_width: int, least: int, beside: str
) -> None:
    desk = QWidget()
    qtbot.addWidget(desk)
    desk.setMinimumWidth(least)
    desk.setGeometry(desk_left, 10, desk_width, 400)
    desk.show()
    screen = desk.screen().availableGeometry()
    assert screen.width() == 800, "the places are chosen for the offscreen screen"
    panel.show_beside(desk)
    places = {
        "right": desk.frameGeometry().right() + 1,
        "left": desk.frameGeometry().left() - panel.width() - FRAME,
        "edge": screen.right() + 1 - panel.width() - FRAME,
    }
    assert panel.x() == places[beside]
    assert screen.contains(panel.frameGeometry())
