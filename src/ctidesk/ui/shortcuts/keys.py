"""Binds the table of shortcuts to the application's windows.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QWidget

from ctidesk.ui.desk_commands import DeskCommands
from ctidesk.ui.shortcuts.table import Shortcuts


class ShortcutKeys(QObject):
    """Every window of the application hears the shortcuts, the compact bar too. Commands that are
    not registered have no keys. Our keys go before those of text fields (Ctrl+K would delete to
    the end of the line on some systems)."""

    def __init__(self, app: QApplication, table: Shortcuts, commands: DeskCommands) -> None:
        super().__init__(app)
        self._table = table
        self._commands = commands
        self._bound: list[QShortcut] = []
        self._ours: set[str] = set()
        self._watched: QWidget | None = None
        self._window: QWidget | None = None
        table.subscribe(self.bind)
        app.focusChanged.connect(self._watch)

    def bind_to(self, window: QWidget) -> None:
        """Make the shortcuts work while `window` lives, in all windows of the application."""
        self._window = window
        self.bind()

    def bind(self) -> None:
        """Bind anew, after a change of the table or of the commands."""
        for old in self._bound:
            old.setEnabled(False)
            old.deleteLater()
        self._bound, self._ours = [], set()
        if self._window is None:
            return
        for entry in self._table.all():
            if entry.keys and self._commands.has(entry.command):
                self._bind_one(self._window, entry.command, QKeySequence(entry.keys))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and _portable(QKeySequence(event.keyCombination())) in self._ours
        ):
            # neither accepted nor passed on: the field does not claim it, the shortcut runs
            event.ignore()
            return True
        return False

    def _watch(self, _old: QWidget | None, now: QWidget | None) -> None:
        """Only the widget with the keyboard is watched: a filter on the whole application would
        see every event of every widget."""
        if self._watched is not None and shiboken6.isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = now
        if now is not None:
            now.installEventFilter(self)

    def _bind_one(self, window: QWidget, command: str, sequence: QKeySequence) -> None:
        shortcut = QShortcut(sequence, window)
        shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)
        # a held key must not answer and hang up in turns
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(lambda: self._commands.perform(command))
        self._bound.append(shortcut)
        self._ours.add(_portable(sequence))


def _portable(sequence: QKeySequence) -> str:
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)
