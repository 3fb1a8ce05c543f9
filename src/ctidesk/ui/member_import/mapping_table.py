"""The columns of a file, one per line: heading, what it is taken as, examples of its cells.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ctidesk.calls.text import plain
from ctidesk.care.member_import import ImportColumn
from ctidesk.ui.member_import.presenter import CELLS
from ctidesk.ui.member_import.state import HeadingLine
from ctidesk.ui.theme.scale import TARGET, Space

_HEADING, _TAKEN, _FIRST_CELL = 0, 1, 2
_TAKEN_WIDTH = 220
_AROUND = 3
CELL_SHEET = "QTableView::item { padding: 0 5px; }"
"""Puts cells under the words of their header."""


class MappingTable(QTableWidget):
    """A file with fifty columns is read down, not across. Built anew only for another file."""

    changed = Signal(str, str)
    """heading, name of the column ("" nothing)"""

    def __init__(self, columns: Sequence[ImportColumn]) -> None:
        super().__init__(0, _FIRST_CELL + CELLS)
        self._built: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self._combos: list[_StillCombo] = []
        self._choices = self._make_choices(columns)
        self._place_of = {
            str(self._choices.item(place).data(Qt.ItemDataRole.UserRole)): place
            for place in range(self._choices.rowCount())
            if self._choices.item(place).isEnabled()
        }
        self.setAccessibleName(self.tr("Columns of the file"))
        examples = [self.tr("For example"), *("" for _ in range(CELLS - 1))]
        self.setHorizontalHeaderLabels([self.tr("In the file"), self.tr("Taken as"), *examples])
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setStyleSheet(CELL_SHEET)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(TARGET + 2 * _AROUND)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_HEADING, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(_HEADING, 170)
        header.setSectionResizeMode(_TAKEN, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(_TAKEN, _TAKEN_WIDTH)

    def combo(self, row: int) -> QComboBox:
        """What line `row` is taken as."""
        return self._combos[row]

    def show_lines(self, lines: Sequence[HeadingLine]) -> None:
        built = tuple((line.heading, line.cells) for line in lines)
        if built != self._built:
            self._built = built
            self._build(lines)
        for combo, line in zip(self._combos, lines, strict=True):
            combo.setCurrentIndex(self._place_of.get(line.column, 0))

    def _build(self, lines: Sequence[HeadingLine]) -> None:
        # cells of members must not linger in widgets that are taken away later
        self.setRowCount(0)
        self._combos = []
        self.setRowCount(len(lines))
        for row, line in enumerate(lines):
            self.setItem(row, _HEADING, QTableWidgetItem(plain(line.heading)))
            for number, cell in enumerate(line.cells):
                self.setItem(row, _FIRST_CELL + number, QTableWidgetItem(cell))
            combo = _StillCombo()
            combo.setModel(self._choices)
            combo.setAccessibleName(self.tr("%s is taken as") % plain(line.heading))
            combo.activated.connect(
                lambda place, heading=line.heading: self.changed.emit(heading, self._name(place))
            )
            self._combos.append(combo)
            room = QWidget()
            layout = QVBoxLayout(room)
            layout.setContentsMargins(Space.XS, _AROUND, Space.XS, _AROUND)
            layout.addWidget(combo)
            self.setCellWidget(row, _TAKEN, room)

    def _name(self, place: int) -> str:
        return str(self._choices.item(place).data(Qt.ItemDataRole.UserRole))

    def _make_choices(self, columns: Sequence[ImportColumn]) -> QStandardItemModel:
        """One list for all boxes: nothing, then the columns under the names of their groups."""
        model = QStandardItemModel(self)
        model.appendRow(_choice(self.tr("— not taken —"), ""))
        group = ""
        for column in columns:
            if column.group != group:
                group = column.group
                title = QStandardItem(group)
                title.setEnabled(False)
                model.appendRow(title)
            model.appendRow(_choice(column.title, column.name))
        return model


class _StillCombo(QComboBox):
    """Scrolling the table must not change what the mouse happens to be over."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMaxVisibleItems(16)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def _choice(title: str, name: str) -> QStandardItem:
    item = QStandardItem(title)
    item.setData(name, Qt.ItemDataRole.UserRole)
    return item
