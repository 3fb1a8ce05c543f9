"""The real desk as a process that benchmarks drive: JSON lines in, stamps as JSON lines out.

`python -m bench.desk_under_test PROFILE PORT [--recipient KEY] [--registrar HOST:PORT]`. It is
`startup.running_desk` and nothing else; what is added only looks: when the window and the card were
painted, when a call could be taken, and how long the GUI thread did not come round.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from pathlib import Path

BORN_MONO = time.monotonic()

CODE = "eligibility"
STALL_TICK_MS = 5


def say(**stamps: object) -> None:
    sys.stdout.write(json.dumps(stamps) + "\n")
    sys.stdout.flush()


def _words() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("profile", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--recipient", default="")
    parser.add_argument("--registrar", default="")
    return parser.parse_args()


def main() -> int:
    from ctidesk.config.keys import KeyStore
    from ctidesk.config.paths import Profile
    from ctidesk.config.sections import Account, Recording
    from ctidesk.config.settings import Settings
    from ctidesk.diagnostics.logs import log_to
    from ctidesk.startup.run import offscreen_fonts

    if not os.environ.get("DISPLAY"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        offscreen_fonts()
    words = _words()
    profile = Profile(words.profile).make()
    recipients = (words.recipient,) if words.recipient else ()
    log_to(profile.logs, "desk")
    keys = KeyStore(profile.root, profile.database)
    if keys.choice is None:
        keys.choose_file()
    settings = Settings(
        account=Account(
            user="agent",
            password="secret",
            registrar=words.registrar,
            local_port=words.port,
            bind_address="127.0.0.1",
            srtp="off",
        ),
        recording=Recording(policy="allowed" if recipients else "forbidden", recipients=recipients),
    )

    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication, QLabel

    from ctidesk.calls import agent_events as ag, events as ev
    from ctidesk.crm.store import StorePhase
    from ctidesk.startup.running_desk import RunningDesk
    from ctidesk.ui.demo_hands import ScreenHands

    app = QApplication([sys.argv[0]])
    desk = RunningDesk(app, profile, settings, keys)
    window = desk.window.window
    window.resize(1440, 900)

    class FirstPaint(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Paint:
                window.removeEventFilter(self)
                QTimer.singleShot(0, lambda: say(what="window", t=time.monotonic()))
            return False

    class CallShown(QObject):
        """Says when the name of a live call was first painted in the call bar."""

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Paint and desk.parts.desk.live:
                watched.removeEventFilter(self)
                QTimer.singleShot(0, lambda: say(what="call shown", t=time.monotonic()))
            return False

    first, shown = FirstPaint(), CallShown()
    window.installEventFilter(first)
    title = window.findChild(QLabel, "caller_title")
    assert title is not None
    title.installEventFilter(shown)
    hands = ScreenHands(window, desk.theme, profile.root)
    painted: dict[str, float] = {}
    waiting: list[str] = []

    def changed(change: object) -> None:
        if isinstance(change, ev.CallOffered):
            hands.watch_card()
            waiting.clear()
            waiting.append(change.call_id)
        if isinstance(change, ev.RegistrationChanged):
            say(what=change.state.value, t=time.monotonic())
        elif isinstance(change, ev.EngineLost | ev.CallEvent) and not isinstance(
            change, ev.TELEMETRY
        ):
            say(what=type(change).__name__, t=time.monotonic())

    def coded(change: object) -> None:
        """Every call gets its code, as an agent would give it."""
        if isinstance(change, ag.WrapUpStarted):
            QTimer.singleShot(0, save)

    def save() -> None:
        wrap_up = desk.window.presenters.wrap_up
        wrap_up.choose_code(CODE)
        wrap_up.save()

    desk.parts.desk.subscribe(coded)
    desk.parts.desk.subscribe(changed)
    desk.parts.pop.subscribe(lambda _: say(what="looked", t=time.monotonic()))
    stall = {"last": time.monotonic(), "max": 0.0}

    def look() -> None:
        now = time.monotonic()
        stall["max"] = max(stall["max"], now - stall["last"] - STALL_TICK_MS / 1000)
        stall["last"] = now
        if waiting and (at := hands.card_painted_mono()) is not None and waiting[0] not in painted:
            painted[waiting[0]] = at
            waiting.pop(0)
            say(what="card", t=at)

    # the watching costs CPU: it runs only while a benchmark asks for it
    pulse = QTimer()
    pulse.setInterval(STALL_TICK_MS)
    pulse.timeout.connect(look)

    def cache(state: object) -> None:
        desk._cache_changed(state)  # type: ignore[arg-type]
        if desk.parts.store.state.phase is StorePhase.OPEN:
            say(what="cache", t=time.monotonic())

    desk.parts.on_cache = cache
    ready_said = threading.Event()

    def ready() -> None:
        if not ready_said.is_set() and desk.parts.desk.engine_ready is not None:
            ready_said.set()
            say(what="ready", t=time.monotonic())

    desk.parts.desk.subscribe(lambda _: ready())

    def obey(line: str) -> None:
        word, _, rest = line.strip().partition(" ")
        if word == "watch":
            waiting.clear()
            stall.update(last=time.monotonic(), max=0.0)
            pulse.start()
        elif word == "rest":
            pulse.stop()
            say(what="stall", ms=stall["max"] * 1000)
        elif word == "freeze":
            time.sleep(float(rest))
            say(what="thawed", t=time.monotonic())
        elif word == "parse":
            until = time.monotonic() + float(rest)
            big = json.dumps([{"resourceType": "Patient", "id": str(n)} for n in range(60_000)])
            while time.monotonic() < until:
                json.loads(big)
            say(what="parsed", t=time.monotonic())
        elif word == "pids":
            say(what="pids", desk=os.getpid(), engine=desk.parts.desk.engine_ready.pid)  # type: ignore[union-attr]
        elif word == "quit":
            app.quit()
        else:
            getattr(desk.parts.actions, word)()

    def read() -> None:
        for line in sys.stdin:
            desk.bridge.deliver(lambda line=line: obey(line))  # type: ignore[misc]
        desk.bridge.deliver(app.quit)

    say(what="born", t=BORN_MONO)
    desk.start()
    threading.Thread(target=read, daemon=True).start()
    code = app.exec()
    desk.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
