"""A small desk for the focus test: a field to type in, and a pop in the middle of typing.

Runs as a program of its own under a real X server; says what happens on stdout, one JSON object
a line.
"""

from __future__ import annotations

import json
import sys
import time

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from ctidesk.config.paths import resources
from ctidesk.ui.theme.theme import Mode, Theme
from ctidesk.ui.toast.presenter import ToastOffer
from ctidesk.ui.toast.view import ToastStack, ToastTools
from ctidesk.ui.widgets.buttons import ActionButton
from ctidesk.ui.widgets.timer import SecondTick

POPS_AT = 5
"""So many letters are typed when the call rings."""


class SystemClock:
    def mono(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()


def say(what: str, **more: object) -> None:
    sys.stdout.write(json.dumps({"what": what, **more}) + "\n")
    sys.stdout.flush()


class Desk(QWidget):
    def __init__(self, theme: Theme, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self._popped = False
        self.setWindowTitle("ctidesk")
        self.field = QLineEdit()
        QVBoxLayout(self).addWidget(self.field)
        self.resize(600, 200)
        tools = ToastTools(theme, SecondTick(self), SystemClock())
        self.stack = ToastStack(tools, self)
        self.stack.answered.connect(lambda call_id: say("answered", call_id=call_id))
        self.stack.declined.connect(self._declined)
        self.stack.warm_up()
        self.field.textChanged.connect(self._typed)

    def _typed(self, text: str) -> None:
        say("typed", text=text, focus=self.field.hasFocus(), active=self.isActiveWindow())
        if len(text) == POPS_AT and not self._popped:
            self._popped = True
            self._pop()

    def _declined(self, call_id: str) -> None:
        say("declined", call_id=call_id)
        self.stack.show_offers([])
        self._pop("call-2")

    def _pop(self, call_id: str = "call-1") -> None:
        if self._kind == "stealing":
            self._stealer = QLineEdit()
            self._stealer.setWindowTitle("An ordinary window")
            self._stealer.show()
            self._stealer.activateWindow()
            self._await_exposed(self._stealer)
            return
        offer = ToastOffer(
            call_id=call_id,
            queue="Refills",
            caller="A caller",
            number="",
            match="2 possible callers",
            since_mono=time.monotonic(),
        )
        self.stack.show_offers([offer])
        self._await_exposed(self.stack.toasts[0])

    def _await_exposed(self, window: QWidget) -> None:
        handle = window.windowHandle()
        if handle is None or not handle.isExposed():
            QTimer.singleShot(20, lambda: self._await_exposed(window))
            return
        buttons = {
            button.accessibleName(): _middle(button) for button in window.findChildren(ActionButton)
        }
        say("popped", buttons=buttons, size=[window.width(), window.height()])


def _middle(widget: QWidget) -> list[int]:
    point = widget.mapToGlobal(QPoint(widget.width() // 2, widget.height() // 2))
    return [point.x(), point.y()]


def main(kind: str) -> int:
    app = QApplication([])
    app.setQuitOnLastWindowClosed(False)
    theme = Theme(resources(), Mode.LIGHT, app)
    theme.apply(app)
    desk = Desk(theme, kind)
    desk.show()
    desk.activateWindow()
    desk.field.setFocus()

    def await_active() -> None:
        if desk.isActiveWindow() and desk.field.hasFocus():
            say("ready")
        else:
            QTimer.singleShot(20, await_active)

    await_active()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
