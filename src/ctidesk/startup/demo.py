"""`ctidesk demo`: the desk with an embedded demo centre, for playing or, without a display, alone.

Runs in: desk process, main thread; the callers are processes of their own.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ctidesk.calls.agent_events import WrapUpSaved
from ctidesk.calls.desk import Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import RecordingStopped
from ctidesk.config.keys import KeyStore
from ctidesk.config.paths import Profile, resources
from ctidesk.config.sections import Account, Agent, Data, Interpreter, Recording, RedFlag
from ctidesk.config.settings import Settings
from ctidesk.demo.free_port import HOST, free_port
from ctidesk.demo.houses import DemoCentre
from ctidesk.demo.lines import Report
from ctidesk.demo.people import AGENT_VOICE, CALLERS, COLLEAGUES, voice_file
from ctidesk.demo.recording_check import RecordingHeard, check
from ctidesk.diagnostics.logs import log_to
from ctidesk.recording.identity import new_identity_file
from ctidesk.startup import instance
from ctidesk.startup.run import offscreen_fonts, require_display

CENTRE_S = 20.0
IMPORT_S = 60.0
KEY_S = 20.0
KEY_NAME = "compliance-key.txt"
PICTURES = "pictures"
NURSES = RedFlag(lines=("Billing <205>", "Dr. Chen, nurse line <201>"), lead="Team lead Ruiz <203>")
"""The first nurse line is busy, so that the next one is seen to be called by itself."""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """What a demo leaves behind."""

    root: Path

    @property
    def profile(self) -> Profile:
        return Profile(self.root / "profile")

    @property
    def key_file(self) -> Path:
        return self.root / KEY_NAME

    @property
    def pictures(self) -> Path:
        return self.root / PICTURES

    def make_anew(self) -> None:
        """Empty, but for what is not ours. Raises `KnownError` when it cannot be made."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            for folder in (self.profile.root, self.pictures):
                shutil.rmtree(folder, ignore_errors=True)
            for name in (KEY_NAME, "transcript.txt", "transcript.json"):
                (self.root / name).unlink(missing_ok=True)
            self.pictures.mkdir()
        except OSError as error:
            raise KnownError(
                "demo_folder",
                f"The folder for the demo's files cannot be made ({error.strerror}).",
                "Name another one with --output.",
            ) from None
        self.profile.make()

    def make_compliance_key(self) -> str:
        """A key that opens the demo's recordings; returns its public half."""
        text, public = new_identity_file()
        self.key_file.touch(mode=0o600)
        self.key_file.write_text(text, encoding="ascii")
        return public


def run(output: Path, theme: str | None, alone: bool = False) -> int:
    """Play with a display, drive itself without one (or if `alone`). Raises `KnownError`."""
    alone = alone or not _has_display()
    if alone:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        offscreen_fonts()
        _without_display_talk()
    folder = DemoFolder(output.resolve())
    runtime = folder.profile.runtime
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    one = instance.claim(runtime)
    if one is None:
        sys.stderr.write("The demo is running already: its window was raised.\n")
        return 0
    try:
        folder.make_anew()
        log_to(folder.profile.logs, "desk")
        return Demo(folder, theme or "", one).run(alone)
    finally:
        one.close()


class Demo:
    """One run of the demo."""

    def __init__(self, folder: DemoFolder, theme: str, one: instance.Instance) -> None:
        from PySide6.QtWidgets import QApplication

        from ctidesk.startup.running_desk import RunningDesk, report_bug
        from ctidesk.ui.qt_bridge import QtBridge

        self._folder = folder
        self._reports: list[Report] = []
        self._listeners = [self._reports.append]
        self._outbox: int | None = None
        self._app = QApplication([sys.argv[0]])
        self._app.setApplicationName("ctidesk")
        self._bridge = QtBridge(on_error=report_bug)
        port = free_port()
        self._centre = DemoCentre(f"sip:agent@{HOST}:{port}", self._bridge.deliver, self._report)
        self._centre.start()
        self._wait(lambda: len(self._centre.ports) == 2, CENTRE_S, "The demo centre did not start.")
        keys = KeyStore(folder.profile.root, folder.profile.database)
        keys.choose_file()
        settings = self._settings(port, folder.make_compliance_key())
        voice = voice_file(resources() / "demo" / "voices", AGENT_VOICE)
        self._desk = RunningDesk(
            self._app, folder.profile, settings, keys, theme, ["--mic-file", str(voice)]
        )
        one.listen(lambda text: self._bridge.deliver(lambda: self._desk.message(text)))
        self._desk.parts.desk.subscribe(self._changed)

    def run(self, alone: bool) -> int:
        """The exit code: 0, or 1 when a step of the self-driven demo failed."""
        try:
            self._desk.start()
            self._await_members()
            self._wait(lambda: self._desk.parts.can_sign, KEY_S, "The recording key is missing.")
            return self._drive() if alone else self._play()
        finally:
            self._centre.close()
            self._desk.stop()
            self._bridge.close()

    # ----------------------------------------------------------------- private

    def _settings(self, port: int, recipient: str) -> Settings:
        return Settings(
            account=Account(
                user="agent",
                domain=f"{HOST}:{self._centre.ports['colleagues']}",
                local_port=port,
                bind_address=HOST,
                srtp="optional",
                display_name="Demo agent",
                trusted_peers=(HOST,),
            ),
            recording=Recording(policy="allowed", recipients=(recipient,)),
            data=Data(region="DE", members_csv=str(resources() / "demo" / "members.csv")),
            agent=Agent(name="Demo agent"),
            red_flag=NURSES,
            interpreter=Interpreter(lines=("Polish <202>", "German <202>")),
        )

    def _await_members(self) -> None:
        desk = self._desk
        lacking = "The demo's members could not be imported."
        self._wait(lambda: desk.members_file is not None, IMPORT_S, lacking)
        if desk.members_file is not None and desk.members_file.problem is not None:
            raise desk.members_file.problem

    def _play(self) -> int:
        from ctidesk.ui.demo_panel.presenter import DemoPanelPresenter
        from ctidesk.ui.demo_panel.view import DemoPanel

        presenter = DemoPanelPresenter(CALLERS, COLLEAGUES, self._centre, self._desk.shown)
        panel = DemoPanel(self._desk.theme, presenter, self._open_command("CALL"))

        def told(report: Report) -> None:
            presenter.told(report.what, report.who, report.house, report.leg, report.text)

        for report in self._reports:
            told(report)

        def sealed(change: Change) -> None:
            if isinstance(change, RecordingStopped):
                panel.set_hear(self._open_command(change.call_id))

        self._desk.parts.desk.subscribe(sealed)
        self._listeners = [told]
        panel.show_beside(self._desk.window.window)
        self._desk.parts.actions.ready()
        presenter.begin()
        return self._app.exec()

    def _drive(self) -> int:
        from ctidesk.demo import script, transcript
        from ctidesk.demo.stage import Stage
        from ctidesk.ui.demo_hands import ScreenHands

        window = self._desk.window.window
        window.resize(1440, 900)
        stage = Stage(
            ScreenHands(window, self._desk.theme, self._folder.pictures),
            self._centre,
            self._desk.parts.desk,
            self._desk.parts.pop,
            self._heard,
            lambda: self._outbox,
        )
        self._listeners = [stage.report]
        for report in self._reports:
            stage.report(report)
        fine = script.play(stage)
        transcript.write(self._folder.root, stage.steps)
        sys.stdout.write(transcript.as_text(stage.steps))
        sys.stdout.write(f"\nPictures, transcript, recordings and their key: {self._folder.root}\n")
        return 0 if fine else 1

    def _open_command(self, call: str) -> str:
        folder = self._folder.profile.spool / call
        tool = Path(sys.executable).with_name("ctidesk")
        return f"{tool} recording open {folder} --identity {self._folder.key_file} --play"

    def _heard(self, call_id: str) -> RecordingHeard:
        return check(self._folder.profile.spool / call_id, self._folder.key_file)

    def _report(self, report: Report) -> None:
        for listener in self._listeners:
            listener(report)

    def _changed(self, change: Change) -> None:
        if isinstance(change, WrapUpSaved):
            self._desk.parts.journal.outbox_waiting(self._outbox_counted)

    def _outbox_counted(self, outcome: int | KnownError) -> None:
        self._outbox = None if isinstance(outcome, KnownError) else outcome

    def _wait(self, until: Callable[[], bool], seconds: float, failure: str) -> None:
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                raise KnownError("demo_start", failure, f"See the logs in {self._folder.root}.")
            self._app.processEvents()
            time.sleep(0.005)


def _without_display_talk() -> None:
    """Qt says of each window raised that its offscreen platform cannot do so; all else is shown."""
    from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

    def say(_kind: QtMsgType, _where: QMessageLogContext, text: str) -> None:
        if not text.startswith("This plugin does not support"):
            sys.stderr.write(f"{text}\n")

    qInstallMessageHandler(say)


def _has_display() -> bool:
    try:
        require_display()
    except KnownError:
        return False
    return True
