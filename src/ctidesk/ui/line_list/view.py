"""A list of lines: one widget however many lines, walked by the arrow keys, Enter acts.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QSizePolicy

from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.painting import LinePainter
from ctidesk.ui.surroundings import Surroundings

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class LineModel(QAbstractListModel):
    """The lines as Qt wants them; rows that did not change are not touched."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: tuple[Line, ...] = ()

    def set_lines(self, lines: tuple[Line, ...]) -> bool:
        """True when rows came, went or moved."""
        before = self.lines
        if [line.key for line in before] != [line.key for line in lines]:
            self.beginResetModel()
            self.lines = lines
            self.endResetModel()
            return True
        self.lines = lines
        for row, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old != new:
                self.dataChanged.emit(self.index(row), self.index(row))
        return False

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return line
        if role == Qt.ItemDataRole.DisplayRole:
            return line.title
        if role in (Qt.ItemDataRole.AccessibleTextRole,):
            return line.spoken
        return None


class LineList(QListView):
    """`picked`: clicked once; `entered`: Enter or double click. With `fit` the list is as high as
    its lines, up to `most` of them; otherwise it scrolls. `wrap`: details may take several rows."""

    picked = Signal(str)
    entered = Signal(str)

    def __init__(
        self,
        around: Surroundings,
        name: str,
        *,
        fit: bool = False,
        most: int = 8,
        wrap: bool = False,
    ) -> None:
        super().__init__()
        self._fit, self._most = fit, most
        self._around = around
        self._lines = LineModel()
        self.setModel(self._lines)
        self._painter = LinePainter(around.theme, around.clock, wrap)
        self.setItemDelegate(self._painter)
        self.setAccessibleName(name)
        self.setProperty("plain", "true")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setResizeMode(QListView.ResizeMode.Adjust if wrap else QListView.ResizeMode.Fixed)
        self.setMouseTracking(True)
        if fit:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            self.setFixedHeight(0)
        self.clicked.connect(lambda index: self.picked.emit(self._key(index)))
        self.doubleClicked.connect(lambda index: self.entered.emit(self._key(index)))
        around.tick.ticked.connect(self._tick)
        around.theme.changed.connect(self.viewport().update)

    # ------------------------------------------------------------------ lines

    @property
    def lines(self) -> tuple[Line, ...]:
        return self._lines.lines

    @property
    def current_key(self) -> str:
        return self._key(self.currentIndex())

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Show these; the line with the keyboard keeps it while it is there."""
        wanted = tuple(lines)
        if wanted == self._lines.lines:
            return
        key = self.current_key
        if self._lines.set_lines(wanted):
            self.select(key)
        self._resize_to_lines()
        self._run()

    def select(self, key: str) -> None:
        """Put the keyboard's place on the line `key`, if it is there."""
        for row, line in enumerate(self._lines.lines):
            if line.key == key:
                self.setCurrentIndex(self._lines.index(row))
                return

    def select_first(self) -> None:
        if self._lines.lines:
            self.setCurrentIndex(self._lines.index(0))

    # ------------------------------------------------------------------ events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current_key:
            self.entered.emit(self.current_key)
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid():
            self.select_first()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.scheduleDelayedItemsLayout()
            self._resize_to_lines()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._wanted_height() if self._fit else 120)

    # ----------------------------------------------------------------- private

    def _key(self, index: Index) -> str:
        row = index.row()
        return self._lines.lines[row].key if 0 <= row < len(self._lines.lines) else ""

    def _wanted_height(self) -> int:
        width = self.viewport().width()
        heights = [self._painter.height(line, width) for line in self._lines.lines[: self._most]]
        return sum(heights) + (2 * self.frameWidth() if heights else 0)

    def _resize_to_lines(self) -> None:
        if self._fit and self.height() != self._wanted_height():
            self.setFixedHeight(self._wanted_height())

    def _run(self) -> None:
        if any(line.since_mono is not None for line in self._lines.lines):
            self._around.tick.subscribe(self)
        else:
            self._around.tick.unsubscribe(self)

    def _tick(self) -> None:
        if not self.isVisible():
            return
        for row, line in enumerate(self._lines.lines):
            if line.since_mono is not None:
                self.update(self._lines.index(row))
