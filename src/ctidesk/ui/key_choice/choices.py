"""Three places for a key, each with its consequence in a sentence.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout, QWidget

from ctidesk.ui.key_choice.passphrase_field import PassphraseField, wrapped_label
from ctidesk.ui.key_choice.presenter import (
    KeyChoicePresenter,
    KeyChoiceState,
    KeyPlace,
    strength_words,
)
from ctidesk.ui.theme.scale import RING_GAP, RING_WIDTH, SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme, set_tone
from ctidesk.ui.theme.tokens import Role

_INDENT = 24
"""From the edge to a radio button's words."""


class Choices(QWidget):
    """Marks a place; `submitted` is Enter in the last field."""

    submitted = Signal()

    def __init__(self, theme: Theme, presenter: KeyChoicePresenter) -> None:
        super().__init__()
        self._theme = theme
        self._presenter = presenter
        self._buttons: dict[KeyPlace, QRadioButton] = {}
        self._group = QButtonGroup(self)
        self.passphrase = PassphraseField(theme, self.tr("Passphrase"))
        self.passphrase.setObjectName("new_passphrase")
        self.again = PassphraseField(theme, self.tr("The same passphrase again"))
        self.again.setObjectName("new_passphrase_again")
        self._strength = wrapped_label(theme, Type.CAPTION, tone=Role.MUTED)
        self._strength.setObjectName("passphrase_strength")
        self._differ = wrapped_label(theme, Type.CAPTION, tone=Role.DANGER)
        self._differ.setObjectName("passphrases_differ")
        self._fields = QWidget()
        self._lay_out_fields()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for place, words, consequence in self._words():
            self._add(layout, place, words, consequence)
            if place is KeyPlace.PASSPHRASE:
                layout.addWidget(self._fields)
            layout.addSpacing(Space.XS)
        for field in (self.passphrase, self.again):
            field.textEdited.connect(self._typed)
            field.textChanged.connect(self._weigh)
        self.passphrase.returnPressed.connect(self.again.setFocus)
        self.again.returnPressed.connect(self.submitted)
        self._weigh()

    def marked(self) -> QRadioButton:
        return next(button for button in self._buttons.values() if button.isChecked())

    def render_state(self, state: KeyChoiceState) -> None:
        self._buttons[state.place].setChecked(True)
        for button in self._buttons.values():
            button.setEnabled(not state.busy)
        self._fields.setVisible(state.place is KeyPlace.PASSPHRASE)
        for field in (self.passphrase, self.again):
            # not disabled: that would send the keyboard somewhere else
            field.setReadOnly(state.busy)
        self.passphrase.set_invalid(state.invalid == "passphrase")
        self.again.set_invalid(state.invalid == "again")
        problem = f"{state.problem.text} {state.problem.remedy}" if state.problem else ""
        self._differ.setText(problem if state.invalid == "again" else "")
        self._differ.setVisible(state.invalid == "again")
        if state.invalid == "passphrase":
            self._strength.setText(problem)
            set_tone(self._strength, Role.DANGER)
        else:
            self._weigh()

    def _words(self) -> tuple[tuple[KeyPlace, str, str], ...]:
        return (
            (
                KeyPlace.PASSPHRASE,
                self.tr("Protect it with a passphrase"),
                self.tr("Asked at each start. A forgotten passphrase cannot be recovered."),
            ),
            (
                KeyPlace.FOLDER,
                self.tr("Keep it in this profile's folder"),
                self.tr("Whoever copies this folder can read the members' data."),
            ),
            (
                KeyPlace.NOWHERE,
                self.tr("Work without member data for now"),
                self.tr("No cards, and wrap-ups cannot be saved. Asked at the next start."),
            ),
        )

    def _add(self, layout: QVBoxLayout, place: KeyPlace, words: str, consequence: str) -> None:
        button = QRadioButton(words)
        button.setObjectName(f"key_place_{place.value}")
        button.setFont(self._theme.font(Type.BODY, SEMIBOLD))
        button.setAccessibleDescription(consequence)
        button.toggled.connect(lambda on: self._presenter.pick(place) if on else None)
        self._group.addButton(button)
        self._buttons[place] = button
        label = wrapped_label(self._theme, Type.BODY, tone=Role.MUTED)
        label.setText(consequence)
        label.setIndent(_INDENT)
        layout.addWidget(button)
        layout.addSpacing(RING_WIDTH + RING_GAP)
        layout.addWidget(label)

    def _lay_out_fields(self) -> None:
        layout = QVBoxLayout(self._fields)
        layout.setContentsMargins(_INDENT, Space.S, 0, Space.XS)
        layout.setSpacing(Space.XS)
        for widget in (self.passphrase, self._strength, self.again, self._differ):
            layout.addWidget(widget)

    def _typed(self) -> None:
        self._presenter.typing()

    def _weigh(self) -> None:
        words, enough = strength_words(self.passphrase.text())
        self._strength.setText(words)
        set_tone(self._strength, Role.READY if enough else Role.MUTED)
