"""The keypad: twelve keys, what was sent as marks, and how it is sent.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QMenu, QVBoxLayout

from ctidesk.ui.keypad.presenter import KEYS, METHODS, KeypadPresenter, KeypadState
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import Space, Type
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Target, Variant
from ctidesk.ui.widgets.labels import ElidedLabel, text_label
from ctidesk.ui.widgets.sections import Card, row

_LETTERS = dict(
    zip("23456789", ("ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ"), strict=True)
)
_NAMES = {"*": "star", "#": "hash"}


class Keypad(Card):
    """Takes digits from the keyboard while it has the focus; Escape closes it."""

    closed = Signal()

    def __init__(self, around: Surroundings, presenter: KeypadPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.setObjectName("keypad")
        self.setAccessibleName(self.tr("Keypad"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme = around.theme
        self._history = ElidedLabel(theme, "", Type.EMPHASIS)
        self._history.setAccessibleName(self.tr("Digits sent"))
        self._count = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        self._eye = IconButton(
            theme, "eye", self.tr("Show the digits that I send"), Variant.QUIET, Target.ROW
        )
        self._eye.setCheckable(True)
        self._eye.clicked.connect(presenter.show_digits)
        self._how = IconButton(
            theme, "settings", self.tr("How digits are sent"), Variant.QUIET, Target.ROW
        )
        self._how.setMenu(self._method_menu())
        close = IconButton(theme, "cross", self.tr("Close the keypad"), Variant.QUIET, Target.ROW)
        close.clicked.connect(self.closed)
        self.body.addLayout(row(self._history, self._count, self._eye, self._how, close))
        self._keys: dict[str, ActionButton] = {}
        grid = QGridLayout()
        grid.setSpacing(Space.XS)
        for place, digit in enumerate(KEYS):
            key = ActionButton(theme, "", digit)
            key.setText(f"{digit}  {_LETTERS[digit]}" if digit in _LETTERS else digit)
            key.set_name(_NAMES.get(digit, digit))
            key.setObjectName(f"key_{_NAMES.get(digit, digit)}")
            key.clicked.connect(lambda _checked=False, d=digit: self._presenter.press(d))
            grid.addWidget(key, place // 3, place % 3)
            self._keys[digit] = key
        keys = QVBoxLayout()
        keys.addLayout(grid)
        self.body.addLayout(keys)
        self.setMaximumWidth(420)
        presenter.live.watch(self._render)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif event.text() and event.text() in KEYS:
            self._presenter.press(event.text())
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        # a digit is a digit here, whatever shortcut the window gives it
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.text()
            and event.text() in KEYS
        ):
            event.accept()
            return True
        return super().event(event)

    def _method_menu(self) -> QMenu:
        menu = QMenu(self)
        self._methods = {}
        for method, label in METHODS:
            action = menu.addAction(label)
            action.setCheckable(True)
            action.triggered.connect(
                lambda _checked=False, m=method: self._presenter.choose_method(m)
            )
            self._methods[method] = action
        return menu

    def _render(self, state: KeypadState) -> None:
        self._history.setText(state.history)
        self._count.setText(self.tr("%d sent") % state.sent if state.sent else "")
        self._eye.setChecked(state.showing)
        self._eye.set_icon("hidden" if state.showing else "eye")
        for method, action in self._methods.items():
            action.setChecked(method == state.method)
        for key in self._keys.values():
            key.setEnabled(state.enabled)
