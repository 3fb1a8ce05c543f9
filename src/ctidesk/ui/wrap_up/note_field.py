"""The note: what is typed is told at once and kept after a pause or when the focus leaves.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPlainTextEdit

PAUSE_MS = 500


class NoteField(QPlainTextEdit):
    """Tab leaves the field: it is one of many on the way through the desk."""

    edited = Signal(str)
    paused = Signal()

    def __init__(self, placeholder: str) -> None:
        super().__init__()
        self._of = ""
        self.setPlaceholderText(placeholder)
        self.setAccessibleName("Note")
        self.setTabChangesFocus(True)
        self.setMinimumHeight(72)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.paused)
        self.textChanged.connect(self._changed)

    def show_text(self, call_id: str, text: str) -> None:
        """The note of `call_id`. An equal text is left alone, with cursor and undo."""
        if call_id == self._of and text == self.toPlainText():
            return
        self._of = call_id
        before = self.blockSignals(True)
        self.setPlainText(text)
        self.blockSignals(before)

    def settle(self) -> None:
        """Keep it now."""
        self._pause.stop()
        self.paused.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.settle()

    def _changed(self) -> None:
        self._pause.start()
        self.edited.emit(self.toPlainText())
