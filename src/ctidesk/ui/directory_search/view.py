"""A search field and what it finds, used by every panel that looks somebody up.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from ctidesk.ui.directory_search.presenter import DirectorySearch, SearchState
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import Space, Type
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.labels import text_label

PAUSE_MS = 120
_NUMBER = "number:"


class SearchField(QLineEdit):
    """Tells its text after a short pause in typing; Down goes to the results."""

    typed = Signal(str)
    down = Signal()
    escaped = Signal()

    def __init__(self, around: Surroundings, placeholder: str) -> None:
        super().__init__()
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setClearButtonEnabled(False)
        self.addAction(
            around.theme.icon("search", Role.MUTED), QLineEdit.ActionPosition.LeadingPosition
        )
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(lambda: self.typed.emit(self.text()))
        self.textEdited.connect(lambda _text: self._pause.start())

    def settle(self) -> None:
        """Tell the text now: Enter does not wait for the pause."""
        if self._pause.isActive():
            self._pause.stop()
            self.typed.emit(self.text())

    def show_text(self, text: str) -> None:
        """Text that comes from elsewhere; what is being typed is not overwritten by its echo."""
        if not self._pause.isActive() and text != self.text():
            self.setText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.settle()
            self.down.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)


class SearchResults(QWidget):
    """Hits, or the numbers of one of them, or why there are none. No room is taken when empty."""

    hit_chosen = Signal(str)
    number_chosen = Signal(str)

    def __init__(self, around: Surroundings, search: DirectorySearch, most: int = 6) -> None:
        super().__init__()
        self._list = LineList(around, self.tr("Search results"), fit=True, most=most)
        self._list.setObjectName("search_results")
        self._text = text_label(around.theme, "", Type.CAPTION, tone=Role.MUTED)
        self._text.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.XS)
        layout.addWidget(self._list)
        layout.addWidget(self._text)
        self._list.picked.connect(self._chosen)
        self._list.entered.connect(self._chosen)
        search.live.watch(self._render)

    @property
    def list(self) -> LineList:
        return self._list

    def take_keyboard(self) -> None:
        if self._list.lines:
            self._list.select_first()
            self._list.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _chosen(self, key: str) -> None:
        if key.startswith(_NUMBER):
            self.number_chosen.emit(key.removeprefix(_NUMBER))
        elif key:
            self.hit_chosen.emit(key)

    def _render(self, state: SearchState) -> None:
        if len(state.numbers) > 1:
            lines = [
                Line(key=f"{_NUMBER}{number}", title=number, icon="phone")
                for number in state.numbers
            ]
        else:
            lines = [
                Line(key=hit.key, title=hit.title, detail=hit.detail, icon=hit.icon)
                for hit in state.hits
            ]
        self._list.set_lines(lines)
        text = _words(state)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._list.setVisible(bool(lines))
        self.setVisible(bool(lines or text))


def _words(state: SearchState) -> str:
    if state.problem is not None:
        return f"{state.problem.text} {state.problem.remedy}"
    if state.empty:
        return "Nobody found. Try the family name, an ID, a birth date or a number."
    if state.searching and not state.hits:
        return "Searching…"
    return ""
