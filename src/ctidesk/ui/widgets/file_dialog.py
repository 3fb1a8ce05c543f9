"""Asking for a file without holding the desk up.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QWidget


class FileQuestion:
    """At most one dialog at a time, never modal: a call that rings meanwhile is answered in the
    window behind it."""

    def __init__(self, asker: QWidget) -> None:
        self._asker = asker
        self._dialog: QFileDialog | None = None

    def ask(self, title: str, chosen: Callable[[Path], None]) -> QFileDialog:
        """A dialog to be set up and shown; `chosen(path)` comes when a file was named."""
        self.close()
        dialog = QFileDialog(self._asker.window(), title)
        dialog.setModal(False)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: chosen(Path(name)))
        dialog.destroyed.connect(self._gone)
        self._dialog = dialog
        return dialog

    def close(self) -> None:
        if self._dialog is not None:
            self._dialog.close()

    def _gone(self, gone: QObject) -> None:
        if self._dialog is gone:
            self._dialog = None
