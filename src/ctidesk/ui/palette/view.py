"""The palette over the window: a field, and what it finds.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ctidesk.ui.palette.presenter import PaletteLine, PalettePresenter
from ctidesk.ui.theme.scale import ROW_ROOMY, SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.window.question import Overlay

_ROWS = 9
_NAME = Qt.ItemDataRole.UserRole
_KEYS = Qt.ItemDataRole.UserRole + 1
_MOVES = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}


class PaletteView(Overlay):
    """Typing searches, up and down choose, Enter runs, Escape leaves. The field keeps the
    keyboard throughout."""

    def __init__(self, theme: Theme, over: QWidget, presenter: PalettePresenter) -> None:
        super().__init__(theme, over)
        self._presenter = presenter
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("What do you want to do?"))
        self.field.setAccessibleName(self.tr("Find a command"))
        self.field.addAction(
            theme.icon("search", Role.MUTED), QLineEdit.ActionPosition.LeadingPosition
        )
        self.field.setMaxLength(80)
        self.list = QListWidget()
        self.list.setProperty("plain", "true")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_KeysAtTheEnd(theme, self.list))
        self.list.setFixedHeight(_ROWS * ROW_ROOMY)
        body = self.frame.layout()
        assert isinstance(body, QVBoxLayout)
        body.setContentsMargins(Space.M, Space.M, Space.M, Space.M)
        body.setSpacing(Space.S)
        body.addWidget(self.field)
        body.addWidget(self.list)
        self.frame.setFixedWidth(560)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(self._run_chosen)
        self.list.itemClicked.connect(self._run)
        self.field.installEventFilter(self)

    def toggle(self) -> None:
        if self.isVisible():
            self.dismiss()
            return
        self.field.clear()
        self._search("")
        self.open_over(self.field)

    def titles(self) -> list[str]:
        """What is listed now."""
        return [self.list.item(index).text() for index in range(self.list.count())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is self.field
            and isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() in _MOVES
        ):
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _search(self, typed: str) -> None:
        self.list.clear()
        for line in self._presenter.lines(typed):
            self.list.addItem(self._item(line))
        self.list.setCurrentRow(0)

    def _item(self, line: PaletteLine) -> QListWidgetItem:
        item = QListWidgetItem(self._theme.icon(line.icon, Role.MUTED), line.title)
        item.setData(_KEYS, line.keys)
        item.setData(_NAME, line.command)
        item.setSizeHint(QSize(0, ROW_ROOMY))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{line.title}, {line.group}, {line.keys}")
        if not line.possible:
            item.setFlags(Qt.ItemFlag.ItemIsSelectable)
        return item

    def _run_chosen(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._run(item)

    def _run(self, item: QListWidgetItem) -> None:
        if not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        # gone first: the command may want the keyboard somewhere else
        self.dismiss()
        self._presenter.perform(str(item.data(_NAME)))


class _KeysAtTheEnd(QStyledItemDelegate):
    """Writes the keys of a command at the right end of its line."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._font = theme.font(Type.CAPTION, SEMIBOLD)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        keys = str(index.data(_KEYS) or "")
        if keys:
            painter.save()
            painter.setFont(self._font)
            painter.setPen(self._theme.colour(Role.MUTED))
            room = QRect(option.rect).adjusted(0, 0, -Space.M, 0)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(room, int(flags), keys)
            painter.restore()
