"""The whole demo on the real window: real engine, recorder, encrypted cache, callers.

Runs in: tests.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication

from ctidesk.calls.errors import KnownError
from ctidesk.config.keys import KeyStore
from ctidesk.config.paths import Profile, resources
from ctidesk.config.sections import Account, Agent, Data, Recording
from ctidesk.config.settings import Settings
from ctidesk.crm.file_import import import_file
from ctidesk.crm.import_files import preview
from ctidesk.crm.import_plan import ImportReport, plan_of
from ctidesk.crm.store import StorePhase
from ctidesk.demo.free_port import free_port
from ctidesk.demo.houses import DemoCentre
from ctidesk.demo.people import REGION
from ctidesk.demo.recording_check import RecordingHeard, check
from ctidesk.demo.stage import Stage
from ctidesk.recording.identity import new_identity_file
from ctidesk.startup.demo import NURSES
from ctidesk.startup.running_desk import RunningDesk
from ctidesk.ui.demo_hands import ScreenHands

HOST = "127.0.0.1"


class DemoDesk:
    """A desk with made-up members; `stage` plays on it once `ready`."""

    def __init__(self, app: QApplication, folder: Path) -> None:
        self._folder = folder
        profile = Profile(folder / "profile").make()
        keys = KeyStore(profile.root, profile.database)
        keys.choose_file()
        identity, recipient = new_identity_file()
        self._identity = folder / "compliance.key"
        self._identity.write_text(identity)
        agent, colleagues = free_port(), free_port()
        settings = Settings(
            red_flag=NURSES,
            account=Account(
                user="agent",
                domain=f"{HOST}:{colleagues}",
                local_port=agent,
                bind_address=HOST,
                trusted_peers=(HOST,),
            ),
            recording=Recording(policy="required", recipients=(recipient,)),
            data=Data(region=REGION),
            agent=Agent(name="Demo agent"),
        )
        self.desk = RunningDesk(app, profile, settings, keys, "light")
        parts = self.desk.parts
        self.spool = profile.spool
        self.centre = DemoCentre(
            f"sip:agent@{HOST}:{agent}",
            self.desk.bridge.deliver,
            lambda report: self.stage.report(report),  # noqa: PLW0108 - made later
            colleagues,
        )
        self.hands = ScreenHands(self.desk.window.window, self.desk.theme, folder)
        self._outbox: int | None = None
        self._problems: list[KnownError] = []
        self.stage = Stage(
            self.hands, self.centre, parts.desk, parts.pop, self._check, self._outbox_waiting
        )
        self._recording_key = False
        told = parts.on_recording_key

        def key_changed(problem: KnownError | None) -> None:
            self._recording_key = problem is None
            told(problem)

        parts.on_recording_key = key_changed

    def start(self) -> None:
        """Returns when members, callers and the recording's key are there."""
        self.centre.start()
        self.desk.start()
        parts = self.desk.parts
        assert self.hands.wait(lambda: parts.store.state.phase is StorePhase.OPEN, 30)
        done: list[ImportReport | KnownError] = []
        plan = plan_of(preview(resources() / "demo" / "members.csv"), REGION)
        import_file(parts.store, plan, done.append)
        assert self.hands.wait(lambda: bool(done), 30)
        assert isinstance(done[0], ImportReport), done[0]
        assert done[0].rows_rejected == 0
        assert self.hands.wait(lambda: len(self.centre.ports) == 2 and self._recording_key, 30)

    def close(self) -> None:
        self.centre.close()
        self.desk.parts.supervisor.stop(leave_engine=False)
        self.desk.stop()

    def _check(self, call_id: str) -> RecordingHeard:
        return check(self.spool / call_id, self._identity)

    def _outbox_waiting(self) -> int | None:
        def answered(outcome: int | KnownError) -> None:
            self._outbox = outcome if isinstance(outcome, int) else None

        self.desk.parts.journal.outbox_waiting(answered)
        return self._outbox
