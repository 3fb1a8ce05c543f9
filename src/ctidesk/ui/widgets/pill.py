"""A status: colour and icon and word, always all three.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role

_HEIGHT = 24
_ICON = 14


@dataclass(frozen=True, slots=True)
class Status:
    """What a pill shows."""

    role: Role
    icon: str
    word: str


class StatusPill(QWidget):
    """A rounded tag, 24 px high, as wide as its word."""

    def __init__(self, theme: Theme, status: Status | None = None) -> None:
        super().__init__()
        self._theme = theme
        self._status = status or Status(Role.AWAY, "not_ready", "")
        self.setFont(theme.font(Type.CAPTION, SEMIBOLD))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_status(self._status)

    @property
    def status(self) -> Status:
        return self._status

    def set_status(self, status: Status) -> None:
        self._status = status
        self.setAccessibleName(status.word)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        word = self.fontMetrics().horizontalAdvance(self._status.word)
        return QSize(Space.S + _ICON + Space.XS + word + Space.S + 2, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = self._status.role
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(self._theme.colour(role, 0.55)))
        painter.setBrush(QColor(self._theme.tokens.pill(role)))
        painter.drawRoundedRect(frame, _HEIGHT / 2, _HEIGHT / 2)
        top = (self.height() - _ICON) / 2
        self._theme.paint_icon(painter, self._status.icon, QRectF(Space.S, top, _ICON, _ICON), role)
        painter.setPen(self._theme.colour(role))
        left = Space.S + _ICON + Space.XS
        room = QRectF(left, 0, self.width() - left - Space.XS, self.height())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), self._status.word)
