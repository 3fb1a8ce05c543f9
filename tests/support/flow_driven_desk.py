"""The real desk from its own command line, with hands and eyes for a test: JSON in, JSON out.

`python -m tests.support.flow_driven_desk [arguments of ctidesk]`. What runs is `ctidesk.app.main`;
added is only what looks and presses. `$FLOW_ENGINE` (JSON list) replaces the engine's command,
`$FLOW_SECRETS` (a JSON file) the system's key store, which no test may touch.

Runs in: its own process, Qt main thread; one thread reads stdin.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
from tests.support.widget_text import accessible_texts, widget_texts

from ctidesk import app
from ctidesk.calls import events as ev
from ctidesk.calls.ports import Clock
from ctidesk.startup import parts, running_desk, web_api
from ctidesk.ui.demo_hands import NotOnScreen, ScreenHands

_out = os.fdopen(os.dup(1), "w", buffering=1)


def say(**fields: Any) -> None:
    _out.write(json.dumps(fields) + "\n")


class FileSecrets:
    """Read anew each time."""

    def read(self, name: str) -> str | None:
        secrets: dict[str, str] = json.loads(Path(os.environ["FLOW_SECRETS"]).read_text("utf-8"))
        return secrets.get(name)


class LaterClock:
    """`clock`, put forward."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds

    def mono(self) -> float:
        return self._clock.mono() + self._seconds

    def wall(self) -> float:
        return self._clock.wall() + self._seconds


class Driver:
    """Obeys one line at a time on Qt main; every line is answered once."""

    def __init__(self, desk: running_desk.RunningDesk) -> None:
        self._desk = desk
        self._hands = ScreenHands(desk.window.window, desk.theme, Path())
        self._moments: list[list[str]] = []
        desk.parts.desk.subscribe(self._remember)
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def _read(self) -> None:
        for line in sys.stdin:
            self._desk.bridge.deliver(lambda line=line: self._obey(line))  # type: ignore[misc]
        self._desk.bridge.deliver(self.do_quit)

    def _obey(self, line: str) -> None:
        order = json.loads(line)
        try:
            answer = getattr(self, "do_" + order["do"])(*order["with"])
        except NotOnScreen as absent:
            say(token=order["token"], absent=str(absent))
        else:
            say(token=order["token"], answer=answer)

    def _remember(self, change: object) -> None:
        """What is on the screen right after something failed or came back may be gone soon."""
        if isinstance(change, ev.EngineLost | ev.EngineReady | ev.RecordingFailed):
            name = type(change).__name__
            QTimer.singleShot(0, lambda: self._moments.append([name, self._hands.shown()]))

    def do_moments(self) -> list[list[str]]:
        """[name of the event, the screen after it], oldest first."""
        return self._moments

    def do_press(self, control: str) -> None:
        self._hands.press(control)

    def do_enter(self, control: str, text: str) -> None:
        self._hands.enter(control, text)

    def do_submit(self, control: str) -> None:
        self._hands.submit(control)

    def do_choose(self, control: str, text: str) -> None:
        self._hands.choose(control, text)

    def do_perform(self, command: str) -> None:
        """A command of the palette, if it is offered now."""
        if not self._desk.window.commands.perform(command):
            raise NotOnScreen(f"{command} is not possible now")

    def do_press_text(self, text: str) -> None:
        """A visible button by its words, such as the action of a notice."""
        for top in QApplication.topLevelWidgets():
            for button in top.findChildren(QAbstractButton):
                if button.isVisible() and button.isEnabled() and button.text() == text:
                    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
                    return
        raise NotOnScreen(f"no button “{text}”")

    def do_shown(self) -> str:
        """What is written on the screen, and what a screen reader says of it."""
        return self._hands.shown()

    def do_everything(self) -> list[str]:
        """Titles, tool tips and the accessibility tree of all windows, hidden parts included."""
        found: list[str] = []
        for top in QApplication.topLevelWidgets():
            found += [top.windowTitle(), *accessible_texts(top), *widget_texts(top)]
        return found

    def do_rendered(self) -> list[str]:
        """Texts that a label would take for HTML."""
        return [
            label.text()
            for top in QApplication.topLevelWidgets()
            for label in top.findChildren(QLabel)
            if label.textFormat() != Qt.TextFormat.PlainText and "<" in label.text()
        ]

    def do_titles(self) -> list[str]:
        """What a desktop tells of windows without looking into them."""
        return [top.windowTitle() for top in QApplication.topLevelWidgets()]

    def do_sees(self, control: str) -> bool:
        return self._hands.sees(control)

    def do_hint(self, control: str) -> str:
        return self._hands.hint(control)

    def do_state(self) -> dict[str, Any]:
        parts = self._desk.parts
        desk = parts.desk
        return {
            "calls": [
                {
                    "call_id": call.call_id,
                    "phase": call.phase.value,
                    "recording": call.recording.value,
                    "bytes": call.recorded_bytes,
                    "member": desk.context(call.call_id).member_id,
                    "verified": desk.context(call.call_id).verified,
                }
                for call in desk.calls.values()
            ],
            "wrap_ups": list(desk.wrap_ups),
            "missed": len(desk.missed),
            "agent": desk.agent.current.state.value,
            "engine": desk.engine.value,
            "engine_pid": desk.engine_ready.pid if desk.engine_ready else 0,
            "can_sign": parts.can_sign,
            "cache": parts.store.state.phase.value,
            "visible": self._desk.window.window.isVisible(),
        }

    def do_figures(self) -> dict[str, float]:
        """Handle time of the shift so far, seconds."""
        figures = self._desk.statistics.figures(self._desk.parts.clock.mono())
        return {
            "handled": figures.handled,
            "talk_s": figures.talk_s,
            "hold_s": figures.hold_s,
            "wrap_up_s": figures.wrap_up_s,
            "excused_s": figures.excused_s,
        }

    def do_later(self, seconds: float) -> None:
        """For the emergency that runs, so many seconds have passed."""
        shown = self._desk.window.presenters
        for each in (shown.flags, shown.red_flag):
            each._clock = LaterClock(each._clock, seconds)
        shown.tick()

    def do_ready(self) -> None:
        self._desk.parts.actions.ready()

    def do_quit(self) -> None:
        QApplication.exit(0)  # `quit` would ask about calls that go on


class DrivenDesk(running_desk.RunningDesk):
    """The desk of the product; once its window is shown, it obeys."""

    def start(self) -> None:
        super().start()
        self.window.window.resize(1440, 900)
        self.driver = Driver(self)
        say(started=os.getpid())


def main() -> int:
    os.dup2(2, 1)  # whatever prints must not disturb the answers
    command = os.environ.get("FLOW_ENGINE", "")
    if command:
        parts.ENGINE_COMMAND = tuple(json.loads(command))  # type: ignore[misc]
    if os.environ.get("FLOW_SECRETS"):
        web_api.OsKeyStore = FileSecrets  # type: ignore[misc,assignment]
    running_desk.RunningDesk = DrivenDesk  # type: ignore[misc]
    return app.main()


if __name__ == "__main__":
    sys.exit(main())
