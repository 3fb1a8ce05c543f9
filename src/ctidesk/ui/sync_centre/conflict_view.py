"""One field that the desk and the CRM say differently: mine, theirs, or both.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QLineEdit, QRadioButton, QVBoxLayout

from ctidesk.care.outgoing import Entry
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import Card


class ConflictView(Card):
    """Nothing is chosen beforehand: the text that shall stand is what the agent picks or types."""

    def __init__(self, theme: Theme, entry: Entry) -> None:
        super().__init__()
        self.entry = entry
        theirs = entry.theirs or ""
        self.mine = self._choice(self.tr("Mine"), entry.value)
        self.theirs = self._choice(self.tr("In the CRM"), theirs)
        self.both = self._choice(self.tr("Both"), f"{theirs}; {entry.value}")
        self.both.setVisible(entry.several and bool(theirs) and bool(entry.value))
        self._group = QButtonGroup(self)
        for number, button in enumerate((self.mine, self.theirs, self.both)):
            self._group.addButton(button, number)
            button.setAccessibleDescription(entry.label)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("What shall stand there"))
        self.field.setAccessibleName(self.tr("%s: what shall stand there") % entry.label)
        self._group.idClicked.connect(self._picked)
        self.field.textEdited.connect(self._typed)
        self._layout(theme)

    @property
    def decided(self) -> bool:
        return self._group.checkedId() >= 0 or bool(self.field.text().strip())

    @property
    def text(self) -> str:
        """What shall stand."""
        return self.field.text().strip()

    def _layout(self, theme: Theme) -> None:
        body = self.body
        assert isinstance(body, QVBoxLayout)
        body.setSpacing(Space.XS)
        body.addWidget(text_label(theme, self.entry.label, Type.BODY, SEMIBOLD))
        before = self.entry.base or self.tr("nothing")
        was = self.tr("It said %s when you changed it.") % before
        label = text_label(theme, was, Type.CAPTION, tone=Role.MUTED)
        label.setWordWrap(True)
        body.addWidget(label)
        for button in (self.theirs, self.mine, self.both):
            body.addWidget(button)
        body.addWidget(self.field)

    def _choice(self, whose: str, text: str) -> QRadioButton:
        shown = text or self.tr("nothing")
        # "&" is a character here, not the mark of a mnemonic
        return QRadioButton(f"{whose}: {shown}".replace("&", "&&"))

    def _picked(self, number: int) -> None:
        theirs = self.entry.theirs or ""
        self.field.setText((self.entry.value, theirs, f"{theirs}; {self.entry.value}")[number])

    def _typed(self, _: str) -> None:
        """Words of her own are neither."""
        self._group.setExclusive(False)
        for button in self._group.buttons():
            button.setChecked(False)
        self._group.setExclusive(True)
