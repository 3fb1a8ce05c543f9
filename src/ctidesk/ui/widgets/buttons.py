"""Buttons: large enough to hit, named for screen readers, with the shortcut in the tool tip.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton

from ctidesk.ui.theme.scale import CALL_TARGET, ROW_DENSE, TARGET
from ctidesk.ui.theme.theme import Theme, set_look
from ctidesk.ui.theme.tokens import Role


class Variant(StrEnum):
    PLAIN = "plain"
    QUIET = "quiet"  # no frame until the mouse is on it
    PRIMARY = "primary"
    ANSWER = "answer"
    DANGER = "danger"


class Target(StrEnum):
    """The height of a button: 28 px inside a row, 32 px, or 40 px for what acts on a call."""

    ROW = "row"
    NORMAL = "normal"
    CALL = "call"


_SIDE = {Target.ROW: ROW_DENSE, Target.NORMAL: TARGET, Target.CALL: CALL_TARGET}
_FILLED = {Variant.PRIMARY, Variant.ANSWER, Variant.DANGER}


class ActionButton(QPushButton):
    """Icon and words. The keyboard reaches it by Tab; a click leaves the typing focus where it is,
    so that nobody loses their place in a note by pressing Hold."""

    def __init__(
        self,
        theme: Theme,
        icon: str,
        text: str,
        variant: Variant = Variant.PLAIN,
        target: Target = Target.NORMAL,
    ) -> None:
        super().__init__()
        self._theme = theme
        self._name = text
        self._keys = ""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        side = 20 if target is Target.CALL else 16
        # the style puts the words close to the icon: a wider icon keeps them apart
        self.setIconSize(QSize(side + (4 if text else 0), side))
        self.setProperty("target", target.value)
        self.setProperty("variant", variant.value)
        self._variant = variant
        self._icon = icon
        if icon:
            self.set_icon(icon)
        self.setText(text)
        self.set_name(text)

    def setText(self, text: str) -> None:
        """Words as they are: "&" is a character here, not the mark of a mnemonic."""
        super().setText(text.replace("&", "&&"))

    def set_name(self, name: str) -> None:
        """What a screen reader says; the tool tip adds the keys."""
        self._name = name
        self.setAccessibleName(name)
        self._set_tip()

    def set_keys(self, keys: str) -> None:
        """The keys of this action as shown, e.g. "Ctrl+Shift+H"; "" when it has none."""
        self._keys = keys
        self._set_tip()

    def set_icon(self, icon: str) -> None:
        self._icon = icon
        filled = self._variant in _FILLED
        role = Role.BG if filled else Role.TEXT
        self.setIcon(self._theme.icon(icon, role, checked=None if filled else Role.ACCENT))

    def set_variant(self, variant: Variant) -> None:
        self._variant = variant
        set_look(self, "variant", variant.value)
        if self._icon:
            self.set_icon(self._icon)

    def _set_tip(self) -> None:
        self.setToolTip(f"{self._name} ({self._keys})" if self._keys else self._name)


class ElidedButton(ActionButton):
    """A button whose words end in "…" where they do not fit; the tool tip and a screen reader say
    the whole."""

    def __init__(self, theme: Theme, icon: str, text: str, target: Target = Target.NORMAL) -> None:
        self._whole = text
        super().__init__(theme, icon, text, Variant.PLAIN, target)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setText(self._whole)
        beside = self.sizeHint().width() - self.fontMetrics().horizontalAdvance(self._whole)
        room = self.width() - beside
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room))


class IconButton(ActionButton):
    """An icon alone; its name is in the tool tip and in the accessible name."""

    def __init__(
        self,
        theme: Theme,
        icon: str,
        name: str,
        variant: Variant = Variant.PLAIN,
        target: Target = Target.NORMAL,
    ) -> None:
        super().__init__(theme, icon, "", variant, target)
        self.setProperty("iconic", "true")
        self.set_name(name)
        side = _SIDE[target]
        self.setFixedSize(side, side)
