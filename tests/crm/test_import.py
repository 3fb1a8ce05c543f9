"""Import of CSV files into the real cache."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from tests.support.crm_store import OpenStore

from ctidesk.calls.errors import KnownError
from ctidesk.care.member import Party
from ctidesk.config.paths import resources
from ctidesk.crm import schema
from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.crm.file_import import BATCH_ROWS, import_file
from ctidesk.crm.import_files import preview
from ctidesk.crm.import_plan import Cancel, ImportReport, plan_of, report_csv
from ctidesk.crm.store import Lane

SAMPLE = resources() / "demo" / "members.csv"


def _import(opened: OpenStore, path: Path, **more: Any) -> ImportReport | KnownError:
    plan = plan_of(preview(path), "DE")
    return opened.desk.answer(lambda done: import_file(opened.store, plan, done, **more))


def _count(opened: OpenStore, table: Any) -> int:
    query = select(func.count()).select_from(table)
    return int(opened.run(lambda c: c.execute(query).scalar_one(), Lane.READ))


def test_the_sample_makes_rich_cards(opened: OpenStore) -> None:
    report = _import(opened, SAMPLE)
    assert isinstance(report, ImportReport)
    assert (report.rows_rejected, report.rejected) == (0, ())
    assert report.finished and not report.cancelled
    directory = SqlMemberDirectory(opened.store, "DE")

    def find(number: str) -> Any:
        return opened.desk.answer(lambda done: directory.find_by_number(number, done))

    shared = find("+493023125010").candidates
    assert [c.name for c in shared] == ["Jane Doe", "Tom Doe"]
    assert {c.reason for c in shared} == {"shared household number"}
    (maria,) = find("0171 3920015").candidates
    assert (maria.party, maria.reason) == (Party.CARER, "carer of Walter Lindqvist")
    assert [c.party for c in find("+493023125200").candidates] == [Party.SUPPLIER]
    assert [c.party for c in find("+493023125300").candidates] == [Party.INSURER]
    assert find("203").candidates[0].name == "Team lead Ruiz"

    jane = opened.desk.answer(lambda done: directory.card(shared[0].member_id, done))
    assert jane.birth_date == date(1961, 4, 12)
    assert len(jane.prescriptions) == 2
    assert jane.prescriptions[0].expires == date.today() + timedelta(days=95)
    assert jane.appointments and jane.coverages and jane.flags
    assert [c.at for c in jane.history] == sorted((c.at for c in jane.history), reverse=True)
    assert [(r.kind, r.name) for r in jane.relations] == [("household", "Tom Doe")]
    assert jane.provenance.source == "import of members.csv"
    assert all(c.provenance.read_wall > 1.7e9 for c in jane.coverages)
    walter = opened.desk.answer(lambda done: directory.card(maria.member_id, done))
    assert walter.authorisations[0].status == "expired"
    assert [(r.name, r.may_speak) for r in walter.relations] == [("Maria Nowak", True)]


def test_importing_again_changes_nothing(opened: OpenStore) -> None:
    tables = [
        table
        for name, table in schema.metadata.tables.items()
        if name
        not in {
            "imports",
            "audit",
        }
    ]
    _import(opened, SAMPLE)
    before = [_count(opened, table) for table in tables]
    _import(opened, SAMPLE)
    assert [_count(opened, table) for table in tables] == before
    directory = SqlMemberDirectory(opened.store, "DE")
    found = opened.desk.answer(lambda done: directory.search("Nowak", 10, done))
    assert sorted(c.name for c in found) == ["Maria Nowak", "Zofia Nowak"]


def test_a_changed_number_replaces_the_old_one(opened: OpenStore, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("member_id,given,family,mobile\nM-1,Jane,Doe,+491713920031\n")
    _import(opened, path)
    path.write_text("member_id,given,family,mobile\nM-1,Jane,Smith,+491713920032\n")
    _import(opened, path)
    directory = SqlMemberDirectory(opened.store, "DE")
    old = opened.desk.answer(lambda done: directory.find_by_number("+491713920031", done))
    new = opened.desk.answer(lambda done: directory.find_by_number("+491713920032", done))
    assert (old.reason, [c.name for c in new.candidates]) == ("unknown", ["Jane Smith"])
    gone = opened.desk.answer(lambda done: directory.search("doe", 5, done))
    assert list(gone) == []


def test_rejected_rows_are_reported_without_their_content(
    opened: OpenStore, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        "Member No;First name;Surname;Date of birth;Mobile;drug\n"
        "M-1;Jane;Secretname;1961-04-12;+491713920031;\n"
        "M-2;Tom;Secretname;31/02/1958;;\n"
        "M-3;Ann;Secretname;;not a phone;\n"
        'M-4;"Eve;Secretname;;;\n'
        ";Bob;Secretname;;;\n"
        "M-6;Kim;Secretname;;;;;;\n"
        "M-404;;;;;Aspirin\n"
        "M-8;Zoe;Secretname;;;Ibuprofen\n"
    )
    report = _import(opened, path)
    assert isinstance(report, ImportReport)
    assert (report.rows_imported, report.rows_rejected) == (2, 6)
    where = [(r.line, r.column) for r in report.rejected]
    assert where == [
        (3, "Date of birth"),
        (4, "Mobile"),
        (5, ""),
        (6, "Member No"),
        (7, ""),
        (8, "Member No"),
    ]
    text = report_csv(report)
    assert text.splitlines()[0] == "line,column,reason"
    for secret in ("Secretname", "Aspirin", "M-404", "1958", "phone;", "Eve"):
        assert secret not in text.replace("telephone number", "")
    assert _count(opened, schema.members) == 2


def test_a_big_file_tells_its_progress_and_can_be_stopped(
    opened: OpenStore, tmp_path: Path
) -> None:
    path = tmp_path / "big.csv"
    lines = [f"M-{n},Given{n},Family{n}" for n in range(BATCH_ROWS * 5)]
    path.write_text("member_id,given,family\n" + "\n".join(lines))
    seen: list[ImportReport] = []
    cancel = Cancel()

    def progress(report: ImportReport) -> None:
        seen.append(report)
        cancel.asked = report.rows_read >= BATCH_ROWS * 2

    report = _import(opened, path, progress=progress, cancel=cancel)
    assert isinstance(report, ImportReport)
    assert report.cancelled and not report.finished
    assert report.rows_imported == BATCH_ROWS * 2 == _count(opened, schema.members)
    shares = [r.read_bytes / r.total_bytes for r in seen]
    assert shares == sorted(shares) and 0 < shares[1] < 1

    seen.clear()
    report = _import(opened, path, progress=seen.append)
    assert isinstance(report, ImportReport)
    assert report.finished
    assert _count(opened, schema.members) == BATCH_ROWS * 5
    state = select(schema.imports.c.state).order_by(schema.imports.c.id)
    assert opened.run(lambda c: c.execute(state).scalars().all()) == ["cancelled", "finished"]


def test_look_ups_are_answered_between_the_batches(opened: OpenStore, tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    lines = [f"M-{n},Given{n},Family{n}" for n in range(BATCH_ROWS * 6)]
    path.write_text("member_id,given,family\n" + "\n".join(lines))
    directory = SqlMemberDirectory(opened.store, "DE")
    order: list[str] = []
    opened.wait_open()

    def progress(report: ImportReport) -> None:
        order.append("batch")
        if len(order) == 2:
            directory.find_by_number("+491713920031", lambda found: order.append("pop"))

    report = _import(opened, path, progress=progress)
    assert isinstance(report, ImportReport) and report.finished
    assert order.count("pop") == 1
    # at most the batch that was running, and the one queued with the answer, came first
    assert order.index("pop") <= 4


def test_bytes_of_another_encoding_in_the_middle_end_the_import_clearly(
    opened: OpenStore, tmp_path: Path
) -> None:
    path = tmp_path / "mixed.csv"
    good = "".join(f"M-{n},Given,{'F' * 60}\n" for n in range(BATCH_ROWS * 2 + 10))
    path.write_bytes(b"member_id,given,family\n" + good.encode() + b"M-x,J\xfcrgen,M\xfcller\n")
    seen = preview(path, encoding="utf-8")
    answer = opened.desk.answer(lambda done: import_file(opened.store, plan_of(seen, "DE"), done))
    assert isinstance(answer, KnownError)
    assert answer.code == "csv_encoding"
    told = select(schema.imports.c.state, schema.imports.c.rows_imported)
    state, imported = opened.run(lambda c: c.execute(told).one(), Lane.BULK)  # after its end
    assert state == "failed"
    assert _count(opened, schema.members) == imported >= BATCH_ROWS  # what is in is told


def test_headings_that_name_nobody_import_nothing(opened: OpenStore, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("colour,size\nred,1\n")
    answer = _import(opened, path)
    assert isinstance(answer, KnownError)
    assert answer.code == "csv_header"
    assert _count(opened, schema.imports) == 0
