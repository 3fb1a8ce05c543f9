"""The ring around the widget with the keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.focus_ring import FocusRings


@pytest.fixture
def rings(qapp: QApplication, theme: Theme) -> Iterator[FocusRings]:
    rings = FocusRings(qapp, theme)
    yield rings
    qapp.focusChanged.disconnect(rings._focus_changed)


def place_of(widget: QWidget) -> QRect:
    return QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(300, 200)
    layout = QVBoxLayout(window)
    for _ in range(2):
        layout.addWidget(QLineEdit())
    window.show()
    window.activateWindow()
    return window


def test_the_ring_has_two_pixels_and_a_gap_and_follows(
    rings: FocusRings, window: QWidget, qtbot: QtBot, theme: Theme
) -> None:
    first, second = window.findChildren(QLineEdit)
    for field in (first, second):
        field.setFocus()
        qtbot.waitUntil(field.hasFocus)
        assert rings.ring is not None
        assert rings.ring.geometry() == place_of(field).adjusted(-4, -4, 4, 4)
    window.resize(500, 260)
    assert rings.ring is not None
    assert rings.ring.geometry() == place_of(second).adjusted(-4, -4, 4, 4)
    picture = window.grab().toImage()
    middle = rings.ring.geometry().center().y()
    colour = picture.pixelColor(rings.ring.geometry().left() + 1, middle).name().upper()
    assert colour == theme.tokens[Role.ACCENT]


def test_the_ring_goes_with_its_widget(rings: FocusRings, window: QWidget, qtbot: QtBot) -> None:
    first, second = window.findChildren(QLineEdit)
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    second.setFocusPolicy(second.focusPolicy().NoFocus)
    first.hide()
    qtbot.waitUntil(lambda: rings.ring is None)


def test_a_second_window_gets_the_ring_and_takes_it_along_when_deleted(
    rings: FocusRings, window: QWidget, qtbot: QtBot
) -> None:
    other = QWidget()
    field = QLineEdit(other)
    other.show()
    other.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    assert rings.ring is not None
    assert rings.ring.parentWidget() is other
    other.deleteLater()
    del other, field
    first = window.findChildren(QLineEdit)[0]
    window.activateWindow()
    first.setFocus()
    qtbot.waitUntil(lambda: rings.ring is not None and rings.ring.parentWidget() is window)


def test_a_field_half_scrolled_away_is_framed_where_it_is_seen(
    rings: FocusRings, qtbot: QtBot
) -> None:
    area = QScrollArea()
    qtbot.addWidget(area)
    inside = QWidget()
    layout = QVBoxLayout(inside)
    fields = [QLineEdit() for _ in range(20)]
    for field in fields:
        layout.addWidget(field)
    area.setWidget(inside)
    area.resize(300, 200)
    area.show()
    area.activateWindow()
    fields[0].setFocus()
    qtbot.waitUntil(fields[0].hasFocus)
    area.verticalScrollBar().setValue(20)
    assert rings.ring is not None
    view = QRect(area.viewport().mapTo(area, QPoint(0, 0)), area.viewport().size())
    assert view.adjusted(-4, -4, 4, 4).contains(rings.ring.geometry())
