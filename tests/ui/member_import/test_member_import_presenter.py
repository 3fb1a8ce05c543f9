"""An import from file to report, without a widget."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.fake_clock import FakeClock
from tests.support.fake_member_import import FakeMemberImport, a_preview

from ctidesk.calls.errors import KnownError
from ctidesk.care.member_import import ImportProgress, ImportResult, RejectedRow, summary
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.member_import.presenter import MemberImportPresenter
from ctidesk.ui.member_import.state import ImportStage, progress_words

FILE = Path("/somewhere/members.csv")


@pytest.fixture
def importing() -> FakeMemberImport:
    return FakeMemberImport()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def presenter(importing: FakeMemberImport, clock: FakeClock) -> MemberImportPresenter:
    return MemberImportPresenter(importing, clock)


def _previewed(presenter: MemberImportPresenter, importing: FakeMemberImport) -> None:
    presenter.choose(FILE)
    importing.answer_preview(a_preview(FILE))


def test_a_file_is_shown_with_guesses_before_anything_is_imported(
    presenter: MemberImportPresenter, importing: FakeMemberImport
) -> None:
    assert presenter.live.state.stage is ImportStage.CHOOSE
    presenter.choose(FILE)
    assert presenter.live.state.stage is ImportStage.READING
    importing.answer_preview(a_preview(FILE))
    state = presenter.live.state
    assert (state.stage, state.file_name) == (ImportStage.PREVIEW, "members.csv")
    assert (state.encoding, state.delimiter) == ("utf-8", ";")
    assert [(line.heading, line.column) for line in state.lines] == [
        ("No.", "member_id"),
        ("First name", "given"),
        ("Surname", "family"),
        ("Colour", ""),
    ]
    assert state.lines[1].cells == ("Jane", "Tom")
    assert state.lines[3].cells == ("blue",)  # the second row is short
    assert state.can_start and "1 column is not taken" in state.hint
    assert importing.orders == []


def test_a_column_has_one_heading_the_latest(
    presenter: MemberImportPresenter, importing: FakeMemberImport
) -> None:
    _previewed(presenter, importing)
    presenter.map("Colour", "family")
    assert [line.column for line in presenter.live.state.lines] == [
        "member_id",
        "given",
        "",
        "family",
    ]
    presenter.map("Colour", "")
    presenter.map("Surname", "family")
    presenter.start()
    assert importing.orders[0].mapping == {
        "member_id": "No.",
        "given": "First name",
        "family": "Surname",
    }


def test_without_an_id_it_says_so_and_does_not_start(
    presenter: MemberImportPresenter, importing: FakeMemberImport
) -> None:
    _previewed(presenter, importing)
    presenter.map("No.", "")
    state = presenter.live.state
    assert not state.can_start and state.hint_is_problem and "member's id" in state.hint
    presenter.start()
    assert importing.orders == []


def test_of_two_columns_with_one_heading_the_first_is_taken(
    presenter: MemberImportPresenter, importing: FakeMemberImport
) -> None:
    presenter.choose(FILE)
    importing.answer_preview(
        a_preview(headings=("No.", "Name", "Name"), mapping={"member_id": "No.", "given": "Name"})
    )
    assert [line.column for line in presenter.live.state.lines] == ["member_id", "given", ""]


def test_a_wrong_encoding_is_said_and_another_can_be_chosen(
    presenter: MemberImportPresenter, importing: FakeMemberImport
) -> None:
    presenter.choose(FILE)
    importing.answer_preview(KnownError("csv_encoding", "It can't be read.", "Choose another."))
    state = presenter.live.state
    assert state.stage is ImportStage.PREVIEW and not state.can_start and state.lines == ()
    assert state.problem == Problem("It can't be read.", "Choose another.")
    presenter.read_as(encoding="cp1252")
    assert importing.previews[-1][:3] == (FILE, "cp1252", "")
    importing.answer_preview(a_preview(encoding="cp1252", encoding_certain=False))
    state = presenter.live.state
    assert state.problem is None and state.can_start
    assert "guessed" in state.hint and not state.hint_is_problem
    presenter.read_as(delimiter=",")
    assert importing.previews[-1][:3] == (FILE, "cp1252", ",")


def test_a_late_preview_of_another_file_is_dropped(
    presenter: MemberImportPresenter, importing: FakeMemberImport
) -> None:
    presenter.choose(Path("old.csv"))
    presenter.choose(FILE)
    importing.answer_preview(a_preview(headings=("old",), rows=(), mapping={}), which=0)
    assert presenter.live.state.stage is ImportStage.READING
    importing.answer_preview(a_preview(FILE))
    assert presenter.live.state.file_name == "members.csv"
    assert len(presenter.live.state.lines) == 4


def test_progress_is_told_in_words_and_not_more_often_than_it_is_read(
    presenter: MemberImportPresenter, importing: FakeMemberImport, clock: FakeClock
) -> None:
    told: list[str] = []
    presenter.live.watch(lambda state: told.append(state.progress))
    _previewed(presenter, importing)
    presenter.start()
    told.clear()
    for batch in range(1, 101):
        clock.advance(0.05)
        importing.progress(
            ImportProgress(rows_read=batch * 100, read_bytes=batch * 10, total_bytes=4_000)
        )
    assert 20 <= len(told) <= 26  # five a second in five seconds, not a hundred
    assert told[-1].startswith("10,000 rows · 2,000 rows/s · about 15 s left")
    assert presenter.live.state.share == 0.25


@pytest.mark.parametrize(
    ("progress", "elapsed_s", "words"),
    [
        (ImportProgress(), 0.0, "0 rows"),
        (ImportProgress(rows_read=100, read_bytes=1, total_bytes=100), 0.5, "100 rows"),
        (
            ImportProgress(rows_read=9_000, rows_rejected=3, read_bytes=1, total_bytes=31),
            60.0,
            "9,000 rows · 150 rows/s · about 30 min left · 3 rejected",
        ),
        (ImportProgress(rows_read=10, read_bytes=5, total_bytes=5), 2.0, "10 rows · 5 rows/s"),
    ],
)
def test_words_of_progress(progress: ImportProgress, elapsed_s: float, words: str) -> None:
    assert progress_words(progress, elapsed_s) == words


def test_cancel_keeps_what_is_in_and_says_so(
    presenter: MemberImportPresenter, importing: FakeMemberImport
) -> None:
    _previewed(presenter, importing)
    presenter.cancel()  # nothing runs yet
    assert importing.cancelled == 0
    presenter.start()
    presenter.choose(Path("other.csv"))  # not while one runs
    presenter.reset()
    assert presenter.running and len(importing.previews) == 1
    presenter.cancel()
    assert importing.cancelled == 1 and presenter.live.state.cancelling
    importing.done(ImportResult(file_name="members.csv", added=200, cancelled=True))
    state = presenter.live.state
    assert state.stage is ImportStage.DONE
    assert state.result == "Stopped: 200 new, 0 changed, 0 unchanged, 0 rows rejected so far."


def test_the_result_names_new_updated_and_rejected_and_the_report_is_saved(
    importing: FakeMemberImport, clock: FakeClock
) -> None:
    told: list[tuple[str, Problem | None]] = []
    presenter = MemberImportPresenter(importing, clock, lambda *words: told.append(words))
    _previewed(presenter, importing)
    presenter.start()
    rejected = (RejectedRow(3, "Born", "no such date"),)
    importing.done(
        ImportResult(file_name="m.csv", added=1200, changed=3, rows_rejected=1, rejected=rejected)
    )
    state = presenter.live.state
    assert state.result == "1,200 new, 3 changed, 0 unchanged, 1 row rejected."
    assert (state.rejected, state.rejected_count) == (rejected, 1)
    assert told == [(state.result, None)]
    assert state.lines == ()  # members' data are no longer shown
    presenter.save_report(Path("/tmp/report.csv"))
    importing.report_done(None)
    assert presenter.live.state.note == "Saved as report.csv."
    presenter.save_report(Path("/root/report.csv"))
    importing.report_done(KnownError("report_unwritable", "It can't.", "Elsewhere."))
    assert presenter.live.state.note == "It can't. Elsewhere."
    presenter.reset()
    state = presenter.live.state
    assert state.stage is ImportStage.CHOOSE and state.rejected == () and state.file_name == ""


def test_an_import_that_breaks_off_says_what_stays(
    presenter: MemberImportPresenter, importing: FakeMemberImport
) -> None:
    _previewed(presenter, importing)
    presenter.start()
    importing.progress(ImportProgress(rows_read=1_500, read_bytes=1, total_bytes=2))
    importing.done(KnownError("disk_full", "The disk is full.", "Free some space."))
    state = presenter.live.state
    assert state.result == "The import broke off after 1,500 rows; these stay."
    assert state.problem == Problem("The disk is full.", "Free some space.")


def test_hostile_names_and_cells_are_plain_text(
    presenter: MemberImportPresenter, importing: FakeMemberImport
) -> None:
    presenter.choose(Path("a\u202egpj.csv"))
    importing.answer_preview(a_preview(rows=(("x" * 5_000, "a\u202eb\nc", "<b>x</b>", ""),)))
    state = presenter.live.state
    assert "\u202e" not in state.file_name
    cells = [line.cells[0] for line in state.lines[:3]]
    assert len(cells[0]) == 40 and cells[1] == "ab c" and cells[2] == "<b>x</b>"


def test_examples_pass_over_empty_and_equal_cells(
    presenter: MemberImportPresenter, importing: FakeMemberImport
) -> None:
    presenter.choose(FILE)
    cells = ("", "de", "", "de", "pl", "en", "id")
    importing.answer_preview(
        a_preview(headings=("No.",), mapping={}, rows=tuple((cell,) for cell in cells))
    )
    assert presenter.live.state.lines[0].cells == ("de", "pl", "en")


def test_members_data_are_not_in_representations() -> None:
    assert "Jane" not in repr(a_preview())


def test_the_summary_counts_one_row_as_a_row() -> None:
    assert summary(ImportResult(file_name="", rows_rejected=1)).endswith("1 row rejected.")


def test_a_dry_run_keeps_the_columns_for_the_import(
    importing: FakeMemberImport, clock: FakeClock
) -> None:
    ended: list[str] = []
    presenter = MemberImportPresenter(importing, clock, lambda said, _: ended.append(said))
    presenter.choose(FILE)
    importing.answer_preview(a_preview(FILE))
    presenter.map("Colour", "phone")
    presenter.start(dry_run=True)
    assert importing.orders[-1].dry_run and presenter.live.state.dry_run
    rejected = (RejectedRow(3, "Colour", "not a telephone number"),)
    importing.done(
        ImportResult(
            file_name="m.csv",
            added=2,
            unchanged=1,
            rows_rejected=1,
            rejected=rejected,
            dry_run=True,
        )
    )
    state = presenter.live.state
    assert state.stage is ImportStage.DONE and state.can_follow
    assert state.result == (
        "Dry run, nothing was written: 2 new, 0 changed, 1 unchanged, 1 row rejected."
    )
    assert state.rejected == rejected
    assert ended == []  # the desk is told of imports alone
    presenter.back()
    state = presenter.live.state
    assert (state.stage, state.result, state.rejected) == (ImportStage.PREVIEW, "", ())
    assert [line.column for line in state.lines] == ["member_id", "given", "family", "phone"]
    presenter.start(dry_run=True)
    importing.done(ImportResult(file_name="m.csv", added=2, dry_run=True))
    presenter.start()  # at once after what was said
    order = importing.orders[-1]
    assert not order.dry_run and order.mapping["phone"] == "Colour"
    assert order.headings == ("No.", "First name", "Surname", "Colour")
    importing.done(ImportResult(file_name="m.csv", added=2))
    assert presenter.live.state.result == "2 new, 0 changed, 0 unchanged, 0 rows rejected."
    assert len(ended) == 1 and not presenter.live.state.can_follow


def test_a_dry_run_that_failed_leads_back_and_not_on(
    presenter: MemberImportPresenter, importing: FakeMemberImport
) -> None:
    presenter.choose(FILE)
    importing.answer_preview(a_preview(FILE))
    presenter.start(dry_run=True)
    importing.done(KnownError("csv_encoding", "It can't be read.", "Choose another."))
    state = presenter.live.state
    assert state.problem is not None and not state.can_follow
    assert state.result == "The dry run broke off after 0 rows."
    presenter.leave()
    assert presenter.live.state.stage is ImportStage.PREVIEW


def test_columns_as_agreed_to_before_can_be_guessed_again(
    presenter: MemberImportPresenter, importing: FakeMemberImport
) -> None:
    presenter.choose(FILE)
    importing.answer_preview(a_preview(FILE, mapping={"member_id": "Colour"}, kept=True))
    state = presenter.live.state
    assert state.kept and "agreed" in state.hint
    assert [line.column for line in state.lines] == ["", "", "", "member_id"]
    presenter.guess_again()
    state = presenter.live.state
    assert not state.kept
    assert [line.column for line in state.lines] == ["member_id", "given", "family", ""]
    assert importing.forgotten == [("No.", "First name", "Surname", "Colour")]
