"""What groups other widgets: card, section header, lines, the empty state.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.labels import IconLabel, text_label


def row(*widgets: QWidget | None, gap: int = Space.S, margin: int = 0) -> QHBoxLayout:
    """Widgets side by side; None is a stretch."""
    layout = QHBoxLayout()
    _fill(layout, widgets, gap, margin)
    return layout


def column(*widgets: QWidget | None, gap: int = Space.S, margin: int = 0) -> QVBoxLayout:
    """Widgets below one another; None is a stretch."""
    layout = QVBoxLayout()
    _fill(layout, widgets, gap, margin)
    return layout


class Card(QFrame):
    """A framed surface; fill `body`."""

    def __init__(self, margin: int = Space.M, gap: int = Space.S) -> None:
        super().__init__()
        self.setProperty("frame", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(margin, margin, margin, margin)
        self.body.setSpacing(gap)


class Bar(QFrame):
    """A horizontal band: "bar" (line below), "strip" (line above) or "column" (no line)."""

    def __init__(self, look: str, layout: QBoxLayout) -> None:
        super().__init__()
        self.setProperty("frame", look)
        self.setLayout(layout)


class Line(QFrame):
    """A divider of one pixel."""

    def __init__(self, upright: bool = False) -> None:
        super().__init__()
        self.setProperty("frame", "line")
        if upright:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)


class SectionHeader(QWidget):
    """The title of a section; `trailing` widgets (a count, a button) stand at its right end."""

    def __init__(self, theme: Theme, title: str, *trailing: QWidget) -> None:
        super().__init__()
        self._title = text_label(theme, title, Type.CAPTION, SEMIBOLD, Role.MUTED)
        layout = row(self._title, None, *trailing, gap=Space.XS)
        self.setLayout(layout)
        self.setMinimumHeight(24)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_title(self, title: str) -> None:
        self._title.setText(title)


class EmptyState(QWidget):
    """What stands where nothing is: an icon, what would be here, and what to do."""

    def __init__(
        self, theme: Theme, icon: str, title: str, text: str = "", action: QWidget | None = None
    ) -> None:
        super().__init__()
        centre = Qt.AlignmentFlag.AlignHCenter
        self._title = text_label(theme, title, Type.EMPHASIS, SEMIBOLD)
        self._title.setAlignment(centre)
        self._title.setWordWrap(True)
        self._text = text_label(theme, text, Type.BODY, tone=Role.MUTED)
        self._text.setAlignment(centre)
        self._text.setWordWrap(True)
        self._text.setVisible(bool(text))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.XL)
        layout.setSpacing(Space.S)
        layout.addStretch(1)
        layout.addWidget(IconLabel(theme, icon, Role.MUTED, 32), 0, centre)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        if action is not None:
            layout.addWidget(action, 0, centre)
        layout.addStretch(1)

    def set_texts(self, title: str, text: str = "") -> None:
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))


def _fill(layout: QBoxLayout, widgets: tuple[QWidget | None, ...], gap: int, margin: int) -> None:
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(gap)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        else:
            layout.addWidget(widget)
