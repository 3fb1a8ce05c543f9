"""The agent's window: a frame with a place for each panel.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from ctidesk.ui.theme.scale import MIN_WINDOW, Space
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.notice import NoticeStack
from ctidesk.ui.widgets.sections import Bar, EmptyState, Line, row
from ctidesk.ui.window.body import Columns
from ctidesk.ui.window.closing import CloseQuestion
from ctidesk.ui.window.layout_memory import LayoutMemory
from ctidesk.ui.window.panes import Panes
from ctidesk.ui.window.question import Question

TITLE = "ctidesk"
"""The whole title, always: the task bar shows it to everybody."""

MayClose = Callable[[], CloseQuestion | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowParts:
    """The panels, as widgets. The window owns them from then on."""

    agent_bar: QWidget
    call_bar: QWidget
    quality: QWidget
    work_list: QWidget
    centre: QWidget
    wrap_up: QWidget
    status_strip: QWidget
    aids: QWidget | None = None


class MainWindow(QWidget):
    """Panels are put in once; nothing here knows what they show. The call bar never moves: what
    comes and goes (notices) stands below it."""

    closed = Signal()
    """The window is gone for good; calls may still be on in the engine."""

    unlock_wanted = Signal()

    def __init__(
        self,
        theme: Theme,
        parts: WindowParts,
        memory: LayoutMemory,
        ask_before_closing: MayClose = lambda: None,
    ) -> None:
        super().__init__()
        self._memory = memory
        self._ask_before_closing = ask_before_closing
        self._sure = False
        self.setWindowTitle(TITLE)
        self.setWindowIcon(theme.icon("headset"))
        self.setMinimumSize(*MIN_WINDOW)
        self.notices = NoticeStack(theme)
        self.below = QWidget()
        """All under the call bar: what overlays cover. The call bar is never covered."""
        self.columns = Columns(theme, parts.work_list, parts.centre, parts.wrap_up, parts.aids)
        self._unlock = ActionButton(theme, "unlock", self.tr("Unlock"), Variant.PRIMARY)
        self._unlock.clicked.connect(self.unlock_wanted)
        self._body = QStackedLayout()
        self._body.addWidget(self.columns)
        self._body.addWidget(self._lock_cover(theme))
        self._lay_out(parts)
        self.panes = Panes(
            (
                parts.agent_bar,
                parts.call_bar,
                parts.work_list,
                parts.centre,
                *((parts.aids,) if parts.aids is not None else ()),
                parts.wrap_up,
                parts.status_strip,
            ),
            self.columns.reveal,
        )
        self._question = Question(theme, self.below)
        layout = memory.load()
        self._layout = layout
        self.resize(max(layout.width, MIN_WINDOW[0]), max(layout.height, MIN_WINDOW[1]))
        self.columns.restore(layout)
        if layout.maximised:
            self.setWindowState(Qt.WindowState.WindowMaximized)

    @property
    def question(self) -> Question:
        """The question that may lie over the window."""
        return self._question

    @property
    def locked(self) -> bool:
        return self._body.currentIndex() == 1

    def set_locked(self, locked: bool) -> None:
        """A locked desk shows no card, list or note; the call bar stays, and the call goes on."""
        self._body.setCurrentIndex(1 if locked else 0)
        if locked:
            self._unlock.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_pane(self, pane: QWidget) -> None:
        """Bring a panel to the front on a narrow window; the keyboard stays where it is."""
        self.columns.reveal(pane)

    def remember(self) -> None:
        """Keep the layout for the next run."""
        work_list, wrap_up = self.columns.widths()
        plain = self.normalGeometry() if self.isMaximized() else self.geometry()
        self._layout = replace(
            self._memory.load(),
            width=plain.width(),
            height=plain.height(),
            maximised=self.isMaximized(),
            work_list=work_list,
            wrap_up=wrap_up,
        )
        self._memory.save(self._layout)

    def close_for_good(self) -> None:
        """Close without asking: the agent was asked, or the session ends."""
        self._sure = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        question = None if self._sure or _session_ends() else self._ask_before_closing()
        if question is not None:
            event.ignore()
            answers = (question.stay, question.close)
            self._question.ask(question.title, question.text, answers, self.close_for_good)
            return
        self.remember()
        event.accept()
        self.closed.emit()

    def _lay_out(self, parts: WindowParts) -> None:
        top = row(
            parts.agent_bar, Line(upright=True), parts.call_bar, Line(upright=True), parts.quality
        )
        top.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        top.setSpacing(Space.M)
        top.setStretch(2, 1)
        strip = row(parts.status_strip)
        strip.setContentsMargins(Space.M, Space.XS, Space.M, Space.XS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(Bar("bar", top))
        layout.addWidget(self.below, 1)
        under = QVBoxLayout(self.below)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(0)
        under.addWidget(self.notices)
        under.addLayout(self._body, 1)
        under.addWidget(Bar("strip", strip))

    def _lock_cover(self, theme: Theme) -> QWidget:
        return EmptyState(
            theme,
            "lock",
            self.tr("The desk is locked"),
            self.tr("Calls go on; the card opens again after unlocking."),
            self._unlock,
        )


def _session_ends() -> bool:
    app = QGuiApplication.instance()
    return isinstance(app, QGuiApplication) and app.isSavingSession()
