"""The left column: dial field, calls in hand, and what is to be done after them.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import Space, Type
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import SectionHeader
from ctidesk.ui.work_list.presenter import WorkListPresenter
from ctidesk.ui.work_list.state import CallLine, WorkListState
from ctidesk.ui.work_list.work_view import WorkPanel


class WorkList(QWidget):
    """Arrow keys look at a line, Enter acts on it: answer, resume, swap, call."""

    def __init__(
        self, around: Surroundings, presenter: WorkListPresenter, dialler: QWidget, work: WorkPanel
    ) -> None:
        super().__init__()
        self._presenter = presenter
        self.setObjectName("work_list")
        self.setAccessibleName(self.tr("Work list"))
        theme = around.theme
        self.calls = LineList(around, self.tr("Calls"), fit=True, most=6)
        self.calls.setObjectName("calls")
        self.work = work
        self._no_calls = text_label(theme, self.tr("No calls now."), Type.BODY, tone=Role.MUTED)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        layout.setSpacing(Space.XS)
        layout.addWidget(dialler)
        layout.addSpacing(Space.XS)
        layout.addWidget(SectionHeader(theme, self.tr("Calls")))
        layout.addWidget(self.calls)
        layout.addWidget(self._no_calls)
        layout.addSpacing(Space.S)
        layout.addWidget(work, 1)
        self.calls.picked.connect(presenter.look_at)
        self.calls.entered.connect(presenter.act)
        presenter.live.watch(self._render)

    def take_keyboard(self) -> None:
        if self.calls.lines:
            self.calls.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.work.take_keyboard()

    def _render(self, state: WorkListState) -> None:
        self.calls.set_lines([_call_line(call) for call in state.calls])
        self.calls.setVisible(bool(state.calls))
        self._no_calls.setVisible(not state.calls)


def _call_line(call: CallLine) -> Line:
    return Line(
        key=call.call_id,
        title=call.title,
        detail=call.detail,
        note=f"Enter: {call.action.lower()}" if call.action else "",
        note_role=Role.ACCENT,
        icon=call.icon,
        role=call.tone,
        right=call.word,
        since_mono=call.since_mono,
        marked=call.in_view,
    )
