"""Going around the panes of a window with F6.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

Reveal = Callable[[QWidget], None]


class Panes:
    """The panes of one window, in order. Coming back to a pane finds the place that was left."""

    def __init__(self, panes: Sequence[QWidget], reveal: Reveal) -> None:
        """`reveal(pane)` brings a pane that lies behind a tab to the front."""
        self._panes = tuple(panes)
        self._reveal = reveal
        self._left: dict[int, QWidget] = {}

    def current(self) -> int:
        """Index of the pane with the keyboard, -1 when none has it."""
        focus = QApplication.focusWidget()
        for index, pane in enumerate(self._panes):
            if focus is not None and (focus is pane or pane.isAncestorOf(focus)):
                return index
        return -1

    def cycle(self, step: int = 1) -> None:
        """To the next pane (or the one before, `step=-1`) that can take the keyboard."""
        here = self.current()
        focus = QApplication.focusWidget()
        if here >= 0 and focus is not None:
            self._left[here] = focus
        count = len(self._panes)
        start = here if here >= 0 else (-1 if step > 0 else 0)
        for distance in range(1, count + 1):
            index = (start + step * distance) % count
            if self.enter(index):
                return

    def enter(self, index: int) -> bool:
        """Give the keyboard to a pane; False when nothing in it takes it."""
        pane = self._panes[index]
        self._reveal(pane)
        if not pane.isVisible():
            return False
        left = self._left.get(index)
        if left is not None and shiboken6.isValid(left) and _takes_keyboard(left):
            target: QWidget | None = left
        else:
            target = first_focusable(pane)
        if target is None:
            return False
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return True


def first_focusable(pane: QWidget) -> QWidget | None:
    """The first widget in `pane`, in the order of Tab, that takes the keyboard."""
    if _takes_keyboard(pane):
        return pane
    widget = pane.nextInFocusChain()
    while widget is not None and widget is not pane:
        if pane.isAncestorOf(widget) and _takes_keyboard(widget):
            return widget
        widget = widget.nextInFocusChain()
    return None


def _takes_keyboard(widget: QWidget) -> bool:
    by_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return bool(by_tab) and widget.isVisible() and widget.isEnabled()
