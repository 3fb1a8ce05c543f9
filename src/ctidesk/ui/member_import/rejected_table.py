"""The rows that an import left out: line, column, reason.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from ctidesk.calls.text import plain
from ctidesk.care.member_import import RejectedRow
from ctidesk.ui.member_import.mapping_table import CELL_SHEET
from ctidesk.ui.theme.scale import ROW_DENSE

_Index = QModelIndex | QPersistentModelIndex
_REASON_CHARS = 200


class RejectedRows(QAbstractTableModel):
    """Ten thousand lines cost nothing until they are scrolled to."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[RejectedRow, ...] = ()
        self._titles = (self.tr("Line"), self.tr("Column"), self.tr("Why it was left out"))

    def show_rows(self, rows: tuple[RejectedRow, ...]) -> None:
        if rows is not self._rows:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        return len(self._titles)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 0:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        row = self._rows[index.row()]
        cells = (f"{row.line:,}", plain(row.column), plain(row.reason, _REASON_CHARS))
        return cells[index.column()]

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        across = orientation is Qt.Orientation.Horizontal
        if across and section == 0 and role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return self._titles[section] if across and role == Qt.ItemDataRole.DisplayRole else None


class RejectedTable(QTableView):
    def __init__(self) -> None:
        super().__init__()
        self.rows = RejectedRows()
        self.setModel(self.rows)
        self.setAccessibleName(self.tr("Rejected rows"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setStyleSheet(CELL_SHEET)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_DENSE)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.resizeSection(0, 80)
        header.resizeSection(1, 220)
        header.setStretchLastSection(True)
