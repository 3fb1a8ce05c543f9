"""The guides beside the card: the list, then one step after the other.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ctidesk.ui.directory_search.view import SearchField
from ctidesk.ui.guide.presenter import GuidePresenter
from ctidesk.ui.guide.state import GuideLine, GuideStage, GuideState
from ctidesk.ui.guide.step_view import StepView
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Target, Variant
from ctidesk.ui.widgets.labels import ElidedLabel, text_label
from ctidesk.ui.widgets.sections import EmptyState, column, row

_MARKS = {"started": "Begun", "done": "Done"}


class GuidePanel(QWidget):
    """Escape leaves a guide where it is, Alt+Left goes back one step."""

    def __init__(self, around: Surroundings, presenter: GuidePresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._stage = GuideStage.NO_CALL
        theme = around.theme
        self.setObjectName("guide")
        self.setAccessibleName(self.tr("Guide"))
        self.search = SearchField(around, self.tr("Find a guide"))
        self.search.setObjectName("guide_search")
        self.lines = LineList(around, self.tr("Guides"), wrap=True)
        self.lines.setObjectName("guides")
        self.search.typed.connect(presenter.search)
        self.search.down.connect(self._to_lines)
        self.search.returnPressed.connect(self._open_first)
        self.lines.picked.connect(presenter.open)
        self.lines.entered.connect(presenter.open)
        self._list = QWidget()
        self._list.setLayout(column(self.search, self.lines))
        self._title = ElidedLabel(theme, "", Type.EMPHASIS, SEMIBOLD)
        self._place = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        self.back = IconButton(theme, "chevron_left", self.tr("One step back"), Variant.QUIET)
        self.back.setObjectName("guide_back")
        self.back.clicked.connect(presenter.back)
        self.leave = IconButton(theme, "cross", self.tr("Leave the guide here"), Variant.QUIET)
        self.leave.setObjectName("guide_leave")
        self.leave.clicked.connect(presenter.leave)
        self._sample = text_label(
            theme, self.tr("Sample texts: to be replaced by the centre's own."), Type.CAPTION
        )
        self._problem = text_label(theme, "", Type.BODY, tone=Role.DANGER)
        self._problem.setObjectName("guide_problem")
        self.step = StepView(theme, presenter.answer)
        self.step.back_wanted.connect(presenter.back)
        self.step.leave_wanted.connect(presenter.leave)
        self._reason = text_label(theme, "", Type.TITLE, SEMIBOLD, Role.DANGER)
        self._reason.setObjectName("guide_reason")
        self._say = text_label(theme, "", Type.EMPHASIS, SEMIBOLD)
        self._say.setObjectName("guide_last_say")
        self._next = text_label(theme, "", Type.BODY)
        for label in (self._sample, self._problem, self._reason, self._say, self._next):
            label.setWordWrap(True)
        self.go = ActionButton(theme, "", "-", Variant.PRIMARY, Target.NORMAL)
        self.go.setObjectName("guide_go")
        self.go.clicked.connect(presenter.go_on)
        self._end = QWidget()
        self._end.setLayout(column(self._reason, self._say, self._next, self.go, None))
        self._empty = EmptyState(theme, "info", "", "")
        self._lay_out()
        presenter.live.watch(self._render)

    def take_keyboard(self) -> None:
        """To the next thing to do."""
        if self._stage is GuideStage.STEP:
            self.step.take_keyboard()
        elif self._stage is GuideStage.LIST:
            target: QWidget = self.lines if self.lines.lines else self.search
            if self.lines.lines and not self.lines.current_key:
                self.lines.select_first()
            target.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.go.isVisibleTo(self):
            self.go.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        inside = self._stage not in (GuideStage.NO_CALL, GuideStage.LIST)
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        if inside and event.key() == Qt.Key.Key_Escape:
            self._presenter.leave()
        elif inside and alt and event.key() == Qt.Key.Key_Left:
            self._presenter.back()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.go.isVisibleTo(self):
            self._presenter.go_on()
        else:
            super().keyPressEvent(event)

    # ----------------------------------------------------------------- private

    def _lay_out(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        head = row(self.back, self._title, self._place, self.leave, gap=Space.XS)
        head.setStretch(1, 1)
        self._head = QWidget()
        self._head.setLayout(head)
        scroll = QScrollArea()
        scroll.setWidget(self.step)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._stack = QStackedWidget()
        self._pages = {
            GuideStage.NO_CALL: self._empty,
            GuideStage.VERIFY: self._empty,
            GuideStage.LIST: self._list,
            GuideStage.STEP: scroll,
            GuideStage.BLOCKED: self._end,
            GuideStage.FINISH: self._end,
            GuideStage.DONE: self._end,
        }
        for page in (self._empty, self._list, scroll, self._end):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        layout.setSpacing(Space.S)
        for widget in (self._head, self._sample, self._problem):
            layout.addWidget(widget)
        layout.addWidget(self._stack, 1)

    def _to_lines(self) -> None:
        self.lines.select_first()
        self.lines.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_first(self) -> None:
        self.search.settle()
        found = self._presenter.live.state.lines
        if found:
            self._presenter.open(found[0].key)

    def _render(self, state: GuideState) -> None:
        focus = QApplication.focusWidget()
        had = focus is not None and (focus is self or self.isAncestorOf(focus))
        self._stage = state.stage
        inside = state.stage not in (GuideStage.NO_CALL, GuideStage.LIST)
        self._head.setVisible(inside)
        self._title.setText(state.title)
        step = state.step
        self._place.setText(f"{step.place} of {step.places}" if step is not None else "")
        self.back.setEnabled(state.can_back)
        self._sample.setVisible(inside and state.placeholder)
        problem = f"{state.problem.text} {state.problem.remedy}".strip() if state.problem else ""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self.search.show_text(state.search)
        self.lines.set_lines([_line(one) for one in state.lines])
        if step is not None:
            self.step.show_step(step)
        self._render_end(state)
        self._empty.set_texts(*self._nothing(state.stage))
        self._stack.setCurrentWidget(self._pages[state.stage])
        if had:
            self.take_keyboard()

    def _render_end(self, state: GuideState) -> None:
        found = state.obstacle
        blocked = found is not None
        self._reason.setText(found.reason if found else "")
        self._reason.setVisible(blocked)
        said = found.say if found else state.closing
        self._say.setText(f"“{said}”" if said else "")
        self._say.setVisible(bool(said))
        words = ""
        if found is not None:
            words = self.tr("Next: %s") % found.next if found.next else ""
        elif state.stage is GuideStage.FINISH:
            words = self.tr("The orders are being saved…") if state.ordering else ""
        elif state.code:
            words = self.tr("Code and note are in the wrap-up: %s") % state.code
        self._next.setText(words)
        self._next.setVisible(bool(words))
        self.go.setText(self._go_words(state))
        self.go.set_name(self._go_words(state))
        self.go.setVisible(bool(self._go_words(state)))

    def _go_words(self, state: GuideState) -> str:
        if state.obstacle is not None:
            guide = state.obstacle.guide
            return self.tr("Go on with: %s (Enter)") % guide if guide else ""
        if state.stage is GuideStage.FINISH:
            return "" if state.ordering else self.tr("Try again (Enter)")
        return self.tr("Back to the guides (Enter)") if state.stage is GuideStage.DONE else ""

    def _nothing(self, stage: GuideStage) -> tuple[str, str]:
        if stage is GuideStage.VERIFY:
            return (
                self.tr("First check the identity"),
                self.tr("This guide speaks of the member's data. It goes on by itself then."),
            )
        return self.tr("No call"), self.tr("The guides for the caller stand here.")


def _line(one: GuideLine) -> Line:
    return Line(
        key=one.key,
        title=one.title,
        detail=one.summary,
        note=one.why,
        note_role=Role.HOLD,
        note_icon="warning" if one.why else "",
        icon="check" if one.mark == "done" else "note",
        role=Role.ACCENT,
        right=_MARKS.get(one.mark, ""),
    )
