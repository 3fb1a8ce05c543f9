"""The training's window: scenarios, what is asked, what the caller says, and the feedback.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ctidesk.care.training import Verdict
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.training.presenter import TrainingPresenter, TrainingState
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import SectionHeader, column, row

SIZE = (440, 760)
_LOOKS = {
    Verdict.DONE: ("check", Role.READY),
    Verdict.MISSED: ("missed", Role.HOLD),
    Verdict.WRONG: ("warning", Role.DANGER),
}


class TrainingPanel(QWidget):
    """Beside the desk, as the demo's. It takes no keyboard by itself."""

    def __init__(self, around: Surroundings, presenter: TrainingPresenter) -> None:
        super().__init__()
        theme = around.theme
        self.setObjectName("training_panel")
        self.setWindowTitle(self.tr("Training"))
        self.setWindowIcon(theme.icon("star"))
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setMinimumWidth(360)
        self.resize(*SIZE)
        self._scenarios = LineList(around, self.tr("Scenarios"), fit=True, most=8)
        self._scenarios.setObjectName("training_scenarios")
        self._title = text_label(theme, "", Type.EMPHASIS, SEMIBOLD)
        self._brief = text_label(theme)
        self._says = text_label(theme)
        self._times = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        self._attempts = text_label(theme, "", Type.BODY, tone=Role.DANGER)
        self._problem = text_label(theme, "", tone=Role.DANGER)
        for name, label in (
            ("title", self._title),
            ("brief", self._brief),
            ("says", self._says),
            ("times", self._times),
            ("attempts", self._attempts),
            ("problem", self._problem),
        ):
            label.setObjectName(f"training_{name}")
            label.setWordWrap(True)
        self._feedback = SectionHeader(theme, "")
        self._points = LineList(around, self.tr("Feedback"), fit=True, most=12, wrap=True)
        self._points.setObjectName("training_points")
        self.start = ActionButton(theme, "phone", self.tr("Start"), Variant.PRIMARY)
        self.start.setObjectName("training_start")
        self.stop = ActionButton(theme, "end", self.tr("Give up"))
        self.stop.setObjectName("training_stop")
        self._lay_out(around)
        self.start.clicked.connect(presenter.start)
        self.stop.clicked.connect(presenter.stop)
        self._scenarios.picked.connect(presenter.choose)
        self._scenarios.entered.connect(presenter.choose)
        presenter.live.watch(self._render)

    # ----------------------------------------------------------------- private

    def _lay_out(self, around: Surroundings) -> None:
        theme = around.theme
        inner = QWidget()
        layout = column(gap=Space.S, margin=Space.L)
        inner.setLayout(layout)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._area)
        what = text_label(
            theme,
            self.tr("Made-up members, real telephony. Nothing is kept, counted or sent."),
            tone=Role.MUTED,
        )
        what.setWordWrap(True)
        for widget in (
            what,
            SectionHeader(theme, self.tr("Scenarios")),
            self._scenarios,
            self._title,
            self._brief,
            SectionHeader(theme, self.tr("The caller says")),
            self._says,
        ):
            layout.addWidget(widget)
        layout.addLayout(row(self.start, self.stop, None))
        for widget in (
            self._problem,
            self._feedback,
            self._times,
            self._attempts,
            self._points,
        ):
            layout.addWidget(widget)
        layout.addStretch(1)

    def _render(self, state: TrainingState) -> None:
        self._scenarios.set_lines(
            [
                Line(
                    key=each.key,
                    title=each.title,
                    right=each.word,
                    icon="star",
                    marked=each.title == state.title,
                )
                for each in state.scenarios
            ]
        )
        self._title.setText(state.title)
        self._brief.setText(state.brief)
        self._says.setText("\n".join(state.says))
        self.start.setVisible(not state.running)
        self.start.setEnabled(state.can_start)
        self.stop.setVisible(bool(state.running))
        self._feedback.set_title(
            self.tr("Feedback: {0}").format(state.summary) if state.summary else ""
        )
        self._points.set_lines(
            [
                Line(
                    key=str(at),
                    title=self._word(point.verdict),
                    detail=point.text,
                    icon=_LOOKS[point.verdict][0],
                    role=_LOOKS[point.verdict][1],
                )
                for at, point in enumerate(state.points)
            ]
        )
        for label, text in (
            (self._times, state.times),
            (self._attempts, state.attempts),
            (self._problem, state.problem),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        self._feedback.setVisible(bool(state.summary))
        self._points.setVisible(bool(state.points))

    def _word(self, verdict: Verdict) -> str:
        return {
            Verdict.DONE: self.tr("Done"),
            Verdict.MISSED: self.tr("Missed"),
            Verdict.WRONG: self.tr("Must not happen"),
        }[verdict]
