"""The sync centre over the panels: the list of messages, and the chosen one beside it.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ctidesk.ui.desk_commands import DeskCommand
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.sync_centre.detail_view import DetailView
from ctidesk.ui.sync_centre.presenter import SyncCentrePresenter
from ctidesk.ui.sync_centre.state import SyncLine, SyncState
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Variant
from ctidesk.ui.widgets.labels import ElidedLabel, text_label
from ctidesk.ui.widgets.sections import EmptyState, row
from ctidesk.ui.window.question import Overlay

_WIDTH, _LIST_WIDTH = 960, 360


class SyncCentreOverlay(Overlay):
    """Closing it loses nothing: what waits goes on by itself, what must be decided stays."""

    def __init__(self, around: Surroundings, over: QWidget, presenter: SyncCentrePresenter) -> None:
        super().__init__(around.theme, over, _WIDTH)
        self._presenter = presenter
        theme = around.theme
        self.setObjectName("sync_centre")
        self.frame.setAccessibleName(self.tr("Going to the CRM"))
        self._summary = ElidedLabel(theme, "", Type.BODY, tone=Role.MUTED)
        self._problem = text_label(theme, "", Type.BODY, tone=Role.DANGER)
        self._problem.setObjectName("sync_problem")
        self._problem.setWordWrap(True)
        self._reading = text_label(theme, "", Type.BODY, tone=Role.MUTED)
        self._troubles = text_label(theme, "", Type.BODY, tone=Role.HOLD)
        self._troubles.setObjectName("sync_troubles")
        self._troubles.setWordWrap(True)
        self._said = text_label(theme, "", Type.BODY, tone=Role.READY)
        self.try_button = ActionButton(theme, "sync", self.tr("Try now"))
        self.try_button.clicked.connect(presenter.try_now)
        self._close = IconButton(theme, "cross", self.tr("Close"), Variant.QUIET)
        self._close.clicked.connect(self.dismiss)
        self.list = LineList(around, self.tr("Messages for the CRM"))
        self.list.setFixedWidth(_LIST_WIDTH)
        self.list.picked.connect(presenter.choose)
        self.list.entered.connect(presenter.choose)
        self.list.selectionModel().currentChanged.connect(
            lambda *_: presenter.choose(self.list.current_key)
        )
        self.detail = DetailView(theme, presenter)
        self._empty = EmptyState(theme, "check", "", "")
        self._lay_out()
        presenter.live.watch(self._render)

    def toggle(self) -> None:
        if self.isVisible():
            self.dismiss()
        else:
            self.open()

    def open(self) -> None:
        self._presenter.show()
        self.open_over(self.list if self.list.lines else self._close)

    def dismiss(self) -> None:
        super().dismiss()
        self._presenter.hide()

    # ----------------------------------------------------------------- private

    def _lay_out(self) -> None:
        theme = self._theme
        title = text_label(theme, self.tr("Going to the CRM"), Type.TITLE, SEMIBOLD)
        head = row(title, self._summary, self.try_button, self._close, gap=Space.M)
        head.setStretch(1, 1)
        self._both = QWidget()
        both = row(self.list, self.detail, gap=Space.L)
        both.setStretch(1, 1)
        self._both.setLayout(both)
        body = self.frame.layout()
        assert isinstance(body, QVBoxLayout)
        body.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        body.setSpacing(Space.M)
        body.addLayout(head)
        for widget in (self._problem, self._said, self._troubles):
            body.addWidget(widget)
        body.addWidget(self._both, 1)
        body.addWidget(self._empty, 1)
        body.addWidget(self._reading)

    def _render(self, state: SyncState) -> None:
        self._summary.setText(state.summary)
        problem = f"{state.problem.text} {state.problem.remedy}" if state.problem else ""
        for label, text in (
            (self._problem, problem),
            (self._said, state.said),
            (self._troubles, "\n".join(state.troubles)),
            (self._reading, state.reading),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        self.try_button.setVisible(state.can_try)
        self.list.set_lines([_line(one) for one in state.lines])
        if state.detail is not None and self.list.current_key != state.detail.key:
            self.list.select(state.detail.key)
        self.detail.show_detail(state.detail)
        self._empty.set_texts(state.empty_title, state.empty_text)
        self._both.setVisible(bool(state.lines))
        self._empty.setVisible(not state.lines)


def _line(shown: SyncLine) -> Line:
    return Line(
        key=shown.key,
        title=shown.title,
        detail=shown.detail,
        icon=shown.icon,
        role=shown.role,
        right=shown.right,
    )


def sync_command(overlay: SyncCentreOverlay) -> DeskCommand:
    """For the palette."""
    return DeskCommand(
        name="data.outgoing",
        title="Going to the CRM…",
        group="Data",
        run=overlay.toggle,
        icon="sync",
        words="outbox sync centre send retry conflict crm failed refused",
    )
