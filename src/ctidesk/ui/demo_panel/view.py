"""The demo centre's window: a line for everybody who lives there, with the button to make it ring.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from ctidesk.ui.demo_panel.presenter import (
    DemoPanelPresenter,
    DemoPanelState,
    InhabitantShown,
)
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme, set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Target, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import Line, SectionHeader, column, row

SIZE = (440, 800)
TITLE_BAR, FRAME = 40, 8
"""Room that a window manager takes; not known before the window is shown."""


class DemoPanel(QWidget):
    """Beside the desk, never in front of a call: it is not modal and takes no keyboard by itself.

    `hear`: the command that plays a recording; `set_hear` replaces it when there is a newer one.
    It goes with the desk: an open panel alone does not keep the program running.
    """

    def __init__(self, theme: Theme, presenter: DemoPanelPresenter, hear: str) -> None:
        super().__init__()
        self._theme = theme
        self._presenter = presenter
        self.setObjectName("demo_panel")
        self.setWindowTitle(self.tr("Demo centre"))
        self.setWindowIcon(theme.icon("users"))
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
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

    def show_beside(self, desk: QWidget) -> None:
        """Show it where it hides nothing of `desk`, which makes room as far as its own smallest
        size and the screen allow."""
        screen = desk.screen().availableGeometry()
        height = min(self.height(), screen.height() - TITLE_BAR)
        self.resize(self.width(), height)
        width = self.width() + FRAME
        _make_room(desk, screen, width)
        frame = desk.frameGeometry()
        if frame.right() + 1 + width <= screen.right():
            left = frame.right() + 1
        elif frame.left() - width >= screen.left():
            left = frame.left() - width
        else:
            left = screen.right() + 1 - width
        top = max(screen.top(), min(frame.top(), screen.bottom() + 1 - height - TITLE_BAR))
        self.move(left, top)
        self.show()

    def set_hear(self, command: str) -> None:
        """The command that plays the latest recording."""
        self._hear.setText(command)

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
        theme = self._theme
        heading = text_label(theme, self.tr("To hear the voices"), Type.CAPTION, SEMIBOLD)
        why = text_label(
            theme,
            self.tr(
                "The development engine has no sound device. After a call, open its recording "
                "in a terminal:"
            ),
            Type.CAPTION,
            tone=Role.MUTED,
        )
        why.setWordWrap(True)
        self._hear = QLineEdit(hear)
        self._hear.setObjectName("demo_hear")
        self._hear.setReadOnly(True)
        self._hear.setAccessibleName(self.tr("Command that plays a recording"))
        self._hear.setCursorPosition(0)
        copy = IconButton(theme, "copy", self.tr("Copy the command"), Variant.QUIET)
        copy.setObjectName("demo_copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._hear.text()))
        foot = column(self._problem, heading, why, gap=Space.XS, margin=Space.L)
        foot.addLayout(row(self._hear, copy, gap=Space.XS))
        return foot

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


def _make_room(desk: QWidget, screen: QRect, beside: int) -> None:
    """Move `desk` to the left, and narrow it, so that `beside` pixels are free on its right."""
    frame = desk.frameGeometry()
    over = frame.right() + beside - screen.right()
    if over <= 0 or frame.left() - beside >= screen.left():
        return
    left = max(screen.left(), frame.left() - over)
    desk.move(left, frame.top())
    still_over = over - (frame.left() - left)
    if still_over > 0:
        desk.resize(max(desk.minimumWidth(), desk.width() - still_over), desk.height())
