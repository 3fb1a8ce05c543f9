"""The interpreter above the card: which language, how far, who is in the call.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout

from ctidesk.ui.interpreter.presenter import InterpreterPresenter, InterpreterState
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton
from ctidesk.ui.widgets.labels import IconLabel, text_label
from ctidesk.ui.widgets.sections import Card, row

ACROSS = 4
"""Languages in one line."""


class InterpreterPanel(Card):
    """Hidden until it is wanted."""

    def __init__(self, around: Surroundings, presenter: InterpreterPresenter) -> None:
        super().__init__()
        theme = self._theme = around.theme
        self._presenter = presenter
        self._languages_shown: tuple[str, ...] = ()
        self.setObjectName("interpreter")
        self.setAccessibleName(self.tr("Interpreter"))
        self._icon = IconLabel(theme, "users", Role.MUTED, 20)
        self._title = text_label(theme, "", Type.EMPHASIS, SEMIBOLD)
        self._title.setObjectName("interpreter_title")
        self._title.setWordWrap(True)
        self.end = ActionButton(theme, "cross", "-")
        self.end.setObjectName("interpreter_end")
        self.end.clicked.connect(presenter.end)
        head = row(self._icon, self._title, self.end)
        head.setStretch(1, 1)
        self.body.addLayout(head)
        self._detail = text_label(theme, "", Type.BODY, tone=Role.MUTED)
        self._detail.setWordWrap(True)
        self.body.addWidget(self._detail)
        self._languages = QGridLayout()
        self._languages.setSpacing(Space.S)
        self.body.addLayout(self._languages)
        presenter.live.watch(self._render)

    def take_keyboard(self) -> None:
        """To the first language, where one is asked for."""
        first = self._languages.itemAt(0)
        if first is not None and (button := first.widget()) is not None:
            button.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _render(self, state: InterpreterState) -> None:
        self._icon.set_icon(state.icon, state.tone)
        self._title.setText(state.title)
        set_tone(self._title, Role.TEXT if state.tone is Role.MUTED else state.tone)
        self._detail.setText(state.detail)
        self._detail.setVisible(bool(state.detail))
        self.end.setText(state.end_label)
        self.end.set_name(state.end_label)
        if state.languages != self._languages_shown:
            self._languages_shown = state.languages
            while (item := self._languages.takeAt(0)) is not None:
                if (widget := item.widget()) is not None:
                    widget.hide()
                    widget.deleteLater()
            for place, language in enumerate(state.languages):
                button = ActionButton(self._theme, "", language)
                button.setObjectName(f"interpreter_{place}")
                button.clicked.connect(lambda _=False, one=language: self._presenter.choose(one))
                self._languages.addWidget(button, place // ACROSS, place % ACROSS)
        self.setVisible(state.visible)
