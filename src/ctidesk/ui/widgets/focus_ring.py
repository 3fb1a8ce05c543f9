"""The visible focus: a ring of 2 px with a gap of 2 px around whatever has the keyboard.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from ctidesk.ui.theme.scale import RADIUS, RING_GAP, RING_WIDTH
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role

_OUTSET = RING_WIDTH + RING_GAP
_MOVES = {
    QEvent.Type.Move,
    QEvent.Type.Resize,
    QEvent.Type.Show,
    QEvent.Type.Hide,
    QEvent.Type.ParentChange,
    QEvent.Type.ZOrderChange,
}


class FocusRing(QWidget):
    """The ring itself: lies over the window and lets the mouse through."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.colour(Role.ACCENT), RING_WIDTH))
        half = RING_WIDTH / 2
        ring = QRectF(self.rect()).adjusted(half, half, -half, -half)
        painter.drawRoundedRect(ring, RADIUS + RING_GAP, RADIUS + RING_GAP)


class FocusRings(QObject):
    """Keeps one ring around the application's focus widget, wherever it moves. Owned by the
    composition root, one per application."""

    def __init__(self, app: QApplication, theme: Theme) -> None:
        super().__init__(app)
        self._theme = theme
        self._ring: FocusRing | None = None
        self._target: QWidget | None = None
        self._watched: list[QWidget] = []
        app.focusChanged.connect(self._focus_changed)

    @property
    def ring(self) -> FocusRing | None:
        """The ring that stands now, None when nothing has the focus."""
        ring = self._ring
        if ring is None or not shiboken6.isValid(ring) or ring.isHidden():
            return None
        return ring

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVES:
            self._place()
        return False

    def _focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        for widget in self._watched:
            if shiboken6.isValid(widget):
                widget.removeEventFilter(self)
        self._target = now
        self._watched = _up_to_window(now)
        for widget in self._watched:
            widget.installEventFilter(self)
        self._place()

    def _place(self) -> None:
        target = self._target
        if target is None or not shiboken6.isValid(target) or not target.isVisible():
            self._drop()
            return
        window = target.window()
        ring = self._ring
        if ring is None or not shiboken6.isValid(ring) or ring.parentWidget() is not window:
            self._drop()
            ring = self._ring = FocusRing(self._theme, window)
        place = _visible_part(target, window).adjusted(-_OUTSET, -_OUTSET, _OUTSET, _OUTSET)
        place = place.intersected(window.rect())
        if place != ring.geometry():
            ring.setGeometry(place)
        ring.raise_()
        ring.show()

    def _drop(self) -> None:
        ring, self._ring = self._ring, None
        if ring is not None and shiboken6.isValid(ring):
            ring.hide()
            ring.deleteLater()


def _up_to_window(widget: QWidget | None) -> list[QWidget]:
    chain: list[QWidget] = []
    while widget is not None:
        chain.append(widget)
        widget = None if widget.isWindow() else widget.parentWidget()
    return chain


def _visible_part(target: QWidget, window: QWidget) -> QRect:
    """The rectangle of `target` in `window`, cut by the scroll areas that it lies in."""
    part = QRect(target.mapTo(window, QPoint(0, 0)), target.size())
    parent = target.parentWidget()
    while parent is not None and parent is not window:
        if isinstance(parent, QAbstractScrollArea) and parent is not target:
            view = parent.viewport()
            part = part.intersected(QRect(view.mapTo(window, QPoint(0, 0)), view.size()))
        parent = parent.parentWidget()
    return part
