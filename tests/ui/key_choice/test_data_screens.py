"""Keys and members on a real window with the real parts of a desk: encrypted cache, real keys; the
engine is not started, and only the system's key store is taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ctidesk.calls.call import RemoteParty
from ctidesk.calls.events import CallOffered
from ctidesk.config import os_keys
from ctidesk.config.keys import KeyStore
from ctidesk.config.paths import Profile
from ctidesk.config.sections import Data
from ctidesk.config.settings import Settings
from ctidesk.crm.jobs import Lane
from ctidesk.crm.purge import PurgeReport
from ctidesk.crm.store import StorePhase, StoreState
from ctidesk.startup.data_screens import DataScreens, Places
from ctidesk.startup.parts import Parts
from ctidesk.ui.desk_commands import DeskCommands
from ctidesk.ui.key_choice.presenter import KeyPlace
from ctidesk.ui.qt_bridge import QtBridge
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.widgets.notice import NoticeBar
from ctidesk.ui.widgets.timer import SecondTick
from ctidesk.ui.window.layout_memory import ForgetfulLayout
from ctidesk.ui.window.main_window import MainWindow, WindowParts

GOOD = "five sheep under a bridge"
PATIENCE_MS = 30_000


def _no_store() -> os_keys.SecretStore:
    raise os_keys.no_key_store()


class Start:
    """One start of a desk on `profile`, without its engine."""

    def __init__(self, theme: Theme, qtbot: QtBot, profile: Profile, data: Data) -> None:
        self._qtbot = qtbot
        self.bugs: list[Exception] = []
        self.bridge = QtBridge(on_error=self.bugs.append)
        settings = replace(Settings(), data=data)
        keys = KeyStore(profile.root, profile.database, _no_store)
        self.parts = Parts(profile, settings, keys, self.bridge.deliver)
        self.centre = QWidget()
        QVBoxLayout(self.centre)
        panels = {
            name: QWidget()
            for name in ("agent_bar", "quality", "work_list", "wrap_up", "status_strip")
        }
        self.window = MainWindow(
            theme,
            WindowParts(call_bar=QPushButton("Answer"), centre=self.centre, **panels),
            ForgetfulLayout(),
        )
        qtbot.addWidget(self.window)
        self.window.show()
        self.commands = DeskCommands()
        around = Surroundings(theme, SecondTick(self.window), self.parts.clock)
        places = Places(theme, self.window, self.centre, self.commands, around, lambda: ("", ""))
        self.screens = DataScreens(places, self.parts, self.bridge.deliver)
        self.phase = StorePhase.OPENING
        self.parts.on_cache = self._state
        self.parts.start_cache()

    def wait(self, until: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(until, timeout=PATIENCE_MS)
        assert self.bugs == []

    def wait_open(self) -> None:
        self.wait(lambda: self.phase is StorePhase.OPEN)

    def notices(self) -> list[str]:
        return self.window.notices.keys()

    def stop(self) -> None:
        if self.phase is StorePhase.CLOSED:
            return
        self.phase = StorePhase.CLOSED
        self.screens.stop()
        self.parts.stop()
        self.bridge.close()

    def _state(self, state: StoreState) -> None:
        self.phase = state.phase
        self.screens.cache_changed(state)


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    return Profile(tmp_path / "profile").make()


@pytest.fixture
def started(theme: Theme, qtbot: QtBot, profile: Profile) -> Iterator[Callable[..., Start]]:
    running: list[Start] = []

    def start(members: str = "", data: Data | None = None) -> Start:
        running.append(Start(theme, qtbot, profile, data or Data(members_csv=members)))
        return running[-1]

    yield start
    for each in running:
        each.stop()


def test_one_choice_and_the_desk_has_its_data_now_and_at_the_next_start(
    started: Callable[..., Start],
) -> None:
    first = started()
    first.wait(first.screens.key_overlay.isVisible)
    assert first.screens.asks_about(first.parts.store.state.problem)
    first.screens.key_overlay.choices.passphrase.setText(GOOD)
    first.screens.key_overlay.choices.again.setText(GOOD)
    first.screens.key_overlay.go.click()
    first.wait_open()
    assert first.screens.key_overlay.isHidden()
    first.wait(lambda: first.parts.can_sign)  # recordings can be signed with the same keys
    first.wait(lambda: "members" in first.notices())
    first.stop()

    again = started()
    again.wait(again.screens.key_overlay.passphrase.isVisible)
    again.screens.key_overlay.passphrase.setText(GOOD)
    again.screens.key_overlay.go.click()
    again.wait_open()
    assert again.screens.key_overlay.isHidden() and again.notices() != ["keys"]


def test_put_off_it_stays_in_a_notice_that_leads_back(started: Callable[..., Start]) -> None:
    desk = started()
    desk.wait(desk.screens.key_overlay.isVisible)
    desk.screens.keys.pick(KeyPlace.NOWHERE)
    desk.screens.key_overlay.go.click()
    assert desk.screens.key_overlay.isHidden() and desk.notices() == ["keys"]
    button = next(
        each for each in desk.window.notices.findChildren(QPushButton) if each.text() == "Choose…"
    )
    button.click()
    assert desk.screens.key_overlay.isVisible() and desk.notices() == []


def test_the_file_of_the_settings_is_taken_and_told(
    started: Callable[..., Start], tmp_path: Path
) -> None:
    members = tmp_path / "members.csv"
    members.write_text("member_id,given,family\nM-1,Jane,Doe\n")
    desk = started(str(members))
    desk.wait(desk.screens.key_overlay.isVisible)
    desk.screens.keys.pick(KeyPlace.FOLDER)
    desk.screens.keys.confirm()
    desk.wait(lambda: "members" in desk.notices())
    (bar,) = desk.window.notices.findChildren(NoticeBar)
    assert (
        bar.notice.text == "Members of members.csv: 1 new, 0 changed, 0 unchanged, 0 rows rejected."
    )
    desk.stop()
    again = started(str(members))
    again.wait_open()
    found: list[object] = []
    again.parts.directory.search("Doe", 5, found.append)
    again.wait(lambda: bool(found))
    assert [each.name for each in found[0]] == ["Jane Doe"]  # type: ignore[attr-defined]
    assert again.notices() == []  # nothing new, nothing said


def test_a_ringing_call_gets_the_screen_and_the_import_stays(
    started: Callable[..., Start],
) -> None:
    desk = started()
    assert desk.commands.perform("data.import_members")
    assert desk.screens.import_overlay.isVisible()
    now = desk.parts.clock
    caller = RemoteParty(number="+493023125010")
    offered = CallOffered(
        call_id="c1", account_id="main", remote=caller, t_mono=now.mono(), t_wall=now.wall()
    )
    desk.parts.desk.handle(offered)
    assert desk.screens.import_overlay.isHidden()


def _read_long_ago(desk: Start) -> None:
    done: list[object] = []
    desk.parts.store.submit(
        Lane.WRITE,
        lambda c: c.exec_driver_sql("UPDATE members SET read_wall = 0").rowcount,
        done.append,
    )
    desk.wait(lambda: done == [2])


def test_who_is_no_longer_served_is_erased_at_the_start_and_when_asked(
    started: Callable[..., Start], profile: Profile, tmp_path: Path
) -> None:
    KeyStore(profile.root, profile.database, _no_store).choose_passphrase(GOOD)
    members = tmp_path / "members.csv"
    members.write_text(
        "member_id,given,family,plan,coverage_ends\n"
        "M-1,Jane,Doe,Basic,2020-01-01\nM-2,Tom,Doe,Basic,2999-01-01\n"
    )

    def unlocked() -> Start:
        desk = started(str(members))
        desk.wait(desk.screens.key_overlay.passphrase.isVisible)
        desk.screens.key_overlay.passphrase.setText(GOOD)
        desk.screens.key_overlay.go.click()
        desk.wait_open()
        desk.wait(lambda: desk.screens.file_taken is not None)
        desk.wait(lambda: isinstance(desk.screens.purge.last, PurgeReport))
        return desk

    desk = unlocked()
    _read_long_ago(desk)
    assert desk.commands.perform("data.purge")
    desk.wait(lambda: "purge" in desk.notices())
    notice = desk.window.notices.findChildren(NoticeBar)[-1].notice
    assert notice.text == "Members no longer served: 1 erased (1 cover ended)."
    desk.stop()
    again = unlocked()
    assert again.screens.purge.last == PurgeReport()  # the start looked, and there was nobody


def test_an_export_is_refused_or_written_as_the_settings_say(
    started: Callable[..., Start], profile: Profile, tmp_path: Path
) -> None:
    KeyStore(profile.root, profile.database, _no_store).choose_file()
    path = tmp_path / "out.csv"
    desk = started()
    desk.wait_open()
    assert desk.commands.perform("data.export")
    assert desk.screens.export_overlay.forbidden.isVisible()
    desk.screens.exports.because("report for the payer")
    desk.screens.exports.start(path)
    desk.stop()
    assert not path.exists()
    allowed = started(data=Data(export="allowed"))
    allowed.wait_open()
    allowed.screens.exports.because("report for the payer")
    allowed.screens.exports.start(path)
    allowed.wait(lambda: "export" in allowed.notices())
    assert path.read_text("utf-8-sig").startswith('"member_id","given"')
