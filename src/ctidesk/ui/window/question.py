"""What lies over the panels: a frame on a shade, and a question with two answers.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import Bar, row

_WIDTH = 480


class Overlay(QWidget):
    """Covers and dims the widget `over`, and holds one frame. Escape or a click beside the frame
    closes it and gives the keyboard back to where it was. `widest`: the frame is as high as there
    is room and as wide, up to this (pixels); 0: it has a size of its own."""

    def __init__(self, theme: Theme, over: QWidget, widest: int = 0) -> None:
        super().__init__(over)
        self._theme = theme
        self._widest = widest
        self._over = over
        self._came_from: QWidget | None = None
        self.frame = Bar("window", QVBoxLayout())
        self.frame.setAutoFillBackground(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.XL, Space.L, Space.L)
        layout.addWidget(self.frame, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        over.installEventFilter(self)
        self.hide()

    def open_over(self, focus: QWidget) -> None:
        """Show, with the keyboard on `focus`."""
        if self.isHidden():
            self._came_from = QApplication.focusWidget()
        self._cover()
        self.show()
        self.raise_()
        focus.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        if self.isHidden():
            return
        self.hide()
        back, self._came_from = self._came_from, None
        if back is not None and shiboken6.isValid(back) and back.isVisible():
            back.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._cover()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            # nothing under the cover may get a key
            event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.frame.geometry().contains(event.position().toPoint()):
            self.dismiss()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab stays among the frame's own widgets."""
        inside = [
            widget
            for widget in self.frame.findChildren(QWidget)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and widget.isVisible()
            and widget.isEnabled()
        ]
        focus = QApplication.focusWidget()
        if not inside:
            return True
        here = inside.index(focus) if focus in inside else -1
        step = inside[(here + (1 if forward else -1)) % len(inside)]
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        step.setFocus(reason)
        return True

    def _cover(self) -> None:
        self.setGeometry(self._over.rect())
        self._fit()

    def _fit(self) -> None:
        """Give the frame its size, now that there is this much room."""
        if self._widest:
            room = self._over.size()
            width = min(self._widest, room.width() - 2 * Space.L)
            self.frame.setFixedSize(width, room.height() - Space.XL - Space.L)

    def paintEvent(self, event: QPaintEvent) -> None:
        shade = QColor(self._theme.tokens[Role.TEXT if not self._theme.tokens.dark else Role.BG])
        shade.setAlpha(90 if not self._theme.tokens.dark else 170)
        QPainter(self).fillRect(self.rect(), shade)


class Question(Overlay):
    """Two answers: the safe one has the keyboard, and Escape means it."""

    def __init__(self, theme: Theme, over: QWidget) -> None:
        super().__init__(theme, over)
        self._agreed: Callable[[], None] | None = None
        self._title = text_label(theme, "", Type.TITLE, SEMIBOLD)
        self._text = text_label(theme, "", Type.BODY)
        for label in (self._title, self._text):
            label.setWordWrap(True)
            label.setFixedWidth(_WIDTH - 2 * Space.XL)
        self.stay_button = ActionButton(theme, "", "-", Variant.PRIMARY)
        self.agree_button = ActionButton(theme, "", "-")
        self.stay_button.clicked.connect(self.dismiss)
        self.agree_button.clicked.connect(self._agree)
        body = self.frame.layout()
        assert isinstance(body, QVBoxLayout)
        body.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.XL)
        body.setSpacing(Space.M)
        body.addWidget(self._title)
        body.addWidget(self._text)
        body.addSpacing(Space.S)
        body.addLayout(row(None, self.agree_button, self.stay_button))
        self.frame.setFixedWidth(_WIDTH)

    def ask(
        self, title: str, text: str, answers: tuple[str, str], agreed: Callable[[], None]
    ) -> None:
        """`answers`: the safe one, and the one that runs `agreed`."""
        self._agreed = agreed
        self._title.setText(title)
        self._text.setText(text)
        for label in (self._title, self._text):
            # a layout inside a fixed width does not ask how high wrapped text gets
            label.setFixedHeight(label.heightForWidth(label.width()))
        for button, words in zip((self.stay_button, self.agree_button), answers, strict=True):
            button.setText(words)
            button.set_name(words)
        self.frame.setAccessibleName(f"{title} {text}")
        self.open_over(self.stay_button)

    def _agree(self) -> None:
        agreed, self._agreed = self._agreed, None
        self.dismiss()
        if agreed is not None:
            agreed()
