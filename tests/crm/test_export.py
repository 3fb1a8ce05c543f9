"""Exports of the real cache: read back without loss, audited, whole or not there at all."""

from __future__ import annotations

import csv
import hashlib
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.support.cache_dump import dump
from tests.support.crm_store import OpenStore
from tests.support.one_call import INTERACTION

from ctidesk.calls.errors import KnownError
from ctidesk.care.member_export import DIRECTORY, Contents, ExportForm, ExportOrder, ExportResult
from ctidesk.config.paths import resources
from ctidesk.crm import audit, journal_sql
from ctidesk.crm.csv_guard import guarded, unguarded
from ctidesk.crm.export import Stop, export
from ctidesk.crm.file_import import import_file
from ctidesk.crm.import_files import preview
from ctidesk.crm.import_plan import ImportReport, plan_of
from ctidesk.crm.records import (
    CarerRecord,
    ColleagueRecord,
    FacilityRecord,
    FactKind,
    FactRecord,
    MemberRecord,
    Phone,
)

SAMPLE = resources() / "demo" / "members.csv"
REASON = "monthly report to the payer"
NOT_CONTENT = {"id", "source", "read_wall", "import_ref", "owner_ref", "resource"}


def bring(opened: OpenStore, path: Path) -> ImportReport:
    plan = plan_of(preview(path), "DE", source="test")
    report = opened.desk.answer(lambda done: import_file(opened.store, plan, done))
    assert isinstance(report, ImportReport), report
    return report


def run(opened: OpenStore, path: Path, **more: Any) -> ExportResult | KnownError:
    order = ExportOrder(path=path, **{"contents": DIRECTORY, "reason": REASON, **more})
    stop = Stop()
    return opened.desk.answer(
        lambda done: export(opened.store, order, "A. Gent", "DE", lambda _: None, done, stop)
    )


def contents(opened: OpenStore) -> dict[str, list[tuple[Any, ...]]]:
    """What the directory says, whatever ids its rows have."""

    def work(connection: Any) -> dict[str, list[tuple[Any, ...]]]:
        found = {}
        for name, key in (
            ("members", "member_id"),
            ("facilities", "facility_id"),
            ("colleagues", "extension"),
            ("coverages", ""),
            ("prescriptions", ""),
            ("authorisations", ""),
            ("appointments", ""),
            ("contacts", ""),
        ):
            columns = [
                row[1]
                for row in connection.exec_driver_sql(f"PRAGMA table_info({name})")
                if row[1] not in NOT_CONTENT | {"member_ref"}
            ]
            owner = "" if key else ", (SELECT member_id FROM members m WHERE m.id = t.member_ref)"
            query = f"SELECT {', '.join(columns)}{owner} FROM {name} t"
            found[name] = sorted(map(tuple, connection.exec_driver_sql(query)), key=repr)
        found["numbers"] = sorted(
            map(
                tuple,
                connection.exec_driver_sql(
                    "SELECT owner_kind, e164, national, tail, n.kind, preferred,"
                    " coalesce(m.member_id, f.facility_id, c.extension, r.name) FROM numbers n"
                    " LEFT JOIN members m ON owner_kind = 0 AND m.id = owner_ref"
                    " LEFT JOIN facilities f ON owner_kind = 1 AND f.id = owner_ref"
                    " LEFT JOIN relations r ON owner_kind = 2 AND r.id = owner_ref"
                    " LEFT JOIN colleagues c ON owner_kind = 3 AND c.id = owner_ref"
                ),
            ),
            key=repr,
        )
        found["relations"] = sorted(
            map(
                tuple,
                connection.exec_driver_sql(
                    "SELECT m.member_id, o.member_id, r.name, r.kind, may_speak, authority_until"
                    " FROM relations r JOIN members m ON m.id = member_ref"
                    " LEFT JOIN members o ON o.id = other_ref"
                ),
            ),
            key=repr,
        )
        return found

    read: dict[str, list[tuple[Any, ...]]] = opened.run(work)
    return read


@pytest.fixture
def other(opened: OpenStore, tmp_path: Path) -> Iterator[OpenStore]:
    opened.wait_open()  # migrations know one database at a time
    store = OpenStore(tmp_path / "other.db")
    yield store
    store.close()


def test_the_sample_comes_back_as_it_was(
    opened: OpenStore, other: OpenStore, tmp_path: Path
) -> None:
    bring(opened, SAMPLE)
    path = tmp_path / "out.csv"
    result = run(opened, path)
    assert isinstance(result, ExportResult)
    assert sum(count for _, count in result.counts) == 59
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    report = bring(other, path)
    assert (report.added, report.rows_rejected) == (59, 0)
    assert contents(other) == contents(opened)
    again = bring(opened, path)  # its own file changes nothing
    assert (again.added, again.changed, again.unchanged) == (0, 0, 59)


TEXT = st.text(st.sampled_from(list("ab ,;|\"'=+-@\t\nß„é€😀＝#:\\")), max_size=12).map(
    lambda text: " ".join(text.split(" ")).strip()
)
NUMBERS = st.lists(
    st.sampled_from(["+493023125010", "+491713920031", "+4915112345678", "+48601234567"]),
    unique=True,
    max_size=3,
)
DAYS = st.one_of(st.none(), st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(date.isoformat))
WALLS = st.integers(0, 2**31 * 1000).map(lambda millis: millis / 1000)


def phones(kinds: list[str]) -> Any:
    def made(numbers: list[str], kind: list[str], first: int) -> tuple[Phone, ...]:
        return tuple(
            Phone(
                number, number[3:], kind[place % len(kind)], preferred=place == first % len(numbers)
            )
            for place, number in enumerate(numbers)
        )

    return st.builds(made, NUMBERS, st.permutations(kinds), st.integers(0, 5))


MEMBERS = st.builds(
    MemberRecord,
    member_id=st.just(""),
    given=TEXT,
    family=TEXT.map(lambda text: text or "Doe"),
    birth_date=DAYS,
    postcode=TEXT,
    address=TEXT,
    policy_number=TEXT,
    language=st.sampled_from(["", "de"]),
    flags=st.lists(TEXT.map(lambda t: t.replace("|", "").strip()).filter(bool), max_size=3).map(
        tuple
    ),
    household=TEXT,
    phones=phones(["mobile", "home", "work", ""]),
)
FACTS: dict[FactKind, Any] = {
    FactKind.COVERAGE: st.fixed_dictionaries(
        {"plan": TEXT.map(lambda t: t or "P"), "payer": TEXT, "status": TEXT, "begins": DAYS}
        | {"ends": DAYS, "copay": TEXT}
    ),
    FactKind.PRESCRIPTION: st.fixed_dictionaries(
        {"drug": TEXT.map(lambda t: t or "D"), "prescriber": TEXT, "expires": DAYS}
        | {"refills_left": st.integers(0, 999), "last_dispensed": DAYS, "next_refill": DAYS}
    ),
    FactKind.APPOINTMENT: st.fixed_dictionaries(
        {"starts_wall": WALLS, "what": TEXT, "doctor": TEXT, "place": TEXT, "status": TEXT}
        | {"bring": TEXT}
    ),
    FactKind.CONTACT: st.fixed_dictionaries(
        {"at_wall": WALLS, "channel": TEXT, "direction": TEXT, "summary": TEXT, "code": TEXT}
    ),
}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_the_cache_holds_comes_back(
    opened: OpenStore, other: OpenStore, tmp_path: Path, data: st.DataObject
) -> None:
    records: list[Any] = []
    for number, member in enumerate(data.draw(st.lists(MEMBERS, min_size=1, max_size=3))):
        records.append(replace(member, member_id=f"M-{number}"))
    for number in range(len(records)):
        kind = data.draw(st.sampled_from(list(FACTS)))
        records.append(
            FactRecord(member_id=f"M-{number}", kind=kind, values=data.draw(FACTS[kind]))
        )
    carer = CarerRecord(
        member_id="M-0",
        name=data.draw(TEXT) or "Maria",
        other_id=data.draw(st.sampled_from(["", f"M-{number}"])),
        may_speak=data.draw(st.booleans()),
        authority_until=data.draw(DAYS),
        phones=data.draw(phones(["mobile", "home", "work", ""])),
    )
    facility = FacilityRecord(
        facility_id="F-1",
        name=data.draw(TEXT) or "Clinic",
        kind="care_home",
        address=data.draw(TEXT),
        network_status=data.draw(TEXT),
        phones=data.draw(phones(["main", "work"])),
    )
    colleague = ColleagueRecord(
        extension="201", name=data.draw(TEXT) or "Kim", phones=data.draw(phones(["work", "mobile"]))
    )
    opened.put([*records, carer, facility, colleague])
    path = tmp_path / "out.csv"
    assert isinstance(run(opened, path), ExportResult)
    report = bring(other, path)
    assert report.rejected == ()
    assert contents(other) == contents(opened)
    for store in (opened, other):
        store.run(_emptied)


def _emptied(connection: Any) -> None:
    for table in ("members", "facilities", "colleagues", "relations", "numbers", "imports"):
        connection.exec_driver_sql(f"DELETE FROM {table}")
    connection.exec_driver_sql("DELETE FROM directory_fts")


@pytest.mark.parametrize("form", [ExportForm.VCARD_4, ExportForm.VCARD_3])
def test_vcards_hold_who_they_are_and_come_back(
    opened: OpenStore, other: OpenStore, tmp_path: Path, form: ExportForm
) -> None:
    bring(opened, SAMPLE)
    path = tmp_path / "out.vcf"
    assert isinstance(run(opened, path, form=form), ExportResult)
    raw = path.read_bytes()
    version = b"4.0" if form is ExportForm.VCARD_4 else b"3.0"
    assert raw.count(b"BEGIN:VCARD\r\nVERSION:" + version) == raw.count(b"END:VCARD\r\n") == 59
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    report = bring(other, path)
    assert (report.added, report.rejected) == (59, ())
    said, was = contents(other), contents(opened)
    for table in ("members", "facilities", "colleagues"):
        assert said[table] == was[table]
    of_carers = 2
    assert said["numbers"] == [row for row in was["numbers"] if row[0] != of_carers]


def test_no_cell_is_a_formula_wherever_a_spreadsheet_divides_it(
    opened: OpenStore, tmp_path: Path
) -> None:
    evil = ["=1+1", "+1", "-1", "@A1", "\t=1", "'=1", 'x";=cmd|calc', "a;=1", "a,=1", "＝1"]
    opened.put(
        [MemberRecord(member_id=f"M-{n}", given=text, family="Doe") for n, text in enumerate(evil)]
    )
    path = tmp_path / "out.csv"
    run(opened, path)
    text = path.read_text("utf-8-sig")
    for delimiter in ",;\t|":
        cells = [c for row in csv.reader(text.splitlines(), delimiter=delimiter) for c in row]
        assert [c for c in cells if c.lstrip(' "')[:1] in tuple("=+-@＝")] == []


@settings(max_examples=300)
@given(st.text(st.sampled_from(list("=+-@\t'\",;| ab\n＝")), max_size=12))
def test_the_guard_is_taken_off_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in tuple("=+-@\t＝")


def test_the_trail_says_who_what_and_why(opened: OpenStore, tmp_path: Path) -> None:
    bring(opened, SAMPLE)
    run(opened, tmp_path / "out.csv", contents=(Contents.FACILITIES,), form=ExportForm.CSV)
    (row,) = [r for r in dump(opened)["audit"] if "directory_exported" in r]
    assert ("A. Gent" in row, REASON in row, "done" in row) == (True, True, True)
    digest = hashlib.sha256((tmp_path / "out.csv").read_bytes()).hexdigest()
    facilities = len(dump(opened)["facilities"])
    assert f"csv: {facilities} facilities; sha256:{digest}" in row
    assert opened.run(audit.verify).problem == ""


def test_a_stopped_export_leaves_nothing(opened: OpenStore, tmp_path: Path) -> None:
    opened.put(
        [MemberRecord(member_id=f"M-{n}", given="G", family="Canaryname") for n in range(2_000)]
    )
    folder = tmp_path / "out"
    folder.mkdir()
    order = ExportOrder(path=folder / "out.csv", contents=DIRECTORY, reason=REASON)
    stop = Stop()
    seen: list[list[Path]] = []

    def progress(_: object) -> None:
        seen.append(list(folder.iterdir()))
        stop.asked = True

    answer = opened.desk.answer(
        lambda done: export(opened.store, order, "A. Gent", "DE", progress, done, stop)
    )
    assert isinstance(answer, ExportResult) and answer.cancelled
    assert seen and list(folder.iterdir()) == []
    results = [row[6] for row in dump(opened)["audit"] if row[3] == "directory_exported"]
    assert results == ["cancelled"]


def test_a_place_that_cannot_be_written_is_said_and_nothing_is_left(
    opened: OpenStore, tmp_path: Path
) -> None:
    answer = run(opened, tmp_path / "none" / "out.csv")
    assert isinstance(answer, KnownError) and answer.code == "export_unwritable"
    (tmp_path / "folder").mkdir()
    answer = run(opened, tmp_path / "folder")
    assert isinstance(answer, KnownError) and answer.code == "export_unwritable"
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []
    trail = [row[6] for row in dump(opened)["audit"] if row[3] == "directory_exported"]
    assert trail == ["done", "failed"]


def test_a_link_is_replaced_and_not_followed(opened: OpenStore, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    link = tmp_path / "out.csv"
    link.symlink_to(target)
    run(opened, link)
    assert target.read_text() == "mine" and not link.is_symlink()


def test_calls_of_a_period_with_their_wrap_ups(opened: OpenStore, tmp_path: Path) -> None:
    def at(day: int, hour: int) -> float:
        return datetime(2026, 3, day, hour).timestamp()

    def save(number: int, wall: float) -> None:
        done = replace(
            INTERACTION,
            call_id=f"c{number}",
            member_id="M-1",
            note="=HYPERLINK()",
            began_wall=wall,
            answered_wall=wall + 5,
            ended_wall=wall + 65,
            saved_wall=wall + 80,
        )
        opened.run(lambda c: journal_sql.save_interaction(c, done))

    for number, (day, hour) in enumerate([(1, 23), (2, 0), (3, 23), (4, 0)]):
        save(number, at(day, hour))
    path = tmp_path / "calls.csv"
    more = {"contents": (Contents.CALLS,), "begins": date(2026, 3, 2), "ends": date(2026, 3, 3)}
    result = run(opened, path, **more)
    assert isinstance(result, ExportResult) and result.counts == ((Contents.CALLS, 2),)
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    assert [row["call_id"] for row in rows] == ["c1", "c2"]
    assert rows[0]["note"] == "'=HYPERLINK()" and rows[0]["verified"] == "yes"
    assert datetime.fromisoformat(rows[0]["began"]) == datetime.fromtimestamp(at(2, 0), UTC)
    (row,) = [r for r in dump(opened)["audit"] if r[3] == "calls_exported"]
    assert row[5].startswith("csv: 2 calls of 2026-03-02..2026-03-03; sha256:")
