"""All shortcuts on one sheet over the panels (F1).

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from itertools import groupby

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ctidesk.ui.shortcuts.table import Shortcut, Shortcuts
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import IconButton, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import row
from ctidesk.ui.window.question import Overlay


class ShortcutOverview(Overlay):
    """Made anew each time it opens, so that it shows what is true now. Commands without keys are
    left out."""

    def __init__(self, theme: Theme, over: QWidget, table: Shortcuts) -> None:
        super().__init__(theme, over)
        self._table = table
        self._sheet: QWidget | None = None
        self._close = IconButton(theme, "cross", self.tr("Close"), Variant.QUIET)
        self._close.clicked.connect(self.dismiss)
        self.frame.setAccessibleName(self.tr("Keyboard shortcuts"))
        self._body = QVBoxLayout()
        self._body.setSpacing(Space.L)
        title = text_label(theme, self.tr("Keyboard shortcuts"), Type.TITLE, SEMIBOLD)
        self._body.addLayout(row(title, None, self._close))
        frame = self.frame.layout()
        assert isinstance(frame, QVBoxLayout)
        frame.setContentsMargins(Space.XL, Space.L, Space.XL, Space.XL)
        frame.addLayout(self._body)

    def toggle(self) -> None:
        if self.isVisible():
            self.dismiss()
            return
        if self._sheet is not None:
            self._sheet.deleteLater()
        self._sheet = self._make_sheet()
        self._body.addWidget(self._sheet)
        self.open_over(self._close)

    def _make_sheet(self) -> QWidget:
        sheet = QWidget()
        columns = QHBoxLayout(sheet)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(Space.XXL)
        shown = [each for each in self._table.all() if each.keys]
        for group, entries in groupby(shown, lambda each: each.group):
            columns.addLayout(self._make_group(group, list(entries)))
        return sheet

    def _make_group(self, group: str, entries: list[Shortcut]) -> QVBoxLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.L)
        grid.setVerticalSpacing(Space.S)
        for line, entry in enumerate(entries):
            title = text_label(self._theme, entry.title)
            title.setAccessibleName(f"{entry.title}: {entry.keys}")
            grid.addWidget(title, line, 0)
            keys = text_label(self._theme, entry.keys, Type.CAPTION, SEMIBOLD, Role.ACCENT)
            grid.addWidget(keys, line, 1)
        column = QVBoxLayout()
        column.setSpacing(Space.S)
        column.addWidget(text_label(self._theme, group, Type.CAPTION, SEMIBOLD, Role.MUTED))
        column.addLayout(grid)
        column.addStretch(1)
        return column
