"""Tiny charts: a line of figures, a sound level, bars of quality.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role

_SEGMENTS = 10


class Sparkline(QWidget):
    """The course of a figure, oldest first; None leaves a gap. The describing text is the
    caller's: `setAccessibleName`."""

    def __init__(self, theme: Theme, role: Role = Role.ACCENT, width: int = 64) -> None:
        super().__init__()
        self._theme, self._role, self._width = theme, role, width
        self._values: tuple[float | None, ...] = ()
        self._reference: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_values(self, values: Sequence[float | None], reference: float | None = None) -> None:
        """`reference` draws a dotted level line, such as the average of all."""
        self._values, self._reference = tuple(values), reference
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._width, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        known = [value for value in (*self._values, self._reference) if value is not None]
        if not known:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        low, span = min(known), (max(known) - min(known)) or 1.0

        def height(value: float) -> float:
            return self.height() - 2.5 - (value - low) / span * (self.height() - 5)

        if self._reference is not None:
            painter.setPen(QPen(self._theme.colour(Role.BORDER), 1, Qt.PenStyle.DotLine))
            level = height(self._reference)
            painter.drawLine(QPointF(0, level), QPointF(self.width(), level))
        painter.setPen(QPen(self._theme.colour(self._role), 1.5))
        step = (self.width() - 5) / max(1, len(self._values) - 1)
        points = [
            None if value is None else QPointF(2.5 + i * step, height(value))
            for i, value in enumerate(self._values)
        ]
        for run in _runs(points):
            painter.drawPolyline(QPolygonF(run))
        last = next((point for point in reversed(points) if point is not None), None)
        if last is not None:
            painter.setBrush(self._theme.colour(self._role))
            painter.drawEllipse(last, 1.5, 1.5)


class LevelMeter(QWidget):
    """A sound level 0..1 in ten segments; repainted only when a segment changes."""

    def __init__(self, theme: Theme, name: str, width: int = 80) -> None:
        super().__init__()
        self._theme, self._width = theme, width
        self._lit = 0
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def lit(self) -> int:
        """How many of the ten segments are lit."""
        return self._lit

    def set_level(self, level: float) -> None:
        lit = round(min(1.0, max(0.0, level)) * _SEGMENTS) if level == level else 0
        if lit != self._lit:
            self._lit = lit
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._width, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        step = self.width() / _SEGMENTS
        for index in range(_SEGMENTS):
            role = Role.HOLD if index >= _SEGMENTS - 2 else Role.READY
            on = index < self._lit
            painter.setBrush(
                self._theme.colour(role) if on else self._theme.colour(Role.BORDER, 0.3)
            )
            painter.drawRect(QRectF(index * step, 1, step - 2, self.height() - 2))


class QualityBars(QWidget):
    """Four rising bars. The word that goes with them stands beside, in a label."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._bars, self._role = 0, Role.AWAY
        self.setFixedSize(22, 16)

    @property
    def bars(self) -> int:
        return self._bars

    def set_bars(self, bars: int, role: Role) -> None:
        self._bars, self._role = max(0, min(4, bars)), role
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in range(4):
            tall = 5 + index * 3.5
            bar = QRectF(index * 5.5 + 0.5, self.height() - tall, 4, tall - 0.5)
            if index < self._bars:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._theme.colour(self._role))
            else:
                painter.setPen(self._theme.colour(Role.BORDER))
                painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(bar, 1, 1)


def _runs(points: Sequence[QPointF | None]) -> list[list[QPointF]]:
    runs: list[list[QPointF]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if len(run) > 1]
