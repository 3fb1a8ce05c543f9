"""A desk with its window on a simulated engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from tests.support.desk_scenes import RESOURCES, Scene

from ctidesk.ui.desk_window import DeskWindow, build
from ctidesk.ui.theme.theme import Mode, Theme


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    theme = Theme(RESOURCES, Mode.LIGHT)
    theme.apply(qapp)
    return theme


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def open_desk(qapp: QApplication, theme: Theme) -> Iterator[Callable[[Scene], DeskWindow]]:
    """Builds and shows the window of a scene; closed at the end of the test."""
    opened: list[DeskWindow] = []

    def make(scene: Scene) -> DeskWindow:
        desk_window = build(qapp, theme, scene.needs)
        opened.append(desk_window)
        desk_window.window.resize(1280, 800)
        desk_window.show()
        desk_window.window.activateWindow()
        scene.start()
        qapp.processEvents()
        return desk_window

    yield make
    for desk_window in opened:
        desk_window.close()
        desk_window.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.processEvents()


@pytest.fixture
def desk_window(scene: Scene, open_desk: Callable[[Scene], DeskWindow]) -> DeskWindow:
    return open_desk(scene)
