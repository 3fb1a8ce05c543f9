"""The identity check: one question at a time, the answer typed, Enter compares.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from ctidesk.ui.member_card.presenter import MemberCardPresenter
from ctidesk.ui.member_card.state import CheckState
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.labels import IconLabel, text_label
from ctidesk.ui.widgets.sections import Card, row


class CheckPanel(Card):
    """Shows what to say, takes what was answered, says in words how it went."""

    def __init__(self, around: Surroundings, presenter: MemberCardPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._asking = ""
        """Kind of the question on the screen; the agent may skip to another."""
        self._state: CheckState | None = None
        theme = around.theme
        self.setObjectName("identity_check")
        self.setAccessibleName(self.tr("Identity check"))
        self._icon = IconLabel(theme, "shield", Role.HOLD, 20)
        self._title = text_label(theme, "", Type.BODY, SEMIBOLD)
        self._title.setObjectName("check_title")
        self._title.setWordWrap(True)
        self._sentence = text_label(theme, "", Type.EMPHASIS)
        self._sentence.setWordWrap(True)
        self.field = QLineEdit()
        self.field.setObjectName("check_answer")
        self.field.returnPressed.connect(self._answer)
        self._check = ActionButton(theme, "check", self.tr("Check"), Variant.PRIMARY)
        self._check.setObjectName("check_confirm")
        self._check.clicked.connect(self._answer)
        self._other = ActionButton(theme, "", self.tr("Ask something else"), Variant.QUIET)
        self._other.clicked.connect(self._skip)
        self._result = text_label(theme, "", Type.BODY, SEMIBOLD)
        self._result.setObjectName("check_result")
        self._result.setWordWrap(True)
        self.body.addLayout(row(self._icon, self._title))
        self.body.itemAt(0).layout().setStretch(1, 1)  # type: ignore[union-attr]
        asking = QVBoxLayout()
        asking.setSpacing(Space.S)
        asking.addWidget(self._sentence)
        asking.addLayout(row(self.field, self._check, self._other))
        self.body.addLayout(asking)
        self.body.addWidget(self._result)

    def take_keyboard(self) -> None:
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_check(self, state: CheckState) -> None:
        if state == self._state:
            return
        self._state = state
        self._title.setText(state.notice)
        icon, role = ("lock", Role.DANGER) if state.locked else ("shield", Role.HOLD)
        self._icon.set_icon(icon, role)
        set_tone(self._title, Role.DANGER if state.locked else Role.TEXT)
        self._result.setText("" if state.result == state.notice else state.result)
        set_tone(self._result, Role.READY if state.result_good else Role.DANGER)
        self._result.setVisible(bool(self._result.text()))
        self._ask()

    def _ask(self) -> None:
        questions = self._state.questions if self._state is not None else ()
        asked = next((one for one in questions if one[0] == self._asking), None)
        if asked is None and questions:
            asked = questions[0]
        for widget in (self._sentence, self.field, self._check):
            widget.setVisible(asked is not None)
        self._other.setVisible(len(questions) > 1)
        if asked is None:
            self.field.setText("")
            return
        kind, label, sentence = asked
        if kind != self._asking:
            self._asking = kind
            self.field.setText("")
        self._sentence.setText(f"“{sentence}”")
        self.field.setPlaceholderText(label)
        self.field.setAccessibleName(f"{label}. {sentence}")

    def _answer(self) -> None:
        text = self.field.text()
        if not text.strip():
            return
        # not kept, not even in the field's undo, which `clear` would leave
        self.field.setText("")
        self._presenter.answer(self._asking, text)

    def _skip(self) -> None:
        questions = self._state.questions if self._state is not None else ()
        kinds = [one[0] for one in questions]
        if self._asking in kinds:
            self._asking = kinds[(kinds.index(self._asking) + 1) % len(kinds)]
            self.field.setText("")
            self._ask()
            self.take_keyboard()
