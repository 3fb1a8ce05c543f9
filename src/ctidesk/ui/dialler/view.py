"""The dial field: a number or a name, Enter dials.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from ctidesk.ui.dialler.presenter import DiallerPresenter, DiallerState
from ctidesk.ui.directory_search.view import SearchField, SearchResults
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import Space, Type
from ctidesk.ui.theme.theme import set_look
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import IconButton, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import row


class Dialler(QWidget):
    """Field, dial button, recent numbers; results and problems appear below."""

    def __init__(self, around: Surroundings, presenter: DiallerPresenter) -> None:
        super().__init__()
        theme = around.theme
        self._presenter = presenter
        self._recent: tuple[tuple[str, str], ...] | None = None
        self.setObjectName("dialler")
        self.field = SearchField(around, self.tr("Dial or find"))
        self.field.setObjectName("dial_field")
        self.button = IconButton(theme, "dial_out", self.tr("Dial"), Variant.PRIMARY)
        self.button.setObjectName("dial_button")
        self._again = IconButton(theme, "history", self.tr("Recent numbers"), Variant.QUIET)
        self._menu = QMenu(self)
        self._again.setMenu(self._menu)
        self._hint = text_label(theme, "", Type.CAPTION, tone=Role.ACCENT)
        self._caution = text_label(theme, "", Type.CAPTION, tone=Role.HOLD)
        self._caution.setObjectName("dial_caution")
        self._caution.setWordWrap(True)
        self._problem = text_label(theme, "", Type.CAPTION, tone=Role.DANGER)
        self._problem.setObjectName("dial_problem")
        self._problem.setWordWrap(True)
        self.results = SearchResults(around, presenter.search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.XS)
        layout.addLayout(row(self.field, self.button, self._again, gap=Space.XS))
        for below in (self._hint, self._caution, self._problem, self.results):
            layout.addWidget(below)
        self.field.typed.connect(presenter.type)
        self.field.returnPressed.connect(self._enter)
        self.field.down.connect(self.results.take_keyboard)
        self.field.escaped.connect(self._clear)
        self.button.clicked.connect(self._enter)
        self.results.hit_chosen.connect(presenter.choose)
        self.results.number_chosen.connect(presenter.dial)
        presenter.live.watch(self._render)

    def take_keyboard(self) -> None:
        """For a shortcut and for links: type or correct, then Enter."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def _enter(self) -> None:
        self.field.settle()
        self._presenter.enter()

    def _clear(self) -> None:
        self.field.clear()
        self._presenter.type("")

    def _render(self, state: DiallerState) -> None:
        self.field.show_text(state.text)
        set_look(self.field, "invalid", state.problem is not None)
        hint = self.tr("Dials %s") % state.hint if state.hint else ""
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._caution.setText(state.caution)
        self._caution.setVisible(bool(state.caution))
        problem = f"{state.problem.text} {state.problem.remedy}" if state.problem else ""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self.button.setEnabled(state.can_dial)
        self._again.setEnabled(bool(state.recent or state.redial))
        if state.recent != self._recent:
            self._recent = state.recent
            self._menu.clear()
            for target, shown in state.recent:
                self._menu.addAction(shown, lambda *_, wanted=target: self._presenter.dial(wanted))
