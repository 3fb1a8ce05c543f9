"""The large window or the compact bar: always exactly one of them.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from ctidesk.ui.window.compact_bar import CompactBar
from ctidesk.ui.window.main_window import MainWindow


class WindowModes(QObject):
    """Switches between the two, on the wish of the agent only. `make_compact` is called when the
    bar is wanted for the first time."""

    def __init__(self, main: MainWindow, make_compact: Callable[[], CompactBar]) -> None:
        super().__init__(main)
        self._main, self._make_compact = main, make_compact
        self._compact: CompactBar | None = None
        main.closed.connect(self.end)

    @property
    def is_compact(self) -> bool:
        return self._compact is not None and self._compact.isVisible()

    def go_compact(self) -> None:
        self._main.remember()
        if self._compact is None:
            self._compact = self._make_compact()
            self._compact.expand_wanted.connect(self.go_large)
        self._compact.show_docked()
        self._main.hide()

    def go_large(self) -> None:
        """Nothing happens to a window that is large already."""
        if self._compact is not None and self.is_compact:
            self._compact.hide()
            self._main.show()

    def end(self) -> None:
        """The desk closes: nothing of the bar is left."""
        if self._compact is not None:
            self._compact.hide()
            self._compact.deleteLater()
            self._compact = None
