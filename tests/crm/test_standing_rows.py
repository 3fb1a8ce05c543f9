"""Death, merging, restriction and scopes: from tables and from FHIR to the card, and out again."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from tests.support import fhir_rows
from tests.support.crm_store import OpenStore
from tests.support.fhir_resources import concept, patient, refers, resource

from ctidesk.care.member import MemberCard
from ctidesk.care.member_export import DIRECTORY, ExportOrder
from ctidesk.crm import card_sql
from ctidesk.crm.csv_rows import BadCell, RowReader
from ctidesk.crm.export import Stop, export
from ctidesk.crm.file_import import import_file
from ctidesk.crm.import_files import preview
from ctidesk.crm.import_plan import plan_of
from ctidesk.crm.records import CarerRecord, MemberRecord

ROWS = [
    "member_id,given,family,deceased,merged_into,restricted,carer_name,carer_kind,"
    "carer_may_speak,carer_scope",
    "M-1,Ann,Old,31.12.2025,,,Eva Old,executor,yes,",
    "M-2,Ben,Twice,,M-3,,,,,",
    "M-3,Ben,Once,,,yes,Maria Nowak,carer,yes,appointments; billing",
    "M-4,Cleo,Plain,yes,,no,,,,",
]


def card(opened: OpenStore, member_id: str) -> MemberCard:
    found: MemberCard = opened.run(lambda c: card_sql.card(c, member_id))
    return found


def bring(opened: OpenStore, path: Path, rows: list[str]) -> Any:
    path.write_text("\n".join(rows), "utf-8")
    plan = plan_of(preview(path), "DE", source="test")
    return opened.desk.answer(lambda done: import_file(opened.store, plan, done))


def test_a_table_says_what_narrows_a_record(opened: OpenStore, tmp_path: Path) -> None:
    bring(opened, tmp_path / "m.csv", ROWS)
    assert (card(opened, "M-1").deceased, card(opened, "M-4").deceased) == ("2025-12-31", "yes")
    assert card(opened, "M-1").relations[0].kind == "executor"
    assert card(opened, "M-2").merged_into == "M-3"
    third = card(opened, "M-3")
    assert (third.restricted, third.deceased, third.merged_into) == (True, "", "")
    assert third.relations[0].scope == "appointments; billing"
    assert not card(opened, "M-4").restricted


def test_a_later_table_takes_it_away_again_and_counts_it_as_a_change(
    opened: OpenStore, tmp_path: Path
) -> None:
    bring(opened, tmp_path / "m.csv", ROWS)
    free = [*ROWS[:3], ROWS[3].replace("yes,Maria", ",Maria").replace("; billing", ""), ROWS[4]]
    report = bring(opened, tmp_path / "m.csv", free)
    assert not card(opened, "M-3").restricted
    assert card(opened, "M-3").relations[0].scope == "appointments"
    assert report.changed == 1


def test_an_export_brings_all_of_it_back(opened: OpenStore, tmp_path: Path) -> None:
    bring(opened, tmp_path / "m.csv", ROWS)
    out = tmp_path / "out.csv"
    order = ExportOrder(path=out, contents=DIRECTORY, reason="monthly report to the payer")
    opened.desk.answer(
        lambda done: export(opened.store, order, "A. Gent", "DE", lambda _: None, done, Stop())
    )
    with out.open(encoding="utf-8-sig", newline="") as file:
        read = list(csv.DictReader(file))
    first = {row["member_id"]: row for row in read if row["family"]}
    assert first["M-1"]["deceased"] == "2025-12-31"
    assert first["M-2"]["merged_into"] == "M-3"
    assert first["M-3"]["restricted"] == "yes"
    assert "appointments; billing" in {row["carer_scope"] for row in read}


def test_a_member_that_is_erased_leaves_no_standing(opened: OpenStore, tmp_path: Path) -> None:
    bring(opened, tmp_path / "m.csv", ROWS)
    opened.run(lambda c: c.exec_driver_sql("DELETE FROM members"))
    for table in ("member_standings", "authority_scopes"):
        query = f"SELECT count(*) FROM {table}"
        assert opened.run(lambda c, q=query: c.exec_driver_sql(q).scalar()) == 0


@pytest.mark.parametrize("cell", ["perhaps", "31.02.2025"])
def test_a_death_that_is_neither_is_refused(cell: str) -> None:
    from datetime import date

    row = {"member_id": "M", "family": "X", "deceased": cell}
    with pytest.raises(BadCell):
        RowReader("DE", date(2026, 1, 1)).records(row)


def test_what_stands_in_no_table_costs_no_row(opened: OpenStore) -> None:
    opened.put([MemberRecord(member_id="M", given="A", family="B")])
    opened.put([CarerRecord(member_id="M", name="C", may_speak=True)])
    shown = card(opened, "M")
    assert (shown.deceased, shown.merged_into, shown.restricted) == ("", "", False)
    assert shown.relations[0].scope == ""


# --------------------------------------------------------------------------------------- FHIR


def put(opened: OpenStore, *resources: dict[str, Any]) -> None:
    fhir_rows.put(opened, 1_770_000_000.0, *resources)


def test_fhir_says_death_and_restriction(opened: OpenStore) -> None:
    security = [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}]
    put(
        opened,
        patient("p1", "Dead", deceasedDateTime="2026-01-02T03:04:05Z"),
        patient("p2", "Known", deceasedBoolean=True),
        patient("p3", "Vip", meta={"versionId": "1", "security": security}),
        patient("p4", "Lives", deceasedBoolean=False),
    )
    assert card(opened, "p1").deceased == "2026-01-02"
    assert card(opened, "p2").deceased == "yes"
    assert (card(opened, "p3").restricted, card(opened, "p3").deceased) == (True, "")
    assert not card(opened, "p4").is_deceased
    put(opened, patient("p3", "Vip", meta={"versionId": "2"}))
    assert not card(opened, "p3").restricted


def consent(fhir_id: str, *codes: str, **more: Any) -> dict[str, Any]:
    provision: dict[str, Any] = {
        "type": "permit",
        "actor": [{"reference": refers("RelatedPerson", "k1")}],
    }
    if codes:
        provision["code"] = [{"text": code} for code in codes]
    return resource(
        "Consent",
        fhir_id,
        status="active",
        patient=refers("Patient", "p1"),
        provision=provision,
        **more,
    )


def test_a_consent_narrows_what_its_person_may_hear(opened: OpenStore) -> None:
    carer = resource(
        "RelatedPerson",
        "k1",
        patient=refers("Patient", "p1"),
        name=[{"text": "Maria Nowak"}],
        relationship=[concept("", "MTH")],
    )
    put(opened, patient("p1", "One"), carer, consent("s1", "appointments"))
    (shown,) = card(opened, "p1").relations
    assert (shown.kind, shown.may_speak, shown.scope) == ("parent", True, "appointments")
    put(opened, consent("s2", "billing", "cover"))
    assert card(opened, "p1").relations[0].scope == "appointments; billing; cover"
    put(opened, consent("s3"))
    assert card(opened, "p1").relations[0].scope == ""
