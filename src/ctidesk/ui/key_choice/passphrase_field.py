"""A field for a secret, and labels whose text wraps.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QLineEdit

from ctidesk.ui.key_choice.presenter import MAX_CHARS
from ctidesk.ui.theme.scale import REGULAR, Type
from ctidesk.ui.theme.theme import Theme, set_look
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.labels import text_label


class PassphraseField(QLineEdit):
    """Hidden characters; the eye shows them until the field is emptied."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setMaxLength(MAX_CHARS)
        self.setPlaceholderText(name)
        self.setAccessibleName(name)
        self._eye = QAction(theme.icon("eye", Role.MUTED), self.tr("Show what is typed"), self)
        self._eye.setCheckable(True)
        self._eye.toggled.connect(self._show)
        self.addAction(self._eye, QLineEdit.ActionPosition.TrailingPosition)

    def forget(self) -> None:
        """Empty, hidden again, with no way to undo that (`clear` could be undone)."""
        self.setText("")
        self._eye.setChecked(False)

    def set_invalid(self, invalid: bool) -> None:
        set_look(self, "invalid", "true" if invalid else "false")

    def _show(self, shown: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
        self.setEchoMode(mode)
        self._eye.setIcon(self._theme.icon("hidden" if shown else "eye", Role.MUTED))


def wrapped_label(
    theme: Theme, size: Type = Type.BODY, weight: int = REGULAR, tone: Role = Role.TEXT
) -> QLabel:
    """A plain text label of as many lines as it takes."""
    label = text_label(theme, "", size, weight, tone)
    label.setWordWrap(True)
    return label
