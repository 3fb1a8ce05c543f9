"""Choosing the code: type a word of it, or take a recent one.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ctidesk.ui.directory_search.view import SearchField
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ElidedButton, IconButton, Target, Variant
from ctidesk.ui.widgets.labels import ElidedLabel, text_label
from ctidesk.ui.widgets.sections import Card, row
from ctidesk.ui.wrap_up.presenter import WrapUpPresenter
from ctidesk.ui.wrap_up.state import CodeLine, WrapUpState

RECENT_SHOWN = 3


class CodeField(QWidget):
    """Search field with the tree below while nothing is chosen; then the chosen code."""

    taken = Signal()
    """A code was chosen with the keyboard: the next field is what comes next."""

    def __init__(self, around: Surroundings, presenter: WrapUpPresenter) -> None:
        super().__init__()
        self._around = around
        self._presenter = presenter
        self._recent_shown: tuple[CodeLine, ...] | None = None
        theme = around.theme
        self.field = SearchField(around, self.tr("Code: type to search"))
        self.field.setObjectName("wrap_up_search")
        self.list = LineList(around, self.tr("Wrap-up codes"), fit=True, most=5)
        self.list.setObjectName("wrap_up_codes")
        self._chosen = Card(margin=Space.S, gap=2)
        self._chosen.setObjectName("wrap_up_code")
        self._label = ElidedLabel(theme, "", Type.BODY, SEMIBOLD)
        self._path = ElidedLabel(theme, "", Type.CAPTION, tone=Role.MUTED)
        self.clear = IconButton(
            theme, "cross", self.tr("Choose another code"), Variant.QUIET, Target.ROW
        )
        self.clear.clicked.connect(self._other)
        self._chosen.body.addLayout(row(self._label, self.clear))
        self._chosen.body.addWidget(self._path)
        self._recent = QWidget()
        self._recent_box = QVBoxLayout(self._recent)
        self._recent_box.setContentsMargins(0, 0, 0, 0)
        self._recent_box.setSpacing(Space.XS)
        self._none = text_label(theme, self.tr("No code has this word."), Type.CAPTION)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.XS)
        for widget in (self.field, self.list, self._none, self._recent, self._chosen):
            layout.addWidget(widget)
        self.field.typed.connect(presenter.search)
        self.field.down.connect(self._into_list)
        self.field.returnPressed.connect(self._take_first)
        self.field.escaped.connect(lambda: presenter.search(""))
        self.list.picked.connect(presenter.choose_code)
        self.list.entered.connect(self._take)

    def take_keyboard(self) -> None:
        target = self.clear if self._chosen.isVisible() else self.field
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_code(self, state: WrapUpState) -> None:
        chosen = bool(state.code)
        self._chosen.setVisible(chosen)
        self._label.setText(state.code_label)
        self._path.setText(state.code_path)
        self._path.setVisible(bool(state.code_path))
        self.field.setVisible(not chosen)
        if not state.search:
            self.field.show_text("")
        browsing = not chosen and bool(state.call_id)
        self.list.set_lines([_line(one) for one in state.found] if browsing else [])
        self.list.setVisible(browsing and bool(state.found))
        self._none.setVisible(browsing and not state.found)
        self._render_recent(state.recent)
        self._recent.setVisible(browsing and bool(state.recent) and not state.search)

    def _render_recent(self, recent: tuple[CodeLine, ...]) -> None:
        if recent == self._recent_shown:
            return
        self._recent_shown = recent
        while (item := self._recent_box.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for one in recent[:RECENT_SHOWN]:
            button = ElidedButton(self._around.theme, "history", one.label, Target.ROW)
            button.clicked.connect(
                lambda _checked=False, code=one.code: self._presenter.choose_code(code)
            )
            self._recent_box.addWidget(button)

    def _into_list(self) -> None:
        if self.list.lines:
            self.list.select_first()
            self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _take_first(self) -> None:
        self.field.settle()
        if self.field.text().strip() and self.list.lines:
            self._take(self.list.lines[0].key)

    def _take(self, code: str) -> None:
        self._presenter.choose_code(code)
        self.taken.emit()

    def _other(self) -> None:
        self._presenter.choose_code("")
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)


def _line(one: CodeLine) -> Line:
    return Line(key=one.code, title=one.label, detail=one.path)
