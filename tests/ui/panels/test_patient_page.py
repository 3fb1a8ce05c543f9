"""The member's page in the EMR, from the card by mouse and key, in the system's browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.support.desk_scenes import SHARED, Scene
from tests.support.screens import grab

from ctidesk.care.patient_page import PatientPage
from ctidesk.startup.patient_page import browse
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.theme.theme import Theme

PAGE = PatientPage(name="Hospital EMR North", url="https://emr.example/p/{member_id}")
ADDRESS = "https://emr.example/p/M-1001"


@pytest.fixture
def scene() -> Scene:
    return Scene(page=PAGE)


def test_button_and_keys(scene: Scene, desk_window: DeskWindow, qtbot: QtBot) -> None:
    button = desk_window.panels.member_card.page
    scene.talk(SHARED)
    assert not button.isVisible()
    assert not desk_window.commands.perform("card.page")
    desk_window.presenters.member_card.open_candidate("1")
    QApplication.processEvents()
    assert button.isVisible()
    assert (button.text(), button.accessibleName()) == (
        PAGE.name,
        f"Open this member in {PAGE.name}",
    )
    assert "Ctrl+Shift+O" in button.toolTip()
    button.click()
    assert scene.browsed == [ADDRESS]
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(desk_window.window, Qt.Key.Key_O, both)
    qtbot.waitUntil(lambda: len(scene.browsed) == 2)


def test_the_card_with_the_button_fits(
    scene: Scene, open_desk: Callable[[Scene], DeskWindow], theme: Theme, tmp_path: Path
) -> None:
    shown = open_desk(scene)
    scene.talk(SHARED, "Jane D.")
    card = shown.presenters.member_card
    card.open_candidate("1")
    grab(theme, shown.window, "desk-page-masked", tmp_path)
    card.answer("birth_date", "3.4.1984")
    card.answer("postcode", "10115")
    grab(theme, shown.window, "desk-page-verified", tmp_path)


class Browser(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    @Slot(QUrl)
    def show(self, url: QUrl) -> None:
        self.shown.append(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))


@pytest.fixture
def browser(qapp: QApplication) -> Iterator[Browser]:
    browser = Browser()
    QDesktopServices.setUrlHandler("https", browser, "show")
    yield browser
    QDesktopServices.unsetUrlHandler("https")


def test_the_address_reaches_the_browser_as_it_is(browser: Browser) -> None:
    address = "https://emr.example/p/M%2F1%20%C3%A4?x=1"
    assert browse(address)
    assert browser.shown == [address]
