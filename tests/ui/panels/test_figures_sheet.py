"""The sheet of the agent's own figures over the real window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from tests.support.desk_scenes import SHARED, Scene
from tests.support.screens import grab

from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.theme.theme import Theme


def test_a_key_opens_it_escape_closes_it_and_the_call_bar_stays_free(
    scene: Scene, desk_window: DeskWindow, theme: Theme, tmp_path: Path
) -> None:
    call_id = scene.ring(SHARED, "Jane D.")
    scene.actions.answer(call_id)
    QTest.keyClick(QApplication.focusWidget() or desk_window.window, Qt.Key.Key_F9)
    sheet = desk_window.window.findChild(QWidget, "figures")
    assert sheet is not None
    assert sheet.isVisible()
    grab(theme, desk_window.window, "figures", tmp_path)
    assert not desk_window.panels.call_bar.visibleRegion().isEmpty()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not sheet.isVisible()
    assert not desk_window.presenters.figures.shown


def test_many_reasons_scroll_and_stay_on_the_smallest_screen(
    scene: Scene, desk_window: DeskWindow, theme: Theme, tmp_path: Path
) -> None:
    codes = [code.code for code in scene.needs.codes.for_party("member")][:14]
    assert len(codes) > 8
    scene.actions.ready()
    for code in codes:
        call_id = scene.ring(SHARED, "Jane D.")
        scene.actions.answer(call_id)
        scene.clock.advance(95)
        scene.engine.remote_hangs_up(call_id)
        scene.clock.advance(20)
        desk_window.presenters.wrap_up.choose_code(code)
        desk_window.presenters.wrap_up.save()
    desk_window.window.resize(960, 600)
    desk_window.commands.perform("desk.figures")
    QApplication.processEvents()
    sheet = desk_window.window.findChild(QWidget, "figures")
    assert sheet is not None
    grab(theme, desk_window.window, "figures-many", tmp_path)
    frame = sheet.frame  # type: ignore[attr-defined]
    assert frame.geometry().bottom() <= sheet.height()
    assert len(desk_window.presenters.figures.live.state.by_reason) > 8
