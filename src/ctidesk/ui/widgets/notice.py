"""A message inside the window: what happened, what to do, and one action.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ctidesk.calls.errors import KnownError
from ctidesk.ui.theme.scale import RADIUS, SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Target, Variant
from ctidesk.ui.widgets.labels import IconLabel, text_label

PASSING_MS = 8000


class Level(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_ROLES = {Level.INFO: Role.ACCENT, Level.WARNING: Role.HOLD, Level.ERROR: Role.DANGER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`text` says what happened, `remedy` what to do; `action` runs when its button is pressed.
    `passing`: good news that asks for nothing, and goes by itself."""

    level: Level
    text: str
    remedy: str = ""
    action_text: str = ""
    action: Callable[[], None] | None = None
    closable: bool = True
    passing: bool = False


def notice_of(error: KnownError, level: Level = Level.ERROR) -> Notice:
    return Notice(level=level, text=error.text, remedy=error.remedy)


class NoticeBar(QWidget):
    """One notice."""

    closed = Signal()

    def __init__(self, theme: Theme, notice: Notice) -> None:
        super().__init__()
        self._theme, self.notice = theme, notice
        text = text_label(theme, notice.text, Type.BODY, SEMIBOLD)
        text.setWordWrap(True)
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(text)
        if notice.remedy:
            remedy = text_label(theme, notice.remedy, Type.BODY)
            remedy.setWordWrap(True)
            texts.addWidget(remedy)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.S, Space.S, Space.S)
        layout.setSpacing(Space.M)
        layout.addWidget(IconLabel(theme, notice.level.value, _ROLES[notice.level], 20))
        layout.addLayout(texts, 1)
        if notice.action is not None:
            button = ActionButton(theme, "", notice.action_text)
            button.clicked.connect(notice.action)
            layout.addWidget(button)
        if notice.closable:
            close = IconButton(
                theme, "cross", self.tr("Close this message"), Variant.QUIET, Target.ROW
            )
            close.clicked.connect(self.closed)
            layout.addWidget(close)
        self.setAccessibleName(f"{notice.text} {notice.remedy}".strip())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = _ROLES[self.notice.level]
        painter.setPen(self._theme.colour(role, 0.55))
        painter.setBrush(self._theme.colour(role, 0.10))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), RADIUS, RADIUS)


class NoticeStack(QWidget):
    """The notices that stand now, the latest on top, one per key. No room is taken when empty."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._bars: dict[str, NoticeBar] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        self._layout.setSpacing(Space.XS)
        self.hide()

    def keys(self) -> list[str]:
        return list(self._bars)

    def show_notice(self, key: str, notice: Notice) -> None:
        """Show, or replace the one with the same key. Screen readers are told at once."""
        standing = self._bars.get(key)
        if standing is not None and standing.notice == notice:
            return
        self.clear(key)
        bar = NoticeBar(self._theme, notice)
        bar.closed.connect(lambda: self.clear(key))
        self._bars[key] = bar
        if notice.passing:
            QTimer.singleShot(PASSING_MS, bar, bar.closed.emit)
        self._layout.insertWidget(0, bar)
        self.show()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(bar, bar.accessibleName()))

    def clear(self, key: str) -> None:
        bar = self._bars.pop(key, None)
        if bar is not None:
            bar.hide()
            self._layout.removeWidget(bar)
            bar.deleteLater()
        self.setVisible(bool(self._bars))
