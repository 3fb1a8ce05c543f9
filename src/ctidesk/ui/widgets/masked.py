"""A fact that stays hidden until the caller is verified (R7).

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ctidesk.ui.theme.scale import Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.labels import ElidedLabel, IconLabel, text_label

_BLOCKS = (34, 52, 22)
"""Widths of the blurred words: always the same, so that the bar tells nothing of what it hides."""


class BlurredBar(QWidget):
    """Looks like unreadable text."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(sum(_BLOCKS) + 6 * len(_BLOCKS), max(18, self.fontMetrics().height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle = self.height() / 2
        left = 1.0
        for width in _BLOCKS:
            # a soft edge out of three layers: cheaper than a blur effect and as unreadable
            for inset, share in ((0.0, 0.12), (1.5, 0.20), (3.0, 0.28)):
                block = QRectF(left, middle - 6, width, 12).adjusted(inset, inset, -inset, -inset)
                painter.setBrush(self._theme.colour(Role.MUTED, share, Role.SURFACE))
                painter.drawRoundedRect(block, 6 - inset, 6 - inset)
            left += width + 6


class MaskedField(QWidget):
    """Caption and value. While masked there is no value in the widget at all: nothing for a screen
    reader, the clipboard or a memory of the window to find."""

    def __init__(self, theme: Theme, caption: str) -> None:
        super().__init__()
        self._caption = caption
        self._bar = BlurredBar(theme)
        self._value = ElidedLabel(theme, "", Type.BODY)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(text_label(theme, caption, Type.CAPTION, tone=Role.MUTED))
        layout.addWidget(self._bar)
        layout.addWidget(self._value)
        self.conceal()

    @property
    def is_masked(self) -> bool:
        return not self._bar.isHidden()

    def conceal(self) -> None:
        self._value.setText("")
        self._value.setAccessibleName("")
        self._value.hide()
        self._bar.show()
        self.setAccessibleName(self.tr("%s: hidden until verified") % self._caption)

    def reveal(self, value: str) -> None:
        self._value.setText(value)
        self._value.setAccessibleName(f"{self._caption}: {value}")
        self._bar.hide()
        self._value.show()
        self.setAccessibleName(self._caption)


class MaskedLines(QWidget):
    """In place of a list: bars, and a sentence that says why. There is no list behind it."""

    def __init__(self, theme: Theme, name: str, bars: int = 3) -> None:
        super().__init__()
        self._name = name
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.M, Space.M, Space.M, Space.M)
        layout.setSpacing(Space.M)
        self._why = text_label(theme, "", Type.BODY, tone=Role.MUTED)
        self._why.setWordWrap(True)
        self._icon = IconLabel(theme, "lock", Role.MUTED, 16)
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._why, 1)
        layout.addLayout(head)
        for _ in range(bars):
            layout.addWidget(BlurredBar(theme))
        layout.addStretch(1)

    def say(self, why: str) -> None:
        self._why.setText(why)
        self.setAccessibleName(self.tr("%s: hidden. %s") % (self._name, why))
