"""The left column: dial field, calls in hand, missed calls.

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
from ctidesk.ui.work_list.presenter import CallLine, MissedLine, WorkListPresenter, WorkListState


class WorkList(QWidget):
    """Arrow keys look at a call, Enter acts on it: answer, resume, swap, call back."""

    def __init__(
        self, around: Surroundings, presenter: WorkListPresenter, dialler: QWidget
    ) -> None:
        super().__init__()
        self._presenter = presenter
        self.setObjectName("work_list")
        self.setAccessibleName(self.tr("Work list"))
        theme = around.theme
        self.calls = LineList(around, self.tr("Calls"), fit=True, most=6)
        self.calls.setObjectName("calls")
        self.missed = LineList(around, self.tr("Missed calls"))
        self.missed.setObjectName("missed")
        self._no_calls = text_label(theme, self.tr("No calls now."), Type.BODY, tone=Role.MUTED)
        self._no_missed = text_label(theme, self.tr("None missed."), Type.BODY, tone=Role.MUTED)
        self._missed_head = SectionHeader(theme, "")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        layout.setSpacing(Space.XS)
        layout.addWidget(dialler)
        layout.addSpacing(Space.XS)
        layout.addWidget(SectionHeader(theme, self.tr("Calls")))
        layout.addWidget(self.calls)
        layout.addWidget(self._no_calls)
        layout.addSpacing(Space.S)
        layout.addWidget(self._missed_head)
        layout.addWidget(self.missed, 1)
        layout.addWidget(self._no_missed)
        layout.addStretch(0)
        self._rest = layout
        self.calls.picked.connect(presenter.look_at)
        self.calls.entered.connect(presenter.act)
        self.missed.entered.connect(presenter.call_back)
        presenter.live.watch(self._render)

    def take_keyboard(self) -> None:
        target = self.calls if self.calls.lines else self.missed
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _render(self, state: WorkListState) -> None:
        self.calls.set_lines([_call_line(call) for call in state.calls])
        self.calls.setVisible(bool(state.calls))
        self._no_calls.setVisible(not state.calls)
        self.missed.set_lines([_missed_line(one) for one in state.missed])
        self.missed.setVisible(bool(state.missed))
        self._no_missed.setVisible(not state.missed)
        waiting = f" ({state.to_call_back})" if state.to_call_back else ""
        self._missed_head.set_title(self.tr("Missed, to call back%s") % waiting)
        self._rest.setStretch(self._rest.count() - 1, 0 if state.missed else 1)


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


def _missed_line(one: MissedLine) -> Line:
    done = one.called_back
    hint = "" if done or one.why_not else "Enter: call back"
    return Line(
        key=one.call_id,
        title=one.title,
        detail=one.detail,
        note="called back" if done else one.why_not or hint,
        note_role=Role.ACCENT if hint else Role.MUTED,
        icon="check" if done else "missed",
        role=Role.MUTED if done else Role.HOLD,
        right=one.at,
    )
