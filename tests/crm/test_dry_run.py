"""A dry run on the real cache: it says what the import then does, and writes nothing."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.support.cache_dump import dump
from tests.support.crm_store import OpenStore

from ctidesk.calls.errors import KnownError
from ctidesk.config.paths import resources
from ctidesk.crm import schema
from ctidesk.crm.file_import import BATCH_ROWS, import_file
from ctidesk.crm.import_files import preview
from ctidesk.crm.import_plan import ImportPlan, ImportReport, plan_of

SAMPLE = resources() / "demo" / "members.csv"


def run(opened: OpenStore, plan: ImportPlan) -> ImportReport:
    report = opened.desk.answer(lambda done: import_file(opened.store, plan, done))
    assert isinstance(report, ImportReport), report
    return report


def dry(path: Path) -> ImportPlan:
    plan = plan_of(preview(path), "DE")
    return ImportPlan(
        path, plan.encoding, plan.delimiter, plan.mapping, "DE", plan.source, plan.form, dry=True
    )


def counts(report: ImportReport) -> tuple[Any, ...]:
    return (
        report.rows_read,
        report.rows_imported,
        report.rows_rejected,
        report.rejected,
        report.added,
        report.changed,
        report.unchanged,
    )


def test_it_says_what_the_import_then_does_and_writes_nothing(opened: OpenStore) -> None:
    before = dump(opened)
    said = run(opened, dry(SAMPLE))
    assert dump(opened) == before
    assert counts(run(opened, plan_of(preview(SAMPLE), "DE"))) == counts(said)
    assert (said.added, said.changed, said.unchanged) == (59, 0, 0)
    again = run(opened, dry(SAMPLE))
    assert (again.added, again.changed, again.unchanged) == (0, 0, 59)


def test_rows_of_one_member_over_many_batches_count_once(opened: OpenStore, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    names = [f"M-{n},G{n},F{n},," for n in range(BATCH_ROWS + 20)]
    facts = [f"M-{n},,,Drug,{n % 4}" for n in range(BATCH_ROWS + 20)]
    head = "member_id,given,family,drug,refills_left"
    path.write_text("\n".join([head, *names, *facts]))
    first = run(opened, plan_of(preview(path), "DE"))
    assert (first.added, first.changed, first.unchanged) == (BATCH_ROWS + 20, 0, 0)
    # its prescriptions go with the first batches and come back with the last
    for plan in (dry(path), plan_of(preview(path), "DE")):
        again = run(opened, plan)
        assert (again.added, again.changed, again.unchanged) == (0, 0, BATCH_ROWS + 20)
    facts[7] = "M-7,,,Other drug,3"
    path.write_text("\n".join([head, *names, *facts[:-1]]))
    for plan in (dry(path), plan_of(preview(path), "DE")):
        changed = run(opened, plan)
        assert (changed.added, changed.changed, changed.unchanged) == (0, 2, BATCH_ROWS + 18)


def test_rejected_rows_are_the_same_ones(opened: OpenStore, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(
        "member_id,given,family,phone,drug\n"
        'M-1,Jane,Doe,abc,\nM-9,,,,"Aspirin"\nM-2,To"m,Doe,,\nM-3,Ann,Lee,030 2312500,\n'
    )
    said = run(opened, dry(path))
    assert [(r.line, r.column) for r in said.rejected] == [(2, "phone"), (3, "member_id"), (4, "")]
    assert counts(run(opened, plan_of(preview(path), "DE"))) == counts(said)


def test_a_file_that_is_none_is_refused_the_same_way(opened: OpenStore, tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("a,b\n1,2\n")
    answer = opened.desk.answer(lambda done: import_file(opened.store, dry(path), done))
    assert isinstance(answer, KnownError) and answer.code == "csv_header"


CELLS = {
    "member_id": ["M-1", "M-2", "M-3", "", "M-1"],
    "given": ["", "Jane", "Tom"],
    "family": ["", "Doe", "Müller"],
    "birth_date": ["", "1961-04-12", "12.04.1961", "yesterday"],
    "phone_mobile": ["", "0171 3920031", "0171 3920032|0171 3920031", "nonsense"],
    "phone_home": ["", "030 23125010"],
    "carer_name": ["", "", "Maria Nowak"],
    "carer_phone": ["", "0171 3920015"],
    "carer_member_id": ["", "M-2", "M-77"],
    "plan": ["", "", "Basic", "Plus"],
    "payer": ["", "Payer"],
    "coverage_ends": ["", "2030-01-01"],
    "drug": ["", "", "Aspirin"],
    "refills_left": ["", "2", "x"],
    "facility_id": ["", "", "", "F-1"],
    "facility_name": ["Clinic", "Hospital"],
    "facility_kind": ["clinic", "hospital", "zoo"],
    "phone": ["", "030 23125200"],
    "extension": ["", "", "", "201"],
    "colleague_name": ["Kim"],
    "team": ["", "Nurses"],
}
COLUMNS = tuple(CELLS)
ROWS = st.lists(
    st.tuples(*(st.sampled_from(CELLS[column]) for column in COLUMNS)), min_size=1, max_size=12
)


def write(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=st.lists(ROWS, min_size=1, max_size=3))
def test_it_agrees_with_the_import_whatever_is_in_the_file_and_the_cache(
    opened: OpenStore,
    tmp_path: Path,
    files: list[list[tuple[str, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # short batches, so that members are met over several of them
    monkeypatch.setattr("ctidesk.crm.file_import.BATCH_ROWS", 3)
    for number, rows in enumerate(files):
        path = tmp_path / f"m{number % 2}.csv"
        write(path, rows)
        before = dump(opened)
        said = run(opened, dry(path))
        assert dump(opened) == before
        assert counts(run(opened, plan_of(preview(path), "DE"))) == counts(said)
    opened.run(_emptied)


def _emptied(connection: Any) -> None:
    for table in ("members", "facilities", "colleagues", "relations", "numbers", "imports"):
        connection.execute(schema.metadata.tables[table].delete())
    connection.exec_driver_sql("DELETE FROM directory_fts")
