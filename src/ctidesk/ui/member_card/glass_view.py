"""What is loud about a card: a record that needs care, and glass that is broken.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from ctidesk.ui.member_card.presenter import MemberCardPresenter
from ctidesk.ui.member_card.state import GlassState, MemberCardState, NoticeState
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Type
from ctidesk.ui.theme.theme import set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Target, Variant
from ctidesk.ui.widgets.labels import IconLabel, text_label
from ctidesk.ui.widgets.sections import Card, row


class RecordNoticePanel(Card):
    """First on the card: merged, restricted, died, a minor; and what to do."""

    def __init__(self, around: Surroundings, presenter: MemberCardPresenter) -> None:
        super().__init__()
        theme = around.theme
        self.setObjectName("record_notice")
        self._shown: NoticeState | None = None
        self._icon = IconLabel(theme, "warning", Role.DANGER, 20)
        self._text = text_label(theme, "", Type.EMPHASIS, SEMIBOLD)
        self._text.setObjectName("record_notice_text")
        self._text.setWordWrap(True)
        self._step = text_label(theme, "", Type.BODY)
        self._step.setWordWrap(True)
        self.go = ActionButton(
            theme, "chevron_right", self.tr("Open the other record"), Variant.PRIMARY, Target.ROW
        )
        self.go.setObjectName("open_survivor")
        self.go.clicked.connect(presenter.open_survivor)
        head = row(self._icon, self._text, self.go)
        head.setStretch(1, 1)
        self.body.addLayout(head)
        self.body.addWidget(self._step)
        self.hide()

    def show_notice(self, state: NoticeState | None) -> None:
        if state == self._shown:
            return
        self._shown = state
        self.setVisible(state is not None)
        if state is None:
            return
        role = Role.DANGER if state.grave else Role.HOLD
        self._icon.set_icon("warning" if state.grave else "info", role)
        set_tone(self._text, role)
        self._text.setText(state.text)
        self._step.setText(state.step)
        self.go.setVisible(state.can_go)
        self.setAccessibleName(f"{state.text} {state.step}")


class GlassPanel(Card):
    """Asks for the reason; then a marker that stays the whole time, with a way to end it."""

    def __init__(self, around: Surroundings, presenter: MemberCardPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._asking = False
        theme = around.theme
        self.setObjectName("break_glass")
        self.setAccessibleName(self.tr("Break glass"))
        self._icon = IconLabel(theme, "warning", Role.DANGER, 20)
        self._title = text_label(theme, "", Type.EMPHASIS, SEMIBOLD, Role.DANGER)
        self._title.setObjectName("glass_title")
        self._title.setWordWrap(True)
        self._words = text_label(theme, "", Type.BODY)
        self._words.setObjectName("glass_words")
        self._words.setWordWrap(True)
        self.reason = QLineEdit()
        self.reason.setObjectName("glass_reason")
        self.reason.setMaxLength(200)
        self.reason.setPlaceholderText(self.tr("Reason"))
        self.reason.setAccessibleName(self.tr("Reason for showing what is withheld"))
        self.reason.returnPressed.connect(self._break)
        self._show = ActionButton(theme, "eye", self.tr("Show"), Variant.DANGER)
        self._show.setObjectName("glass_show")
        self._show.clicked.connect(self._break)
        self._cancel = ActionButton(theme, "cross", self.tr("Cancel"), Variant.QUIET)
        self._cancel.setObjectName("glass_cancel")
        self._cancel.clicked.connect(self.stop_asking)
        self._end = ActionButton(theme, "lock", self.tr("Hide again"), Variant.PLAIN, Target.ROW)
        self._end.setObjectName("glass_end")
        self._end.clicked.connect(presenter.close_glass)
        self._problem = text_label(theme, "", Type.BODY, SEMIBOLD, Role.DANGER)
        self._problem.setObjectName("glass_problem")
        self._problem.setWordWrap(True)
        head = row(self._icon, self._title, self._end)
        head.setStretch(1, 1)
        self.body.addLayout(head)
        self.body.addWidget(self._words)
        self.body.addLayout(row(self.reason, self._show, self._cancel))
        self.body.addWidget(self._problem)
        self._render(None)

    def ask(self) -> None:
        """The order was given: the reason is typed here."""
        if not self._presenter.live.state.can_break:
            return
        self._asking = True
        self._render(None)
        self.reason.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def stop_asking(self) -> None:
        self._asking = False
        self.reason.setText("")
        self._render(self._presenter.live.state.glass)

    def show_glass(self, state: MemberCardState) -> None:
        if not state.can_break or state.glass is not None:
            self._asking = False
            self.reason.setText("")
        self._render(state.glass)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._asking:
            self.stop_asking()
            return
        super().keyPressEvent(event)

    def _break(self) -> None:
        problem = self._presenter.break_glass(self.reason.text())
        if problem is not None:
            self._problem.setText(f"{problem.text} {problem.remedy}")
            self._problem.show()

    def _render(self, glass: GlassState | None) -> None:
        self.setVisible(self._asking or glass is not None)
        for widget in (self.reason, self._show, self._cancel):
            widget.setVisible(glass is None)
        self._end.setVisible(glass is not None)
        self._problem.setVisible(False)
        if glass is not None:
            self._title.setText(self.tr("Glass broken · hidden again in %s") % glass.left)
            self._words.setText(self.tr("Reason: %s") % glass.reason)
        else:
            self._title.setText(self.tr("Show what is withheld?"))
            self._words.setText(
                self.tr("Your name, the reason and what you see go into the audit trail.")
            )
