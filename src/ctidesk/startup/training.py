"""`ctidesk training`: the desk on a profile that is thrown away, callers who are made up, feedback.

Runs in: desk process, main thread; the callers are processes of their own. The folder with the
members, calls and the log goes when it ends; no CRM and no web CRM is connected.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.care.training import Scenario
from ctidesk.care.training_file import load_scenarios
from ctidesk.config import settings as settings_file
from ctidesk.config.paths import resources
from ctidesk.config.sections import Recording
from ctidesk.config.settings import Settings
from ctidesk.demo.lines import Report
from ctidesk.demo.people import CALLERS
from ctidesk.diagnostics.logs import log_to
from ctidesk.startup import instance
from ctidesk.startup.demo import Demo, DemoFolder
from ctidesk.startup.run import require_display
from ctidesk.ui.widgets.notice import Level, Notice

MARKER = "training"


def run(config: Path | None, theme: str | None) -> int:
    """Until its window is closed. `config`: the centre's settings, of which codes, articles and
    wrap-up are used. Raises `KnownError`."""
    require_display()
    own = Settings()
    if config is not None:
        own = settings_file.parse(settings_file.read(config), config.parent)
    scenarios = scenarios_of()
    root = Path(tempfile.mkdtemp(prefix="ctidesk-training-"))
    folder = DemoFolder(root)
    try:
        folder.make_anew()
        one = instance.claim(folder.profile.runtime)
        if one is None:
            raise KnownError(
                "training_runs", "A training with this folder is running.", "End it first."
            )
        log_to(folder.profile.logs, "desk")
        try:
            return Training(folder, theme or "", one, own, scenarios).run(alone=False)
        finally:
            one.close()
    finally:
        shutil.rmtree(folder.profile.runtime, ignore_errors=True)
        shutil.rmtree(root, ignore_errors=True)


def scenarios_of() -> tuple[Scenario, ...]:
    """Those that ship with ctidesk."""
    return load_scenarios(resources() / "training", [each.key for each in CALLERS])


def training_settings(base: Settings, own: Settings) -> Settings:
    """`base`: the demo's account and members. Of the centre's own: codes, articles, how it wraps
    up, how it looks. Never its account, CRM, web CRM or recording."""
    return dataclasses.replace(
        base,
        recording=Recording(policy="forbidden"),
        wrapup=own.wrapup,
        care=own.care,
        appearance=own.appearance,
        agent=dataclasses.replace(own.agent, name="Trainee"),
    )


class Training(Demo):
    """One training. The marker stands in the window all the time."""

    def __init__(
        self,
        folder: DemoFolder,
        theme: str,
        one: instance.Instance,
        own: Settings,
        scenarios: tuple[Scenario, ...],
    ) -> None:
        self._own = own
        self._all = scenarios
        super().__init__(folder, theme, one)
        mark(self._desk.window.window)

    def _settings(self, port: int, recipient: str) -> Settings:
        return training_settings(super()._settings(port, recipient), self._own)

    def _play(self) -> int:
        from ctidesk.ui.training.presenter import TrainingPresenter
        from ctidesk.ui.training.view import TrainingPanel

        parts, window = self._desk.parts, self._desk.window
        presenter = TrainingPresenter(self._all, self._centre, parts.desk)
        panel = TrainingPanel(window.around, presenter)

        def told(report: Report) -> None:
            if report.what in ("refused", "gone"):
                presenter.refused(report.text or "The made-up callers are gone: start anew.")

        self._listeners = [told]
        panel.move(window.window.frameGeometry().topRight())
        panel.show()
        parts.actions.ready()
        code = self._app.exec()
        # no engine outlives a training: there is nobody to come back to its call
        parts.supervisor.stop(leave_engine=False)
        return code


def mark(window: object) -> None:
    """A notice that cannot be closed, and the window's title."""
    from ctidesk.ui.window.main_window import MainWindow

    assert isinstance(window, MainWindow)
    window.setWindowTitle("ctidesk – TRAINING")
    window.notices.show_notice(
        MARKER,
        Notice(
            level=Level.WARNING,
            text="TRAINING: every member and caller is made up.",
            remedy="Nothing is kept, counted or sent; real calls do not come here.",
            closable=False,
        ),
    )
