"""The panel for imports: by keyboard, over the panels but never over the call bar."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from tests.support.fake_clock import FakeClock
from tests.support.fake_member_import import FakeMemberImport, a_preview
from tests.support.screens import grab

from ctidesk.calls.errors import KnownError
from ctidesk.care.member_import import ImportProgress, ImportResult, RejectedRow
from ctidesk.startup.file_member_import import columns, preview_of
from ctidesk.ui.desk_commands import DeskCommands
from ctidesk.ui.member_import.presenter import MemberImportPresenter
from ctidesk.ui.member_import.view import MemberImportOverlay, import_command
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.window.layout_memory import ForgetfulLayout
from ctidesk.ui.window.main_window import MainWindow, WindowParts

FILE = Path("/somewhere/members.csv")
CARDS = """BEGIN:VCARD
VERSION:3.0
UID:M-1
N:Doe;Jane;;;
TEL;TYPE=CELL:0171 3920031
TEL;TYPE=HOME,PREF:030 23125010
ADR;TYPE=HOME:;;Lindenweg 2;Berlin;;10115;
CATEGORIES:family,friends
BDAY:1961-04-12
END:VCARD
"""
SAMPLE = Path(__file__).parents[3] / "resources" / "demo" / "members.csv"


class Rig:
    """The real window with empty panels and an Answer button in the call bar."""

    def __init__(self, theme: Theme, qtbot: QtBot) -> None:
        self.answer = QPushButton("Answer")
        parts = WindowParts(
            agent_bar=QWidget(),
            call_bar=self.answer,
            quality=QWidget(),
            work_list=QWidget(),
            centre=QWidget(),
            wrap_up=QWidget(),
            status_strip=QWidget(),
        )
        self.window = MainWindow(theme, parts, ForgetfulLayout())
        qtbot.addWidget(self.window)
        self.clock = FakeClock()
        self.importing = FakeMemberImport()
        self.importing.columns = columns()  # type: ignore[assignment]
        self.presenter = MemberImportPresenter(self.importing, self.clock)
        self.overlay = MemberImportOverlay(theme, self.window.below, self.presenter)
        self.window.resize(1440, 900)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def preview(self, **more: object) -> None:
        self.overlay.open()
        self.presenter.choose(FILE)
        self.importing.answer_preview(a_preview(FILE, **more))


@pytest.fixture
def rig(theme: Theme, qtbot: QtBot) -> Rig:
    return Rig(theme, qtbot)


def _choose(combo: QComboBox, title: str) -> None:
    combo.setFocus()
    place = combo.findText(title)
    assert place >= 0
    combo.setCurrentIndex(place)
    combo.activated.emit(place)


def test_the_palette_opens_it_and_escape_closes_it(rig: Rig) -> None:
    commands = DeskCommands()
    commands.register(import_command(rig.overlay))
    assert commands.perform("data.import_members")
    assert rig.overlay.isVisible() and rig.overlay.choose_button.hasFocus()
    QTest.keyClick(rig.overlay.choose_button, Qt.Key.Key_Escape)
    assert rig.overlay.isHidden()


def test_the_call_bar_stays_in_reach(rig: Rig) -> None:
    rig.preview()
    place = rig.answer.mapTo(rig.window, rig.answer.rect().center())
    assert rig.window.childAt(place) is rig.answer


def test_columns_are_chosen_in_boxes_and_import_starts_by_enter(rig: Rig) -> None:
    rig.preview()
    table = rig.overlay.preview.table
    assert [table.combo(n).currentText() for n in range(4)] == [
        "Member id",
        "Given name",
        "Family name",
        "— not taken —",
    ]
    _choose(table.combo(3), "Preferred channel")
    assert rig.overlay.preview.go.isEnabled()
    rig.overlay.preview.go.setFocus()
    QTest.keyClick(rig.overlay.preview.go, Qt.Key.Key_Space)
    assert rig.importing.orders[0].mapping["channel"] == "Colour"
    assert rig.overlay.running.isVisible()


def test_without_an_id_the_import_is_disabled_and_says_why(rig: Rig) -> None:
    rig.preview()
    _choose(rig.overlay.preview.table.combo(0), "— not taken —")
    assert not rig.overlay.preview.go.isEnabled()
    hint = rig.overlay.findChild(QLabel, "import_hint")
    assert hint is not None and "member's id" in hint.text()
    assert hint.property("tone") == "danger"


def test_the_groups_in_a_box_cannot_be_chosen(rig: Rig) -> None:
    rig.preview()
    model = rig.overlay.preview.table.combo(0).model()
    flags = {
        model.index(n, 0).data(): bool(model.flags(model.index(n, 0)) & Qt.ItemFlag.ItemIsEnabled)
        for n in range(model.rowCount())
    }
    assert flags["Prescription"] is False and flags["Prescribed drug"] is True


def test_the_wheel_over_a_box_changes_nothing(rig: Rig) -> None:
    rig.preview()
    combo = rig.overlay.preview.table.combo(0)
    combo.setFocus()
    centre = QPointF(combo.rect().center())
    event = QWheelEvent(
        centre,
        combo.mapToGlobal(centre),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(combo, event)
    assert combo.currentText() == "Member id"


def test_another_encoding_reads_the_file_again(rig: Rig) -> None:
    rig.overlay.open()
    rig.presenter.choose(FILE)
    rig.importing.answer_preview(KnownError("csv_encoding", "It can't be read.", "Choose another."))
    problem = rig.overlay.findChild(QLabel, "import_problem")
    assert problem is not None and problem.isVisible() and "can't be read" in problem.text()
    assert rig.overlay.preview.encoding.hasFocus()
    _choose(rig.overlay.preview.encoding, "Western (Windows-1252)")
    assert rig.importing.previews[-1][:2] == (FILE, "cp1252")
    rig.importing.answer_preview(a_preview(FILE, encoding="cp1252"))
    assert problem.isHidden()


def test_a_file_can_be_dropped(rig: Rig, tmp_path: Path) -> None:
    rig.overlay.open()
    dropped = tmp_path / "list.csv"
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(dropped))])
    none = Qt.KeyboardModifier.NoModifier
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, none
    )
    rig.overlay.dropEvent(event)
    assert rig.importing.previews[0][0] == dropped


def test_the_file_dialog_does_not_block_the_window(rig: Rig) -> None:
    rig.overlay.open()
    rig.overlay.choose_button.click()
    dialog = rig.window.findChild(QFileDialog)
    assert dialog is not None and dialog.isVisible() and not dialog.isModal()
    dialog.fileSelected.emit(str(FILE))
    assert rig.importing.previews[0][0] == FILE
    rig.overlay.dismiss()
    assert not dialog.isVisible()


def test_closed_it_goes_on_and_shows_the_end_when_opened_again(rig: Rig) -> None:
    rig.preview()
    rig.presenter.start()
    rig.overlay.running.close_button.click()
    assert rig.overlay.isHidden() and rig.importing.cancelled == 0
    rig.importing.done(ImportResult(file_name="members.csv", added=7))
    rig.overlay.open()
    assert rig.overlay.done.isVisible() and rig.overlay.done.close_button.hasFocus()
    assert rig.overlay.done.result.text() == "7 new, 0 changed, 0 unchanged, 0 rows rejected."
    rig.overlay.done.close_button.click()
    rig.overlay.open()
    assert rig.overlay.choose_button.isVisible()


def test_cells_of_members_leave_the_table_with_the_import(rig: Rig) -> None:
    rig.preview()
    table = rig.overlay.preview.table
    assert table.item(1, 2).text() == "Jane"
    rig.presenter.start()
    rig.importing.done(ImportResult(file_name="members.csv"))
    assert table.rowCount() == 0


def test_pictures_of_every_stage(rig: Rig, theme: Theme, tmp_path: Path) -> None:
    shots: list[Path] = []
    rig.overlay.open()
    shots += grab(theme, rig.window, "import-choose", tmp_path)
    rig.presenter.choose(SAMPLE)
    rig.importing.answer_preview(preview_of(SAMPLE))
    shots += grab(theme, rig.window, "import-preview", tmp_path)
    rig.presenter.map("member_id", "")
    rig.presenter.map("facility_id", "")
    rig.presenter.map("extension", "")
    shots += grab(theme, rig.window, "import-no-id", tmp_path, themes=("light",))
    rig.presenter.map("member_id", "member_id")
    rig.presenter.start()
    rig.clock.advance(4)
    rig.importing.progress(
        ImportProgress(rows_read=48_300, rows_rejected=3, read_bytes=41, total_bytes=100)
    )
    shots += grab(theme, rig.window, "import-running", tmp_path)
    rejected = tuple(
        RejectedRow(line, column, reason)
        for line, column, reason in (
            (17, "birth_date", "no such date"),
            (204, "", "a quotation mark is opened and never closed"),
            (1_882, "phone_mobile", "not a telephone number"),
        )
    )
    rig.importing.done(
        ImportResult(
            file_name=SAMPLE.name, added=117_204, changed=3, rows_rejected=3, rejected=rejected
        )
    )
    shots += grab(theme, rig.window, "import-done", tmp_path)
    rig.presenter.reset()
    cards = tmp_path / "cards.vcf"
    cards.write_text(CARDS)
    rig.presenter.choose(cards)
    rig.importing.answer_preview(replace(preview_of(cards), kept=True))
    shots += grab(theme, rig.window, "import-vcard", tmp_path)
    rig.presenter.start(dry_run=True)
    rig.importing.done(
        ImportResult(
            file_name=cards.name,
            added=112,
            changed=3,
            unchanged=1_208,
            rows_rejected=3,
            rejected=rejected,
            dry_run=True,
        )
    )
    shots += grab(theme, rig.window, "import-dry-run", tmp_path)
    rig.presenter.reset()
    rig.presenter.choose(FILE)
    rig.importing.answer_preview(
        KnownError(
            "csv_encoding",
            "The file can't be read with this character encoding: line 3 has characters that no "
            "text has.",
            "Choose another encoding and look at the names in the preview, or save the file as "
            "UTF-8.",
        )
    )
    shots += grab(theme, rig.window, "import-wrong-encoding", tmp_path, themes=("dark",))
    assert all(shot.stat().st_size > 5_000 for shot in shots)


def test_a_dry_run_by_mouse_then_the_import(rig: Rig, qtbot: QtBot) -> None:
    rig.preview()
    qtbot.mouseClick(rig.overlay.preview.try_out, Qt.MouseButton.LeftButton)
    assert rig.importing.orders[-1].dry_run
    rig.importing.done(ImportResult(file_name="m.csv", added=7, dry_run=True))
    done = rig.overlay.done
    assert done.result.text().startswith("Dry run, nothing was written: 7 new")
    assert done.back.hasFocus()  # Enter must not import
    qtbot.mouseClick(done.back, Qt.MouseButton.LeftButton)
    assert rig.overlay.preview.isVisible()
    rig.presenter.start(dry_run=True)
    rig.importing.done(ImportResult(file_name="m.csv", added=7, dry_run=True))
    QTest.keyClick(rig.overlay, Qt.Key.Key_Escape)
    rig.overlay.open()
    assert rig.overlay.preview.isVisible()  # nothing was lost
    qtbot.mouseClick(rig.overlay.preview.go, Qt.MouseButton.LeftButton)
    assert not rig.importing.orders[-1].dry_run
    rig.importing.done(ImportResult(file_name="m.csv", added=7))
    assert done.close_button.isVisible() and not done.follow.isVisible()


def test_a_vcard_has_no_delimiter(rig: Rig) -> None:
    rig.preview(form="vcard", delimiter="", kept=True)
    assert not rig.overlay.preview.delimiter.isVisible()
    assert rig.overlay.preview.guess.isVisible()
    rig.presenter.guess_again()
    assert not rig.overlay.preview.guess.isVisible()
    rig.preview()
    assert rig.overlay.preview.delimiter.isVisible()
