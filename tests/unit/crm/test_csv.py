"""Reading CSV files of any make: encodings, delimiters, broken rows, columns, cells."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from ctidesk.calls.errors import KnownError
from ctidesk.config.paths import resources
from ctidesk.crm import csv_text
from ctidesk.crm.csv_columns import COLUMNS, guess_mapping
from ctidesk.crm.csv_rows import BadCell, RowReader
from ctidesk.crm.csv_text import Broken, CsvRecord
from ctidesk.crm.import_files import preview
from ctidesk.crm.import_plan import plan_of
from ctidesk.crm.records import FactRecord, MemberRecord

TODAY = date(2026, 3, 10)
HEADER = "Mitgliedsnummer;Vorname;Nachname;Geburtsdatum;Handy\n"
ROW = "M-1;Jürgen;Müller;03.04.1958;0171 3920031\n"


def _file(folder: Path, content: bytes | str, encoding: str = "utf-8") -> Path:
    path = folder / "list.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("encoding", "guessed", "certain"),
    [
        ("utf-8", "utf-8", True),
        ("utf-8-sig", "utf-8-sig", True),
        ("utf-16", "utf-16", True),
        ("cp1252", "cp1252", False),
    ],
)
def test_the_encoding_is_guessed_and_its_doubt_is_told(
    tmp_path: Path, encoding: str, guessed: str, certain: bool
) -> None:
    seen = preview(_file(tmp_path, HEADER + ROW, encoding))
    assert (seen.encoding, seen.encoding_certain, seen.delimiter) == (guessed, certain, ";")
    assert seen.header[0] == "Mitgliedsnummer"
    assert seen.rows == (("M-1", "Jürgen", "Müller", "03.04.1958", "0171 3920031"),)
    assert seen.mapping == {
        "member_id": "Mitgliedsnummer",
        "given": "Vorname",
        "family": "Nachname",
        "birth_date": "Geburtsdatum",
        "phone_mobile": "Handy",
    }


@pytest.mark.parametrize("delimiter", csv_text.DELIMITERS)
def test_the_delimiter_is_guessed(tmp_path: Path, delimiter: str) -> None:
    lines = ["member_id,given,family", 'M-1,"Jo|hn; ""J""",Doe'.replace(",", "\x01")]
    text = "\n".join(lines).replace(",", delimiter).replace("\x01", delimiter)
    seen = preview(_file(tmp_path, text))
    assert seen.delimiter == delimiter
    assert seen.header == ("member_id", "given", "family")


@pytest.mark.parametrize(
    ("content", "encoding", "code"),
    [
        (HEADER + ROW, "cp1252", "csv_encoding"),  # read as UTF-8
        ("\x80\x81", "latin-1", "csv_encoding"),
    ],
)
def test_a_wrong_encoding_is_a_clear_error(
    tmp_path: Path, content: str, encoding: str, code: str
) -> None:
    with pytest.raises(KnownError) as error:
        preview(_file(tmp_path, content, encoding), encoding="utf-8")
    assert error.value.code == code
    assert "encoding" in error.value.text and error.value.remedy


def test_utf8_read_as_windows_is_noticed_by_its_control_characters(tmp_path: Path) -> None:
    path = _file(tmp_path, "member_id,given,family\nM-1,Łucja,Á\n")
    with pytest.raises(KnownError) as error:
        preview(path, encoding="iso8859-15")
    assert error.value.code == "csv_encoding"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "csv_empty"),
        (b"\n\n\n", "csv_empty"),
        (b"\x00\x01\x02\x03", "csv_encoding"),
        (b"PK\x03\x04\x14\x00\x06\x00", "csv_encoding"),
        (b",,,\n1,2,3,4\n", "csv_header"),
    ],
)
def test_what_is_no_csv_file_is_said(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(KnownError) as error:
        preview(_file(tmp_path, content))
    assert error.value.code == code


def test_a_missing_file_and_a_folder_are_unreadable(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(KnownError) as error:
            preview(path)
        assert error.value.code == "csv_unreadable"


def test_broken_records_are_named_and_the_rows_after_them_are_kept(tmp_path: Path) -> None:
    text = (
        "member_id,given,family\n"
        'M-1,"multi\nline",Doe\n'
        'M-2,"never closed,Doe\n'
        "M-3,Jane,Doe\n"
        'M-4,Ja"n"e,Doe\n'
        "\n"
        "M-5,Tom,Doe\n" + "M-6," + "x" * 70_000 + ",Doe\n"
        "M-7,Last,Doe"
    )
    found = list(csv_text.records(_file(tmp_path, text), "utf-8", ","))
    good = {each.line: each.fields[0] for each in found if isinstance(each, CsvRecord)}
    bad = {each.line: each.reason for each in found if isinstance(each, Broken)}
    assert good[2] == "M-1"
    assert {"M-3", "M-5", "M-7"} <= set(good.values())
    assert bad[4] == "a quotation mark is opened and never closed"
    assert bad[9] == "the row is too long"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=400))
def test_any_bytes_end_in_records_or_a_known_error(tmp_path: Path, content: bytes) -> None:
    path = _file(tmp_path, content)
    try:
        seen = preview(path)
    except KnownError as error:
        assert error.text and error.remedy
    else:
        for each in csv_text.records(path, seen.encoding, seen.delimiter):
            assert isinstance(each, CsvRecord | Broken)


def test_every_column_is_known_by_its_own_name_and_by_one_meaning() -> None:
    assert guess_mapping(list(COLUMNS)) == {name: name for name in COLUMNS}
    others = [other for names in COLUMNS.values() for other in names]
    assert len(others) == len(set(others))


def _read(**row: str) -> list[object]:
    return list(RowReader("DE", TODAY).records({"member_id": "M-1", "family": "Doe", **row}))


@pytest.mark.parametrize(
    ("cell", "iso"),
    [
        ("1958-04-03", "1958-04-03"),
        ("3.4.1958", "1958-04-03"),
        ("+30d", "2026-04-09"),
        ("-10d", "2026-02-28"),
        ("", None),
    ],
)
def test_dates(cell: str, iso: str | None) -> None:
    (member,) = _read(birth_date=cell)
    assert isinstance(member, MemberRecord)
    assert member.birth_date == iso


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"birth_date": "04/03/1958"}, "birth_date"),
        ({"birth_date": "1958-02-30"}, "birth_date"),
        ({"birth_date": "+99999d"}, None),
        ({"birth_date": "+99999999d"}, "birth_date"),
        ({"phone_mobile": "call me"}, "phone_mobile"),
        ({"phone_home": "12"}, "phone_home"),
        ({"given": "x" * 3000}, "given"),
        ({"family": "", "member_id": "M-1"}, "family"),
        ({"member_id": ""}, "member_id"),
        ({"drug": "x", "refills_left": "many"}, "refills_left"),
        ({"appointment_what": "x", "appointment_at": ""}, "appointment_at"),
        ({"appointment_what": "x", "appointment_at": "+1d 25:00"}, "appointment_at"),
        ({"carer_name": "x", "carer_may_speak": "perhaps"}, "carer_may_speak"),
        ({"carer_name": "x", "carer_kind": "friend"}, "carer_kind"),
        ({"facility_id": "F", "facility_name": "x", "facility_kind": "shop"}, "facility_kind"),
        ({"facility_id": "F", "facility_kind": "clinic"}, "facility_name"),
        ({"extension": "12a", "colleague_name": "x"}, "extension"),
        ({"extension": "201"}, "colleague_name"),
    ],
)
def test_bad_cells_name_their_column_and_never_their_content(
    row: dict[str, str], column: str | None
) -> None:
    if column is None:
        assert _read(**row)
        return
    with pytest.raises(BadCell) as error:
        _read(**row)
    assert error.value.column == column
    for cell in row.values():
        assert len(cell) < 4 or cell not in error.value.reason


def test_a_row_may_bring_a_fact_of_each_kind() -> None:
    found = _read(
        given="Jane",
        plan="Basic",
        drug="Aspirin",
        authorised_item="Oxygen",
        appointment_what="Check",
        appointment_at="+1d 09:30",
        contact_summary="called",
        contact_at="-1d",
    )
    facts = {each.kind.value: each.values for each in found if isinstance(each, FactRecord)}
    assert set(facts) == {
        "coverages",
        "prescriptions",
        "authorisations",
        "appointments",
        "contacts",
    }
    assert facts["appointments"]["starts_wall"] == datetime(2026, 3, 11, 9, 30).timestamp()


def test_the_sample_has_no_bad_row_and_enough_people() -> None:
    seen = preview(resources() / "demo" / "members.csv")
    assert (seen.encoding, seen.delimiter, seen.ignored) == ("utf-8", ",", ())
    plan = plan_of(seen, "DE")
    reader = RowReader(plan.region, TODAY)
    members = set()
    for each in list(csv_text.records(plan.path, plan.encoding, plan.delimiter))[1:]:
        assert isinstance(each, CsvRecord)
        for record in reader.records(dict(zip(seen.header, each.fields, strict=True))):
            if isinstance(record, MemberRecord):
                members.add(record.member_id)
    assert len(members) >= 40
