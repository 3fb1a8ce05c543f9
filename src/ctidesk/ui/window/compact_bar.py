"""The compact bar: 560×56 on top of everything, at an edge of the screen that it remembers.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QMouseEvent, QScreen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ctidesk.ui.theme.scale import COMPACT_BAR, Space
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.widgets.buttons import IconButton, Variant
from ctidesk.ui.widgets.sections import Bar
from ctidesk.ui.window.layout_memory import LayoutMemory
from ctidesk.ui.window.main_window import TITLE

_SNAP = 24


class CompactBar(QWidget):
    """Holds a small call bar, which shares its presenter with the large one. Moved with the mouse,
    it docks to the edge that it comes near."""

    expand_wanted = Signal()

    def __init__(self, theme: Theme, content: QWidget, memory: LayoutMemory) -> None:
        super().__init__(
            None,
            Qt.WindowType.Tool
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint,
        )
        self._memory = memory
        self._grip: QPoint | None = None
        self.setWindowTitle(TITLE)
        # an application that shows only tool windows would end itself
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setFixedSize(*COMPACT_BAR)
        expand = IconButton(theme, "expand", self.tr("Open the window"), Variant.QUIET)
        expand.clicked.connect(self.expand_wanted)
        inside = QHBoxLayout()
        inside.setContentsMargins(Space.S, Space.XS, Space.S, Space.XS)
        inside.setSpacing(Space.S)
        inside.addWidget(content, 1)
        inside.addWidget(expand)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Bar("window", inside))

    def show_docked(self) -> None:
        """Show where it stood last: the same screen if it is there, else the first one."""
        layout = self._memory.load()
        screens = QGuiApplication.screens()
        screen = next((each for each in screens if each.name() == layout.screen), screens[0])
        area = screen.availableGeometry()
        if layout.compact_x < 0:
            wanted = QPoint(area.center().x() - self.width() // 2, area.top())
        else:
            wanted = area.topLeft() + QPoint(layout.compact_x, layout.compact_y)
        self.move(docked(wanted, self.size(), area))
        self.show()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._grip = event.globalPosition().toPoint() - self.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self.move(event.globalPosition().toPoint() - self._grip)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grip is None:
            return
        self._grip = None
        screen = self._screen()
        area = screen.availableGeometry()
        self.move(docked(self.pos(), self.size(), area))
        place = self.pos() - area.topLeft()
        self._memory.save(
            replace(
                self._memory.load(),
                screen=screen.name(),
                compact_x=place.x(),
                compact_y=place.y(),
            )
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing the bar opens the window: a desk is never without one."""
        event.ignore()
        self.expand_wanted.emit()

    def _screen(self) -> QScreen:
        return QGuiApplication.screenAt(self.geometry().center()) or self.screen()


def docked(wanted: QPoint, size: QSize, area: QRect) -> QPoint:
    """`wanted` moved inside `area`, onto an edge that is nearer than 24 px."""
    right = area.right() + 1 - size.width()
    bottom = area.bottom() + 1 - size.height()
    return QPoint(
        _dock(wanted.x(), area.left(), right),
        _dock(wanted.y(), area.top(), bottom),
    )


def _dock(at: int, low: int, high: int) -> int:
    if at - low < _SNAP:
        return low
    if high - at < _SNAP:
        return max(low, high)
    return at
