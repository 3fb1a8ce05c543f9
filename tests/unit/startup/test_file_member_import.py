"""The import as the screen sees it, on a real encrypted cache: broken rows, wrong encodings,
stopping, the report, and that the calling thread is never kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.crm_store import PATIENCE_S, OpenStore

from ctidesk.calls.errors import KnownError
from ctidesk.care.member_import import ImportPreview, ImportProgress, ImportResult, RejectedRow
from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.crm.file_import import BATCH_ROWS
from ctidesk.startup.file_member_import import FileMemberImport, columns, order_of

BROKEN = (
    "Member No;First name;Surname;Date of birth;Mobile\n"
    "M-1;Jané;Secretname;1961-04-12;+491713920031\n"
    "M-2;Tom;Secretname;31.02.1958;\n"
    'M-3;"Ann;Secretname;;\n'
    "M-4;Zoë;Secretname;;not a phone\n"
    "M-5;Kim;Secretname;;\n"
)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenStore]:
    store = OpenStore(tmp_path / "cache.db")
    store.wait_open()
    yield store
    store.close()
    for thread in threading.enumerate():
        if thread.name == "ctidesk-import-file":
            thread.join(PATIENCE_S)


@pytest.fixture
def importing(opened: OpenStore) -> FileMemberImport:
    return FileMemberImport(opened.store, "DE", opened.desk.deliver)


def _preview(
    opened: OpenStore, importing: FileMemberImport, path: Path, *more: str
) -> ImportPreview | KnownError:
    answer = opened.desk.answer(lambda done: importing.preview(path, done, *more))
    assert isinstance(answer, ImportPreview | KnownError)
    return answer


def _import(opened: OpenStore, importing: FileMemberImport, path: Path, *more: str) -> Any:
    seen = _preview(opened, importing, path, *more)
    assert isinstance(seen, ImportPreview)
    return opened.desk.answer(lambda done: importing.start(order_of(seen), lambda _: None, done))


def _names(opened: OpenStore, text: str) -> list[str]:
    directory = SqlMemberDirectory(opened.store, "DE")
    return [c.name for c in opened.desk.answer(lambda done: directory.search(text, 9, done))]


def test_a_file_with_broken_rows_imports_the_others_and_reports_these(
    opened: OpenStore, importing: FileMemberImport, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(BROKEN, encoding="cp1252")
    seen = _preview(opened, importing, path)
    assert isinstance(seen, ImportPreview)
    assert (seen.encoding, seen.encoding_certain, seen.delimiter) == ("cp1252", False, ";")
    assert seen.mapping["family"] == "Surname"
    steps: list[ImportProgress] = []
    result = opened.desk.answer(lambda done: importing.start(order_of(seen), steps.append, done))
    assert isinstance(result, ImportResult)
    assert (result.added, result.changed, result.rows_rejected) == (2, 0, 3)
    assert [(row.line, row.column) for row in result.rejected] == [
        (3, "Date of birth"),
        (4, ""),
        (5, "Mobile"),
    ]
    assert steps[-1].read_bytes == steps[-1].total_bytes == path.stat().st_size
    assert sorted(_names(opened, "secretname")) == ["Jané Secretname", "Kim Secretname"]

    report = tmp_path / "report.csv"
    assert opened.desk.answer(lambda done: importing.save_report(result, report, done)) is None
    text = report.read_text("utf-8-sig")
    assert text.splitlines()[:2] == ["line,column,reason", "3,Date of birth,no such date"]
    assert "Secretname" not in text and "M-2" not in text


def test_the_same_file_again_updates_and_a_changed_one_adds(
    opened: OpenStore, importing: FileMemberImport, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    head = (
        "member_id,given,family,drug,facility_id,facility_name,facility_kind,extension,"
        "colleague_name\n"
    )
    rows = (
        "M-1,Jane,Doe,Aspirin,,,,,\nM-1,,,Ibuprofen,,,,,\nM-2,Tom,Doe,,,,,,\n"
        ",,,,F-1,St. Anna,hospital,,\n,,,,,,,201,Dr. Chen\n"
    )
    path.write_text(head + rows)
    first = _import(opened, importing, path)
    assert (first.rows_read, first.added, first.changed) == (5, 4, 0)
    again = _import(opened, importing, path)
    assert (again.rows_read, again.added, again.changed, again.unchanged) == (5, 0, 0, 4)
    path.write_text(head + "M-2,,,Aspirin,,,,,\nM-3,Lena,Fischer,,,,,,\n")
    more = _import(opened, importing, path)
    assert (more.rows_read, more.added, more.changed) == (2, 1, 1)


@pytest.mark.parametrize(
    ("content", "encoding", "code"),
    [
        (b"", "", "csv_empty"),
        (b"\n\n\n", "", "csv_empty"),
        (BROKEN.encode("utf-16-le"), "", "csv_encoding"),
        (BROKEN.encode("cp1252"), "utf-8", "csv_encoding"),
        (bytes(range(256)) * 4, "", "csv_encoding"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "", "csv_encoding"),
    ],
)
def test_files_that_are_no_text_are_said_in_words(
    opened: OpenStore,
    importing: FileMemberImport,
    tmp_path: Path,
    content: bytes,
    encoding: str,
    code: str,
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    answer = _preview(opened, importing, path, encoding)
    assert isinstance(answer, KnownError) and answer.code == code
    assert answer.text.endswith(".") and answer.remedy.endswith(".")


def test_a_missing_file_and_a_folder_are_said(
    opened: OpenStore, importing: FileMemberImport, tmp_path: Path
) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        answer = _preview(opened, importing, path)
        assert isinstance(answer, KnownError) and answer.code == "csv_unreadable"


def test_a_file_that_goes_away_after_the_preview_is_said(
    opened: OpenStore, importing: FileMemberImport, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("member_id,family\nM-1,Doe\n")
    seen = _preview(opened, importing, path)
    assert isinstance(seen, ImportPreview)
    path.unlink()
    answer = opened.desk.answer(lambda done: importing.start(order_of(seen), lambda _: None, done))
    assert isinstance(answer, KnownError) and answer.code == "csv_unreadable"


def test_stopping_keeps_whole_batches_and_says_how_many(
    opened: OpenStore, importing: FileMemberImport, tmp_path: Path
) -> None:
    path = tmp_path / "big.csv"
    rows = (f"M-{n},Given{n},Family{n}" for n in range(BATCH_ROWS * 20))
    path.write_text("member_id,given,family\n" + "\n".join(rows))
    seen = _preview(opened, importing, path)
    assert isinstance(seen, ImportPreview)

    def progress(step: ImportProgress) -> None:
        if step.rows_read >= BATCH_ROWS:
            importing.cancel()

    result = opened.desk.answer(lambda done: importing.start(order_of(seen), progress, done))
    assert isinstance(result, ImportResult) and result.cancelled
    assert result.added == result.rows_read
    assert BATCH_ROWS <= result.added < BATCH_ROWS * 20
    again = _import(opened, importing, path)  # the cancellation is not remembered
    assert not again.cancelled
    assert (again.added, again.unchanged) == (BATCH_ROWS * 20 - result.added, result.added)


def test_a_report_that_cannot_be_written_is_said(
    opened: OpenStore, importing: FileMemberImport, tmp_path: Path
) -> None:
    result = ImportResult(file_name="a.csv", rejected=(RejectedRow(2, "", "broken"),))
    answer = opened.desk.answer(
        lambda done: importing.save_report(result, tmp_path / "none" / "r.csv", done)
    )
    assert isinstance(answer, KnownError) and answer.code == "report_unwritable"


def test_every_column_has_words_and_a_group() -> None:
    titles = [column.title for column in columns()]
    assert len(set(titles)) == len(titles)
    assert all(title and "_" not in title for title in titles)
    groups = [column.group for column in columns()]
    assert all(groups)
    assert len(dict.fromkeys(groups)) == sum(
        1 for n, group in enumerate(groups) if n == 0 or groups[n - 1] != group
    )


def test_columns_that_were_agreed_to_are_offered_for_the_same_headings_alone(
    opened: OpenStore, importing: FileMemberImport, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Member No;First name;Club\nM-1;Jane;North\n")
    seen = _preview(opened, importing, path)
    assert isinstance(seen, ImportPreview) and not seen.kept
    agreed = {"member_id": "Member No", "family": "First name", "household": "Club"}
    order = replace(order_of(seen), mapping=agreed)
    tried = replace(order, dry_run=True)
    said = opened.desk.answer(lambda done: importing.start(tried, lambda _: None, done))
    assert isinstance(said, ImportResult) and (said.dry_run, said.added) == (True, 1)
    again = _preview(opened, importing, path)
    assert isinstance(again, ImportPreview) and not again.kept  # trying is no agreement
    opened.desk.answer(lambda done: importing.start(order, lambda _: None, done))
    other = tmp_path / "next.csv"
    other.write_text("Member No;First name;Club\nM-2;Tom;South\n")
    again = _preview(opened, importing, other)
    assert isinstance(again, ImportPreview)
    assert (again.kept, again.mapping, again.guessed) == (True, agreed, seen.guessed)
    other.write_text("Member No;First name;Club;Age\nM-2;Tom;South;7\n")
    different = _preview(opened, importing, other)
    assert isinstance(different, ImportPreview) and not different.kept
    importing.forget_mapping(seen.headings)
    opened.run(lambda _: None)  # writes keep their order; reads have a thread of their own
    forgotten = _preview(opened, importing, path)
    assert isinstance(forgotten, ImportPreview) and not forgotten.kept
    assert forgotten.mapping == seen.guessed
