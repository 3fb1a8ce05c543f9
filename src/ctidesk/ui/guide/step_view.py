"""One step of a guide: what to say, and its answer by one key or one click.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from ctidesk.ui.guide.state import Input, StepState
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import Card

MAX_CHOICES = 9
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class StepView(QWidget):
    """`answered(text)` with what was typed or chosen. Digits choose, Y and N answer, Enter goes on;
    where something is typed, Enter in the field. Alt+Left: one step back; Escape: leave."""

    back_wanted = Signal()
    leave_wanted = Signal()

    def __init__(self, theme: Theme, answered: Callable[[str], None]) -> None:
        super().__init__()
        self._theme, self._answered = theme, answered
        self._shown: StepState | None = None
        self.setObjectName("guide_step")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._say = text_label(theme, "", Type.TITLE, SEMIBOLD)
        self._say.setObjectName("guide_say")
        self._hint = text_label(theme, "", Type.BODY, tone=Role.MUTED)
        for label in (self._say, self._hint):
            label.setWordWrap(True)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(Space.M)
        self._facts.setVerticalSpacing(Space.XS)
        self._facts.setColumnStretch(1, 1)
        self._box = Card()
        self._box.body.addLayout(self._facts)
        self._wanted = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        self.field = QLineEdit()
        self.field.setObjectName("guide_answer")
        self.field.setMaxLength(500)
        self.field.returnPressed.connect(lambda: answered(self.field.text()))
        self.buttons = [self._button(place) for place in range(MAX_CHOICES)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        for widget in (self._say, self._hint, self._box, self._wanted, self.field, *self.buttons):
            layout.addWidget(widget)
        layout.addStretch(1)

    def show_step(self, step: StepState) -> None:
        other = self._shown is None or self._shown.step != step.step
        self._shown = step
        self._say.setText(f"“{step.say}”" if step.say else step.field)
        self._hint.setText(step.hint)
        self._hint.setVisible(bool(step.hint))
        self._show_facts(step.facts)
        typed = step.input is Input.TEXT
        self._wanted.setText(step.wanted)
        self._wanted.setVisible(typed and bool(step.wanted))
        self.field.setVisible(typed)
        self.field.setPlaceholderText(step.field)
        self.field.setAccessibleName(step.field or self.tr("Answer"))
        if other:
            self.field.setText(step.typed)
            self.field.selectAll()
        self._show_buttons(step)

    def take_keyboard(self) -> None:
        target = self.field if self._shown and self._shown.input is Input.TEXT else self
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # told on: the scroll area around it would take arrows for itself
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        if event.key() == Qt.Key.Key_Left and alt:
            self.back_wanted.emit()
            return
        if event.key() == Qt.Key.Key_Escape:
            self.leave_wanted.emit()
            return
        answer = self._answer_of(event)
        if answer is None:
            super().keyPressEvent(event)
        else:
            self._answered(answer)

    # ----------------------------------------------------------------- private

    def _answer_of(self, event: QKeyEvent) -> str | None:
        step, key = self._shown, event.key()
        if step is None or step.input is Input.TEXT:
            return None
        enter = key in _ENTER
        if step.input is Input.NEXT:
            return "" if enter else None
        if step.input is Input.CHOICE:
            if enter and len(step.choices) == 1:
                return step.choices[0][0]
            place = key - Qt.Key.Key_1
            return step.choices[place][0] if 0 <= place < len(step.choices) else None
        if key == Qt.Key.Key_Y or (enter and step.input is Input.CONFIRM):
            return step.choices[0][0]
        return step.choices[1][0] if key == Qt.Key.Key_N else None

    def _button(self, place: int) -> ActionButton:
        button = ActionButton(self._theme, "", "-")
        button.setObjectName(f"guide_choice_{place + 1}")
        button.clicked.connect(lambda _=False, place=place: self._press(place))
        return button

    def _press(self, place: int) -> None:
        step = self._shown
        if step is None:
            return
        if step.input is Input.TEXT:
            self._answered(self.field.text())
        else:
            self._answered(step.choices[place][0] if place < len(step.choices) else "")

    def _show_buttons(self, step: StepState) -> None:
        words = self._words(step)
        for place, button in enumerate(self.buttons):
            button.setVisible(place < len(words))
            if place < len(words):
                button.setText(words[place])
                button.set_name(words[place])
                first = place == 0 and step.input is not Input.CHOICE
                button.set_variant(Variant.PRIMARY if first else Variant.PLAIN)

    def _words(self, step: StepState) -> list[str]:
        if step.input in (Input.NEXT, Input.TEXT):
            skip = step.input is Input.TEXT and step.optional
            usual = self.tr("Next (Enter), may stay empty") if skip else self.tr("Next (Enter)")
            return [step.action or usual]
        if step.input is Input.CHOICE:
            return [f"{n}  {label}" for n, (_, label) in enumerate(step.choices[:MAX_CHOICES], 1)]
        yes = self.tr("Yes (Enter)") if step.input is Input.CONFIRM else self.tr("Yes (Y)")
        return [yes, self.tr("No (N)")]

    def _show_facts(self, facts: tuple[tuple[str, str], ...]) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.setParent(None)
                old.deleteLater()
        for place, (label, value) in enumerate(facts):
            told = text_label(self._theme, value, Type.BODY, SEMIBOLD)
            told.setWordWrap(True)
            self._facts.addWidget(
                text_label(self._theme, label, Type.BODY, tone=Role.MUTED), place, 0
            )
            self._facts.addWidget(told, place, 1)
        self._box.setVisible(bool(facts))
