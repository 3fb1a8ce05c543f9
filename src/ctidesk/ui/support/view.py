"""Help, the protected minute and words to say, above the card.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ctidesk.ui.support.presenter import Choice, Notice, SupportPresenter, SupportState
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.labels import IconLabel, text_label
from ctidesk.ui.widgets.sections import Card, row

ACROSS = 3
"""Buttons in one line."""


class NoticeBlock(QWidget):
    """Icon, title, countdown, what it means, what can be done."""

    def __init__(self, around: Surroundings, name: str, presenter: SupportPresenter) -> None:
        super().__init__()
        self._theme = around.theme
        self._presenter = presenter
        self._name = name
        self._choices: tuple[Choice, ...] = ()
        self.setObjectName(f"support_{name}")
        self._icon = IconLabel(self._theme, "info", Role.TEXT, 20)
        self._title = text_label(self._theme, "", Type.EMPHASIS, SEMIBOLD)
        self._title.setObjectName(f"{name}_title")
        self._title.setWordWrap(True)
        self._timer = around.timer(Type.TITLE, self.tr("Time left"))
        self._detail = text_label(self._theme, "", Type.BODY, tone=Role.MUTED)
        self._detail.setObjectName(f"{name}_detail")
        self._detail.setWordWrap(True)
        self._buttons = QVBoxLayout()
        self._buttons.setSpacing(Space.S)
        head = row(self._icon, self._title, self._timer)
        head.setStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        layout.addLayout(head)
        layout.addWidget(self._detail)
        layout.addLayout(self._buttons)

    def take_keyboard(self) -> None:
        first = self.findChild(ActionButton)
        if first is not None:
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_notice(self, notice: Notice | None) -> None:
        if notice is not None:
            self._icon.set_icon(notice.icon, notice.tone)
            self._title.setText(notice.title)
            set_tone(self._title, notice.tone)
            self._detail.setText(notice.detail)
            self._detail.setVisible(bool(notice.detail))
            self._timer.setVisible(bool(notice.until_mono))
            if notice.until_mono:
                self._timer.count_down(notice.until_mono)
            else:
                self._timer.show_seconds(0)
            self._show_choices(notice.choices)
        self.setVisible(notice is not None)

    def _show_choices(self, choices: tuple[Choice, ...]) -> None:
        if choices == self._choices:
            return
        self._choices = choices
        while (item := self._buttons.takeAt(0)) is not None:
            line = item.layout()
            while line is not None and (inner := line.takeAt(0)) is not None:
                if (widget := inner.widget()) is not None:
                    widget.hide()
                    widget.setParent(None)
                    widget.deleteLater()
        for at in range(0, len(choices), ACROSS):
            buttons = [self._button(choice) for choice in choices[at : at + ACROSS]]
            self._buttons.addLayout(row(*buttons, None))

    def _button(self, choice: Choice) -> ActionButton:
        variant = Variant.PRIMARY if choice.main else Variant.PLAIN
        button = ActionButton(self._theme, choice.icon, choice.label, variant)
        button.setObjectName(f"{self._name}_{choice.key.replace(':', '_')}")
        button.clicked.connect(lambda: self._presenter.press(choice.key))
        return button


class SupportPanel(Card):
    """Hidden unless something is open."""

    def __init__(self, around: Surroundings, presenter: SupportPresenter) -> None:
        super().__init__(gap=Space.M)
        theme = self._theme = around.theme
        self._presenter = presenter
        self.setObjectName("support")
        self.setAccessibleName(self.tr("Help and recovery"))
        self.help = NoticeBlock(around, "help", presenter)
        self.recovery = NoticeBlock(around, "recovery", presenter)
        self._phrases = QVBoxLayout()
        self._phrases.setSpacing(Space.XS)
        self._phrases_shown: tuple[tuple[str, str], ...] = ()
        self.close_phrases = ActionButton(theme, "cross", self.tr("Close the words"))
        self.close_phrases.setObjectName("support_close_phrases")
        self.close_phrases.clicked.connect(presenter.toggle_phrases)
        self.body.addWidget(self.help)
        self.body.addWidget(self.recovery)
        self.body.addLayout(self._phrases)
        self.body.addLayout(row(None, self.close_phrases))
        presenter.live.watch(self._render)

    def take_keyboard(self) -> None:
        """To the first thing that can be done about what was opened."""
        self.help.take_keyboard()

    def _render(self, state: SupportState) -> None:
        self.help.show_notice(state.help)
        self.recovery.show_notice(state.recovery)
        if state.phrases != self._phrases_shown:
            self._phrases_shown = state.phrases
            while (item := self._phrases.takeAt(0)) is not None:
                if (widget := item.widget()) is not None:
                    widget.hide()
                    widget.deleteLater()
            for title, words in state.phrases:
                caption = text_label(self._theme, title, Type.CAPTION, SEMIBOLD, Role.MUTED)
                said = text_label(self._theme, words, Type.EMPHASIS)
                said.setWordWrap(True)
                self._phrases.addWidget(caption)
                self._phrases.addWidget(said)
        self.close_phrases.setVisible(bool(state.phrases))
        self.setVisible(state.visible)
