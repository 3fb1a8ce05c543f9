"""The demo centre's window: a line for everybody who lives there, with the button to make it ring.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ctidesk.ui.demo_panel.presenter import (
    DemoPanelPresenter,
    DemoPanelState,
    InhabitantShown,
)
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme, set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Target, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import Line, SectionHeader, column, row

SIZE = (440, 720)


class DemoPanel(QWidget):
    """Beside the desk, never in front of a call: it is not modal and takes no keyboard by itself.

    `hear`: how to listen to the voices, since the development engine has no sound device.
    """

    def __init__(self, theme: Theme, presenter: DemoPanelPresenter, hear: str) -> None:
        super().__init__()
        self._theme = theme
        self._presenter = presenter
        self.setObjectName("demo_panel")
        self.setWindowTitle(self.tr("Demo centre"))
        self.setWindowIcon(theme.icon("users"))
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setMinimumWidth(360)
        self.resize(*SIZE)
        self._lines: dict[str, _PersonLine] = {}
        self._problem = text_label(theme, "", tone=Role.DANGER)
        self._problem.setObjectName("demo_problem")
        self._problem.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._scrolled(self._people()), 1)
        layout.addWidget(Line())
        layout.addLayout(self._foot(hear))
        presenter.live.watch(self._render)

    def _people(self) -> QWidget:
        state = self._presenter.live.state
        what = text_label(
            self._theme,
            self.tr(
                "Everybody here is made up and phones by real SIP from processes of their own. "
                "Press Call, answer in the desk, and try everything."
            ),
        )
        what.setWordWrap(True)
        inner = QWidget()
        body = column(what, gap=Space.XS, margin=Space.L)
        inner.setLayout(body)
        for title, people in (
            (self.tr("They phone you"), state.callers),
            (self.tr("Dial, consult or transfer to them"), state.colleagues),
        ):
            body.addSpacing(Space.S)
            body.addWidget(SectionHeader(self._theme, title))
            for one in people:
                line = _PersonLine(self._theme, self._presenter, one)
                self._lines[one.key] = line
                body.addWidget(line)
        body.addStretch(1)
        return inner

    def _scrolled(self, inner: QWidget) -> QScrollArea:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inner)
        return area

    def _foot(self, hear: str) -> QVBoxLayout:
        heading = text_label(self._theme, self.tr("To hear the voices"), Type.CAPTION, SEMIBOLD)
        words = text_label(self._theme, hear, Type.CAPTION, tone=Role.MUTED)
        words.setObjectName("demo_hear")
        words.setWordWrap(True)
        words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        return column(self._problem, heading, words, gap=Space.XS, margin=Space.L)

    def _render(self, state: DemoPanelState) -> None:
        for one in (*state.callers, *state.colleagues):
            self._lines[one.key].show_person(one)
        self._problem.setText(state.problem)
        self._problem.setVisible(bool(state.problem))


class _PersonLine(QWidget):
    """Name and number, what they do now, what they show; Call, In 5 s, Hang up."""

    def __init__(self, theme: Theme, presenter: DemoPanelPresenter, one: InhabitantShown) -> None:
        super().__init__()
        self._shown: InhabitantShown | None = None
        key = one.key
        name = text_label(theme, one.name, weight=SEMIBOLD)
        number = text_label(theme, one.number, Type.CAPTION, tone=Role.MUTED)
        shows = text_label(theme, one.shows, Type.CAPTION, tone=Role.MUTED)
        shows.setWordWrap(True)
        self._word = text_label(theme, "", Type.CAPTION, SEMIBOLD)
        self._call = ActionButton(theme, "phone", self.tr("Call"), target=Target.ROW)
        self._call.setObjectName(f"demo_call_{key}")
        self._call.set_name(self.tr("%s phones now") % one.name)
        self._soon = ActionButton(
            theme, "clock", self.tr("In 5 s"), Variant.QUIET, target=Target.ROW
        )
        self._soon.setObjectName(f"demo_soon_{key}")
        self._soon.set_name(self.tr("%s phones in 5 seconds") % one.name)
        self._end = ActionButton(theme, "end", self.tr("Hang up"), target=Target.ROW)
        self._end.setObjectName(f"demo_end_{key}")
        self._end.set_name(self.tr("%s hangs up") % one.name)
        self._call.clicked.connect(lambda: presenter.call(key))
        self._soon.clicked.connect(lambda: presenter.call_soon(key))
        self._end.clicked.connect(lambda: presenter.hang_up(key))
        head = row(name, number, None, self._word)
        buttons = row(self._call, self._soon, self._end, gap=Space.XS)
        body = column(gap=2)
        body.addLayout(head)
        line = row(gap=Space.S)
        line.addWidget(shows, 1)
        line.addLayout(buttons)
        body.addLayout(line)
        body.setContentsMargins(0, Space.XS, 0, Space.XS)
        self.setLayout(body)

    def show_person(self, one: InhabitantShown) -> None:
        if one == self._shown:
            return
        self._shown = one
        self._word.setText(one.word)
        set_tone(self._word, one.tone)
        self._call.setVisible(one.phones and not one.can_hang_up)
        self._soon.setVisible(one.phones and not one.can_hang_up)
        self._call.setEnabled(one.can_call)
        self._soon.setEnabled(one.can_call)
        self._end.setVisible(one.can_hang_up)
