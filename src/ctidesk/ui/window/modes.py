"""The large window or the compact bar: always exactly one of them.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import QObject

from ctidesk.ui.window.compact_bar import CompactBar
from ctidesk.ui.window.main_window import MainWindow


class WindowModes(QObject):
    """Switches between the two, on the wish of the agent only."""

    def __init__(self, main: MainWindow, compact: CompactBar) -> None:
        super().__init__(main)
        self._main, self._compact = main, compact
        compact.expand_wanted.connect(self.go_large)
        main.closed.connect(compact.hide)

    @property
    def is_compact(self) -> bool:
        return self._compact.isVisible()

    def toggle(self) -> None:
        if self.is_compact:
            self.go_large()
        else:
            self.go_compact()

    def go_compact(self) -> None:
        self._main.remember()
        self._compact.show_docked()
        self._main.hide()

    def go_large(self) -> None:
        self._main.show()
        self._compact.hide()
