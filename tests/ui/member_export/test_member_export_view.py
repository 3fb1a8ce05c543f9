"""The panel for exports: a reason first, a warning always, nothing where it is forbidden."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from tests.support.fake_clock import FakeClock
from tests.support.fake_member_export import FakeMemberExport
from tests.support.screens import grab

from ctidesk.calls.errors import KnownError
from ctidesk.care.member_export import (
    DIRECTORY,
    Contents,
    ExportForm,
    ExportProgress,
    ExportResult,
)
from ctidesk.crm.private_file import unwritable
from ctidesk.startup.member_export import forbidden
from ctidesk.ui.desk_commands import DeskCommands
from ctidesk.ui.member_export.presenter import (
    CHOICES,
    FORMS,
    ExportStage,
    MemberExportPresenter,
)
from ctidesk.ui.member_export.view import MemberExportOverlay, export_command
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.window.layout_memory import ForgetfulLayout
from ctidesk.ui.window.main_window import MainWindow, WindowParts

REASON = "monthly report"


class Rig:
    def __init__(self, theme: Theme, qtbot: QtBot, refusal: KnownError | None = None) -> None:
        parts = WindowParts(
            agent_bar=QWidget(),
            call_bar=QPushButton("Answer"),
            quality=QWidget(),
            work_list=QWidget(),
            centre=QWidget(),
            wrap_up=QWidget(),
            status_strip=QWidget(),
        )
        self.window = MainWindow(theme, parts, ForgetfulLayout())
        qtbot.addWidget(self.window)
        self.exporting = FakeMemberExport(refusal)
        self.ended: list[str] = []
        self.presenter = MemberExportPresenter(
            self.exporting,
            FakeClock(),
            today=lambda: date(2026, 3, 31),
            on_ended=lambda said, _: self.ended.append(said),
        )
        self.overlay = MemberExportOverlay(theme, self.window.below, self.presenter)
        self.window.resize(1440, 900)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)


@pytest.fixture
def rig(theme: Theme, qtbot: QtBot) -> Rig:
    return Rig(theme, qtbot)


def test_without_a_reason_nothing_leaves(rig: Rig) -> None:
    commands = DeskCommands()
    commands.register(export_command(rig.overlay))
    assert commands.perform("data.export")
    page = rig.overlay.choose
    assert page.reason.hasFocus() and not page.go.isEnabled()
    assert page.problem.text() == ""  # not yet a mistake
    QTest.keyClicks(page.reason, "why")
    assert not page.go.isEnabled() and "8 letters" in page.problem.text()
    rig.presenter.start(Path("/tmp/x.csv"))
    assert rig.exporting.orders == []
    QTest.keyClicks(page.reason, " not at all")
    assert page.go.isEnabled() and page.problem.text() == ""
    warned = " ".join(label.text() for label in page.findChildren(QLabel))
    assert "Health data leave the desk" in warned and "audit trail" in warned


def test_the_file_is_asked_for_and_the_order_given(rig: Rig, qtbot: QtBot) -> None:
    rig.overlay.open()
    page = rig.overlay.choose
    page.form.activated.emit([form for _, form in FORMS].index(ExportForm.VCARD_4))
    QTest.keyClicks(page.reason, REASON)
    qtbot.mouseClick(page.go, Qt.MouseButton.LeftButton)
    (dialog,) = rig.window.findChildren(QFileDialog)
    assert not dialog.isModal()
    assert Path(dialog.selectedFiles()[0]).name == "members-2026-03-31.vcf"
    dialog.fileSelected.emit("/somewhere/out.vcf")
    (order,) = rig.exporting.orders
    assert (order.path, order.contents) == (Path("/somewhere/out.vcf"), DIRECTORY)
    assert (order.form, order.reason, order.begins) == (ExportForm.VCARD_4, REASON, None)
    rig.exporting.progress(ExportProgress(rows=1_200, share=0.25))
    assert rig.overlay.running.bar.value() == 250
    assert rig.overlay.running.words.text() == "1,200 rows"
    qtbot.mouseClick(rig.overlay.running.cancel, Qt.MouseButton.LeftButton)
    assert rig.exporting.cancelled == 1 and not rig.overlay.running.cancel.isEnabled()
    rig.exporting.done(ExportResult("out.vcf", cancelled=True))
    assert rig.overlay.done.result.text() == "Stopped: no file was written."
    assert rig.ended == ["Stopped: no file was written."]
    dialog.close()


def test_calls_have_a_period_and_go_into_csv_alone(rig: Rig) -> None:
    rig.overlay.open()
    page = rig.overlay.choose
    rig.presenter.write_as(ExportForm.VCARD_3)
    page.what.activated.emit([each for _, each in CHOICES].index((Contents.CALLS,)))
    assert page.begins.isVisible() and not page.form.isEnabled()
    assert rig.presenter.live.state.form is ExportForm.CSV
    rig.presenter.because(REASON)
    page.begins.setDate(page.ends.date().addDays(1))
    assert "ends before it begins" in page.problem.text() and not page.go.isEnabled()
    page.begins.setDate(page.ends.date().addDays(-1))
    rig.presenter.start(Path("/somewhere/calls.csv"))
    (order,) = rig.exporting.orders
    assert (order.begins, order.ends) == (date(2026, 3, 30), date(2026, 3, 31))
    rig.exporting.done(ExportResult("calls.csv", ((Contents.CALLS, 1),)))
    assert rig.overlay.done.result.text() == "1 call is in the file."
    QTest.keyClick(rig.overlay, Qt.Key.Key_Escape)
    state = rig.presenter.live.state
    assert (state.stage, state.reason) == (ExportStage.CHOOSE, "")  # asked for anew


def test_a_failure_is_said_with_its_remedy(rig: Rig) -> None:
    rig.overlay.open()
    rig.presenter.because(REASON)
    rig.presenter.start(Path("/somewhere/out.csv"))
    rig.exporting.done(unwritable())
    assert rig.overlay.done.result.text() == "Nothing was exported."
    assert "Choose a folder of your own" in rig.overlay.done.problem.text()


def test_where_it_is_forbidden_the_panel_says_why_and_offers_nothing(
    theme: Theme, qtbot: QtBot
) -> None:
    rig = Rig(theme, qtbot, forbidden())
    rig.overlay.open()
    assert not rig.overlay.choose.isVisible() and rig.overlay.forbidden.isVisible()
    said = " ".join(label.text() for label in rig.overlay.forbidden.findChildren(QLabel))
    assert 'export = "allowed"' in said
    rig.presenter.because(REASON)
    rig.presenter.start(Path("/somewhere/out.csv"))
    assert rig.exporting.orders == []


def test_pictures(theme: Theme, rig: Rig, qtbot: QtBot, tmp_path: Path) -> None:
    rig.overlay.open()
    shots = grab(theme, rig.window, "export-choose", tmp_path)
    rig.presenter.choose((Contents.CALLS,))
    rig.presenter.because("audit")
    shots += grab(theme, rig.window, "export-calls", tmp_path)
    rig.presenter.because("audit of March")
    rig.presenter.start(Path("/somewhere/calls-2026-03-31.csv"))
    rig.exporting.progress(ExportProgress(rows=12_000, share=0.4))
    shots += grab(theme, rig.window, "export-running", tmp_path)
    rig.exporting.done(ExportResult("calls.csv", ((Contents.CALLS, 30_120),)))
    shots += grab(theme, rig.window, "export-done", tmp_path)
    refused = Rig(theme, qtbot, forbidden())
    refused.overlay.open()
    shots += grab(theme, refused.window, "export-forbidden", tmp_path)
    assert all(shot.stat().st_size > 5_000 for shot in shots)
