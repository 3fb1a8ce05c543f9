"""Hands for the demo without an audience: they find, click and type as an agent does.

Runs in: desk process, Qt main thread. Everything goes through the widgets on the screen; what is
hidden or disabled cannot be used, and says so in a sentence.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from ctidesk.calls.errors import CtideskError
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.theme.theme import Mode, Theme

W = TypeVar("W", bound=QWidget)

POLL_MS = 5
MATCH_WORDS = "match_words"
"""Object name of the label that says how the caller's number matched."""
LOOKING = "Looking"


class NotOnScreen(CtideskError):
    """The control is not there, hidden or disabled."""


class ScreenHands:
    """Works `window` and its pop-ups; pictures go to `folder` as PNG."""

    def __init__(self, window: QWidget, theme: Theme, folder: Path) -> None:
        self._window = window
        self._theme = theme
        self._folder = folder
        self._card = _CardWatch(window)

    # --------------------------------------------------------------------- use

    def press(self, control: str) -> None:
        button = self._usable(control, QAbstractButton)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def enter(self, control: str, text: str) -> None:
        field = self._usable(control, QWidget)
        if not isinstance(field, QLineEdit | QPlainTextEdit):
            raise NotOnScreen(f"{control} is not a field")
        field.clear()
        QTest.keyClicks(field, text)

    def submit(self, control: str) -> None:
        QTest.keyClick(self._usable(control, QLineEdit), Qt.Key.Key_Return)

    def key(self, keys: str) -> None:
        # shortcuts count in the active window only
        self._window.activateWindow()
        self._turn()
        QTest.keySequence(QApplication.focusWidget() or self._window, QKeySequence(keys))

    def choose(self, control: str, text: str) -> None:
        widget = self._usable(control, QWidget)
        if isinstance(widget, LineList):
            self._click_line(widget, control, text)
        elif isinstance(widget, QPushButton) and (menu := widget.menu()) is not None:
            for action in menu.actions():
                if action.text() == text and action.isEnabled():
                    action.trigger()
                    return
            raise NotOnScreen(f"{control} has no entry “{text}”")
        else:
            raise NotOnScreen(f"{control} is neither a list nor a menu")

    # -------------------------------------------------------------------- look

    def sees(self, control: str) -> bool:
        return self._find(control) is not None

    def hint(self, control: str) -> str:
        return self._usable(control, QLineEdit).placeholderText()

    def shown(self) -> str:
        """What is written on the screen, and what a screen reader would say of it."""
        return "\n".join(
            text for widget in self._visible() for text in _texts(widget) if text.strip()
        )

    def grab(self, name: str, theme: str = "light") -> None:
        """Raises OSError when the picture cannot be written."""
        before = self._theme.mode
        self._theme.set_mode(Mode(theme))
        self._turn()
        saved = self._window.grab().save(str(self._folder / f"{name}.png"))
        self._theme.set_mode(before)
        if not saved:
            raise OSError(f"cannot write {name}.png")

    def watch_card(self) -> None:
        self._card.begin()

    def card_painted_mono(self) -> float | None:
        return self._card.painted_mono

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Turns the event loop: the desk goes on meanwhile."""
        if until():
            return True
        loop, poll = QEventLoop(), QTimer()
        deadline = time.monotonic() + seconds

        def look() -> None:
            if until() or time.monotonic() > deadline:
                loop.quit()

        poll.timeout.connect(look)
        poll.start(POLL_MS)
        loop.exec()
        poll.stop()
        return until()

    # ----------------------------------------------------------------- private

    def _turn(self) -> None:
        for _ in range(2):
            QApplication.sendPostedEvents()
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)

    def _find(self, control: str) -> QWidget | None:
        for widget in self._visible():
            if widget.objectName() == control:
                return widget
        return None

    def _usable(self, control: str, kind: type[W]) -> W:
        widget = self._find(control)
        if widget is None:
            raise NotOnScreen(f"{control} is not on the screen")
        if not isinstance(widget, kind):
            raise NotOnScreen(f"{control} is not a {kind.__name__}")
        if not widget.isEnabled():
            raise NotOnScreen(f"{control} is disabled")
        return widget

    def _visible(self) -> Iterator[QWidget]:
        """Every widget on the screen, the window's own first."""
        others = [top for top in QApplication.topLevelWidgets() if top is not self._window]
        for top in (self._window, *others):
            if top.isVisible():
                yield top
                for child in top.findChildren(QWidget):
                    if child.isVisible():
                        yield child

    def _click_line(self, lines: LineList, control: str, text: str) -> None:
        for row, line in enumerate(lines.lines):
            if text in line.title or text in line.detail:
                where = lines.visualRect(lines.model().index(row, 0)).center()
                QTest.mouseClick(lines.viewport(), Qt.MouseButton.LeftButton, pos=where)
                return
        raise NotOnScreen(f"{control} has no line “{text}”")


class _CardWatch(QObject):
    """When the card first showed how the number matched."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.painted_mono: float | None = None
        self._words = window.findChild(QLabel, MATCH_WORDS)
        if self._words is not None:
            self._words.installEventFilter(self)

    def begin(self) -> None:
        self.painted_mono = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint and self.painted_mono is None and self._told():
            # the paint events of the card are delivered in one go: after them it is on the screen
            QTimer.singleShot(0, self._painted)
        return False

    def _told(self) -> bool:
        return self._words is not None and not self._words.text().startswith(LOOKING)

    def _painted(self) -> None:
        if self.painted_mono is None:
            self.painted_mono = time.monotonic()


def _texts(widget: QWidget) -> list[str]:
    texts = [widget.accessibleName()]
    if isinstance(widget, QLabel | QAbstractButton | QLineEdit):
        texts.append(widget.text())
    elif isinstance(widget, QPlainTextEdit):
        texts.append(widget.toPlainText())
    elif isinstance(widget, LineList):
        lines = widget.lines
        texts += [text for one in lines for text in (one.title, one.detail, one.note, one.right)]
    return texts
