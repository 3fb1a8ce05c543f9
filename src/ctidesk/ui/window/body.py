"""The columns: work list, card, aids, wrap-up; where there is no room for one, it becomes a tab.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ctidesk.ui.theme.scale import AIDS_FROM, AIDS_WIDTH, WIDE_FROM
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.window.layout_memory import WindowLayout

_MIN_SIDE = 200
_MIN_CENTRE = 420


@dataclass(frozen=True, slots=True)
class SidePane:
    """A pane that is a column in a window of `from_width` pixels or more, else a tab."""

    widget: QWidget
    title: str
    icon: str
    from_width: int


class Columns(QWidget):
    """Moves aids and wrap-up between column and tab by its own width. What was typed, and the place
    of the typing focus, stay. `aids` is None where there are none."""

    resized_by_hand = Signal()

    def __init__(
        self,
        theme: Theme,
        work_list: QWidget,
        centre: QWidget,
        wrap_up: QWidget,
        aids: QWidget | None = None,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._work_list, self._wrap_up, self._aids = work_list, wrap_up, aids
        self._layout_wanted = WindowLayout()
        self._sides = [SidePane(wrap_up, self.tr("Wrap-up"), "wrap_up", WIDE_FROM)]
        if aids is not None:
            self._sides.insert(0, SidePane(aids, self.tr("Assist"), "info", AIDS_FROM))
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
        for column in (work_list, self._tabs):
            self._splitter.addWidget(column)
        for side in self._sides:
            side.widget.setMinimumWidth(_MIN_SIDE)
            self._splitter.addWidget(side.widget)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.splitterMoved.connect(self._moved)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)

    @property
    def narrow(self) -> bool:
        """Whether the wrap-up is a tab now."""
        return self._is_tab(self._wrap_up)

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

    def show_caller(self) -> None:
        """The card to the front, unless somebody is typing into what lies before it."""
        front, focus = self._tabs.currentWidget(), QApplication.focusWidget()
        inside = focus is not None and front.isAncestorOf(focus)
        if inside and isinstance(focus, QLineEdit | QPlainTextEdit):
            return
        if inside:
            # a key meant for the list that goes away must press nothing on the card
            self._tabs.tabBar().setFocus(Qt.FocusReason.OtherFocusReason)
        self._tabs.setCurrentIndex(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for side in self._sides:
            to_tab = self.width() < side.from_width
            if to_tab != self._is_tab(side.widget):
                self._turn(side, to_tab)
        self._spread()

    def _is_tab(self, pane: QWidget) -> bool:
        return self._tabs.indexOf(pane) >= 0

    def _turn(self, side: SidePane, to_tab: bool) -> None:
        focus = QApplication.focusWidget()
        inside = focus is not None and side.widget.isAncestorOf(focus)
        in_front = self._tabs.currentWidget()
        if to_tab:
            # aids stand before the wrap-up
            place = 1 if side.widget is self._aids else self._tabs.count()
            self._tabs.insertTab(place, side.widget, self._theme.icon(side.icon), side.title)
            # whoever was typing goes on typing
            self._tabs.setCurrentWidget(side.widget if inside else in_front)
        else:
            self._tabs.removeTab(self._tabs.indexOf(side.widget))
            self._splitter.insertWidget(2 if side.widget is self._aids else 3, side.widget)
            side.widget.show()
        if inside and focus is not None:
            focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def _spread(self) -> None:
        left, right = self.widths()
        wanted = {self._wrap_up: right, self._aids: AIDS_WIDTH}
        sides = [wanted[side.widget] for side in self._sides if not self._is_tab(side.widget)]
        room = self.width() - left - sum(sides)
        self._splitter.setSizes([left, max(room, _MIN_CENTRE), *sides])

    def _moved(self) -> None:
        sizes = self._splitter.sizes()
        was = self._layout_wanted
        right = was.wrap_up if self.narrow else sizes[-1]
        self._layout_wanted = replace(was, work_list=sizes[0], wrap_up=right)
        self.resized_by_hand.emit()
