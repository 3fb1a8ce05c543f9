"""The whole work list over the panels: search, filter, and the chosen item beside it.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ctidesk.ui.directory_search.view import SearchField
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Variant
from ctidesk.ui.widgets.labels import ElidedLabel, text_label
from ctidesk.ui.widgets.sections import EmptyState, column, row
from ctidesk.ui.window.question import Overlay
from ctidesk.ui.work_list.add_form import AddForm
from ctidesk.ui.work_list.detail_view import WorkDetailView
from ctidesk.ui.work_list.state import WorkState
from ctidesk.ui.work_list.work_presenter import WorkPresenter
from ctidesk.ui.work_list.work_view import FilterRow, set_counts_tone, work_lines

_WIDTH, _LIST_WIDTH = 960, 360


class WorkOverlay(Overlay):
    """Closing it loses nothing: each action is kept at once. `colleagues`: whom work can be handed
    to, besides any other name."""

    def __init__(
        self,
        around: Surroundings,
        over: QWidget,
        presenter: WorkPresenter,
        colleagues: Sequence[str] = (),
    ) -> None:
        super().__init__(around.theme, over, _WIDTH)
        self._presenter = presenter
        theme = around.theme
        self.setObjectName("work_overlay")
        self.frame.setAccessibleName(self.tr("Work list"))
        self._counts = ElidedLabel(theme, "", Type.BODY, tone=Role.MUTED)
        self._add = ActionButton(theme, "plus", self.tr("Add a callback"))
        self._add.setObjectName("work_add_button")
        self._add.clicked.connect(self.open_to_add)
        self._close = IconButton(theme, "cross", self.tr("Close"), Variant.QUIET)
        self._close.clicked.connect(self.dismiss)
        self._filter = FilterRow(theme, presenter, "work_all")
        self.search = SearchField(around, self.tr("Name, number, words"))
        self.search.setObjectName("work_search")
        self.search.typed.connect(presenter.search)
        self.search.escaped.connect(self.dismiss)
        self.list = LineList(around, self.tr("Work"))
        self.list.setObjectName("work_all_items")
        self.search.down.connect(self.list.setFocus)
        self.list.picked.connect(presenter.choose)
        self.list.entered.connect(self._dial)
        self.list.selectionModel().currentChanged.connect(
            lambda *_: presenter.choose(self.list.current_key)
        )
        self.detail = WorkDetailView(theme, presenter, self._dial, colleagues)
        self.form = AddForm(theme, presenter, self._added)
        self._empty = EmptyState(theme, "check", "", "")
        self._lay_out()
        presenter.live.watch(self._render)

    def toggle(self) -> None:
        if self.isVisible():
            self.dismiss()
        else:
            self.open()

    def open(self) -> None:
        self.form.hide()
        self.open_over(self.list if self.list.lines else self.search)
        if self.list.lines and not self.list.current_key:
            self.list.select_first()

    def open_to_add(self) -> None:
        self.form.begin()
        self.open_over(self.form.number)

    def dismiss(self) -> None:
        super().dismiss()
        self.form.hide()
        self.search.clear()
        self._presenter.search("")

    # ----------------------------------------------------------------- private

    def _dial(self, key: str = "") -> None:
        self.dismiss()
        self._presenter.dial(key)

    def _added(self) -> None:
        self.form.hide()
        self.list.setFocus()

    def _lay_out(self) -> None:
        title = text_label(self._theme, self.tr("Work list"), Type.TITLE, SEMIBOLD)
        head = row(title, self._counts, self._add, self._close, gap=Space.M)
        head.setStretch(1, 1)
        side = QWidget()
        side.setFixedWidth(_LIST_WIDTH)
        side.setLayout(column(self.search, self._filter, self.list, self._empty))
        both = row(side, self.detail, gap=Space.L)
        both.setStretch(1, 1)
        body = self.frame.layout()
        assert isinstance(body, QVBoxLayout)
        body.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        body.setSpacing(Space.M)
        body.addLayout(head)
        body.addWidget(self.form)
        body.addLayout(both, 1)
        self.form.hide()

    def _render(self, state: WorkState) -> None:
        self._counts.setText(state.summary)
        set_counts_tone(self._counts, state.overdue)
        self._filter.show_filter(state.filter)
        self.list.set_lines(work_lines(state.lines))
        if state.detail is not None and self.list.current_key != state.detail.key:
            self.list.select(state.detail.key)
        self.detail.show_detail(state.detail)
        self._empty.set_texts(*state.empty)
        self.list.setVisible(bool(state.lines))
        self._empty.setVisible(not state.lines)
