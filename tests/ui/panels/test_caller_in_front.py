"""The card of a new caller is what the agent sees, whatever was left in front."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QLineEdit, QTabWidget
from tests.support.desk_scenes import SHARED, Scene

from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.guide.view import GuidePanel


def guide_of(desk_window: DeskWindow) -> GuidePanel:
    (found,) = desk_window.panels.aids.findChildren(GuidePanel)
    return found


def test_the_card_of_a_new_caller_comes_before_an_aid_that_was_left_in_front(
    scene: Scene, desk_window: DeskWindow
) -> None:
    tabs = desk_window.window.columns.findChild(QTabWidget)
    assert tabs is not None
    desk_window.window.resize(1440, 900)
    desk_window.show_aid("guide")
    guide_of(desk_window).lines.setFocus()
    QApplication.processEvents()
    assert tabs.currentWidget() is desk_window.panels.aids
    scene.ring(SHARED, "Jane D.")
    QApplication.processEvents()
    assert tabs.currentWidget() is desk_window.centre
    # a key that was meant for the list presses nothing on the card
    focus = QApplication.focusWidget()
    assert focus is None or not desk_window.centre.isAncestorOf(focus)


def test_who_types_into_an_aid_while_it_rings_goes_on_typing(
    scene: Scene, desk_window: DeskWindow
) -> None:
    tabs = desk_window.window.columns.findChild(QTabWidget)
    assert tabs is not None
    desk_window.window.resize(1440, 900)
    desk_window.show_aid("knowledge")
    search = desk_window.panels.aids.findChild(QLineEdit, "knowledge_search")
    assert search is not None
    search.setFocus()
    QApplication.processEvents()
    scene.ring(SHARED, "Jane D.")
    QApplication.processEvents()
    assert tabs.currentWidget() is desk_window.panels.aids
    assert search.hasFocus()
