"""Labels: plain, elided, and an icon as a widget.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

import html

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from ctidesk.ui.theme.scale import REGULAR, Type
from ctidesk.ui.theme.theme import Theme, set_tone
from ctidesk.ui.theme.tokens import Role


def text_label(
    theme: Theme,
    text: str = "",
    size: Type = Type.BODY,
    weight: int = REGULAR,
    tone: Role = Role.TEXT,
) -> QLabel:
    """A label that never takes its text for HTML."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    label.setFont(theme.font(size, weight))
    set_tone(label, tone)
    return label


class ElidedLabel(QLabel):
    """One line that ends in "…" when it does not fit; the whole text is in the tool tip and is
    what a screen reader hears. Safe for text from strangers."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        size: Type = Type.BODY,
        weight: int = REGULAR,
        tone: Role = Role.TEXT,
    ) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.font(size, weight))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        set_tone(self, tone)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._set_tip()

    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(
            min(metrics.horizontalAdvance("MMM…"), self.sizeHint().width()), metrics.height()
        )

    def shown_text(self) -> str:
        """What fits, as painted."""
        room = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

    def is_cut(self) -> bool:
        return self.shown_text() != self.text()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_tip()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            int(self.alignment()),
            self.palette(),
            self.isEnabled(),
            self.shown_text(),
            self.foregroundRole(),
        )

    def _set_tip(self) -> None:
        # a tool tip guesses whether it is HTML: escaped and wrapped, it has nothing to guess
        self.setToolTip(f"<span>{html.escape(self.text())}</span>" if self.is_cut() else "")


class IconLabel(QWidget):
    """An icon that stands beside text. Decorative unless it is given a name."""

    def __init__(
        self, theme: Theme, icon: str, role: Role = Role.TEXT, side: int = 16, name: str = ""
    ) -> None:
        super().__init__()
        self._theme, self._icon, self._role = theme, icon, role
        self.setFixedSize(side, side)
        self.setAccessibleName(name)

    def set_icon(self, icon: str, role: Role | None = None) -> None:
        self._icon = icon
        self._role = role or self._role
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._theme.paint_icon(painter, self._icon, QRectF(self.rect()), self._role)
