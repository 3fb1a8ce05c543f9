"""The three columns: work list, centre, wrap-up; on a narrow window the last becomes a tab.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QSplitter, QTabWidget, QVBoxLayout, QWidget

from ctidesk.ui.theme.scale import WIDE_FROM
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.window.layout_memory import WindowLayout

_MIN_SIDE = 200
_MIN_CENTRE = 420


class Columns(QWidget):
    """Moves the wrap-up between column and tab by its own width. What was typed, and the place of
    the typing focus, stay."""

    resized_by_hand = Signal()

    def __init__(self, theme: Theme, work_list: QWidget, centre: QWidget, wrap_up: QWidget) -> None:
        super().__init__()
        self._theme = theme
        self._work_list, self._wrap_up, self._centre = work_list, wrap_up, centre
        self._layout_wanted = WindowLayout()
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.setTabBarAutoHide(True)
        self._tabs.tabBar().setExpanding(False)
        self._tabs.addTab(centre, theme.icon("user"), self.tr("Caller"))
        self._tabs.setMinimumWidth(_MIN_CENTRE)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        work_list.setMinimumWidth(_MIN_SIDE)
        wrap_up.setMinimumWidth(_MIN_SIDE)
        for column in (work_list, self._tabs, wrap_up):
            self._splitter.addWidget(column)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.splitterMoved.connect(self._moved)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)

    @property
    def narrow(self) -> bool:
        """Whether the wrap-up is a tab now."""
        return self._tabs.count() > 1

    def restore(self, layout: WindowLayout) -> None:
        self._layout_wanted = layout
        self._spread()

    def widths(self) -> tuple[int, int]:
        """Work list and wrap-up as the agent set them."""
        return self._layout_wanted.work_list, self._layout_wanted.wrap_up

    def reveal(self, pane: QWidget) -> None:
        """Bring `pane` to the front if it is a tab."""
        index = self._tabs.indexOf(pane)
        if index >= 0:
            self._tabs.setCurrentIndex(index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if (self.width() < WIDE_FROM) != self.narrow:
            self._turn(to_tab=not self.narrow)
        self._spread()

    def _turn(self, to_tab: bool) -> None:
        focus = QApplication.focusWidget()
        inside = focus is not None and self._wrap_up.isAncestorOf(focus)
        in_front = self._tabs.currentWidget()
        if to_tab:
            title = self.tr("Wrap-up")
            self._tabs.addTab(self._wrap_up, self._theme.icon("wrap_up"), title)
            # whoever was typing a note goes on typing it
            self._tabs.setCurrentWidget(self._wrap_up if inside else in_front)
        else:
            self._tabs.removeTab(1)
            self._splitter.addWidget(self._wrap_up)
            self._wrap_up.show()
        if inside and focus is not None:
            focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def _spread(self) -> None:
        left, right = self.widths()
        room = self.width() - left - (0 if self.narrow else right)
        sizes = [left, max(room, _MIN_CENTRE)]
        self._splitter.setSizes(sizes if self.narrow else [*sizes, right])

    def _moved(self) -> None:
        sizes = self._splitter.sizes()
        was = self._layout_wanted
        right = was.wrap_up if self.narrow else sizes[2]
        self._layout_wanted = replace(was, work_list=sizes[0], wrap_up=right)
        self.resized_by_hand.emit()
