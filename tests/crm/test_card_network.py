"""Clinic and doctor against the member's own plan, from the CRM's own records in the real cache."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.crm.test_fhir_rows import READ_WALL, card, put
from tests.support.crm_store import OpenStore
from tests.support.fhir_resources import concept, coverage, patient, refers, resource

from ctidesk.care.blockers import blockers
from ctidesk.care.member import Provenance, Standing
from ctidesk.crm import card_sql
from ctidesk.crm.records import FacilityRecord, FactKind, FactRecord, MemberRecord
from ctidesk.crm.records_sql import Writer

NETWORK = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/network-reference"


def role(fhir_id: str, doctor: str, network: str) -> dict[str, Any]:
    return resource(
        "PractitionerRole",
        fhir_id,
        practitioner=refers("Practitioner", doctor),
        organization=refers("Organization", "anna"),
        extension=[{"url": NETWORK, "valueReference": refers("Organization", network)}],
    )


def doctor(fhir_id: str, family: str) -> dict[str, Any]:
    name = [{"family": family, "given": ["Eva"], "prefix": ["Dr."]}]
    return resource("Practitioner", fhir_id, name=name)


CENTRE = (
    resource("Organization", "own", name="Gold Network", type_=[concept("", "ntwk")]),
    resource("Organization", "other", name="Silver Network", type_=[concept("", "ntwk")]),
    resource("Organization", "anna", name="St. Anna Hospital"),
    resource("InsurancePlan", "plan", name="Plan A", network=[refers("Organization", "own")]),
    resource(
        "OrganizationAffiliation",
        "tie",
        active=True,
        participatingOrganization=refers("Organization", "anna"),
        network=[refers("Organization", "own")],
    ),
    doctor("in", "Novak"),
    doctor("out", "Roth"),
    doctor("nobody", "Weiss"),
    role("r1", "in", "own"),
    role("r2", "out", "other"),
)


def visit(fhir_id: str, who: str) -> dict[str, Any]:
    actors = [refers("Patient", "p1"), refers("Practitioner", who), refers("Organization", "anna")]
    return resource(
        "Appointment",
        fhir_id,
        status="booked",
        start="2026-03-19T10:00:00Z",
        participant=[{"actor": each} for each in actors],
    )


def standings(opened: OpenStore) -> dict[str, Standing]:
    return {one.name: one.standing for one in card(opened, "p1").networks}


def test_the_clinic_is_in_and_of_its_doctors_each_is_what_is_known(opened: OpenStore) -> None:
    put(opened, *CENTRE, patient("p1", "Fischer"), coverage("c1", "p1"))
    put(opened, visit("v1", "in"), visit("v2", "out"), visit("v3", "nobody"))
    assert standings(opened) == {
        "St. Anna Hospital": Standing.IN,
        "Dr. Eva Novak": Standing.IN,
        "Dr. Eva Roth": Standing.OUT,
        "Dr. Eva Weiss": Standing.NOT_KNOWN,
    }
    shown = card(opened, "p1")
    assert shown.networks[0].provenance == Provenance(source="CRM", read_wall=READ_WALL)
    said = [one.text for one in blockers(shown, date(2026, 3, 16))]
    assert "St. Anna Hospital is in network, Dr. Eva Roth is NOT." in said
    assert "Network not known: Dr. Eva Weiss." in said


def test_without_the_plans_record_nobody_is_out(opened: OpenStore) -> None:
    put(opened, *CENTRE, patient("p1", "Fischer"), coverage("c1", "p1", plan="Plan Z"))
    put(opened, visit("v1", "in"), visit("v2", "out"))
    assert set(standings(opened).values()) == {Standing.NOT_KNOWN}


def test_an_affiliation_that_ended_says_nothing(opened: OpenStore) -> None:
    put(opened, *CENTRE, patient("p1", "Fischer"), coverage("c1", "p1"), visit("v1", "in"))
    ended = resource(
        "OrganizationAffiliation",
        "tie",
        active=True,
        period={"end": "2020-01-01"},
        participatingOrganization=refers("Organization", "anna"),
        network=[refers("Organization", "own")],
    )
    put(opened, ended)
    assert standings(opened)["St. Anna Hospital"] is Standing.NOT_KNOWN


def test_another_doctor_is_checked_against_her_plan(opened: OpenStore) -> None:
    put(opened, *CENTRE, patient("p1", "Fischer"), coverage("c1", "p1"))
    found = opened.run(lambda c: card_sql.check_network(c, "p1", "dr rot"))
    assert [(one.name, one.place, one.standing) for one in found] == [
        ("Dr. Eva Roth", "St. Anna Hospital", Standing.OUT)
    ]
    assert opened.run(lambda c: card_sql.check_network(c, "p1", "Fischer")) == []


def test_the_words_of_a_list_count_for_who_is_covered(opened: OpenStore) -> None:
    def write(connection: Any) -> None:
        writer = Writer(connection, source="list", read_wall=READ_WALL, import_ref=1)
        listed = {"A": "in network", "B": "Out", "C": "", "D": "Plan X; Plan A"}
        for place, words in listed.items():
            writer.put(
                FacilityRecord(
                    facility_id=place, name=f"Clinic {place}", kind="clinic", network_status=words
                )
            )
        for member in ("M-1", "M-2"):
            writer.put(MemberRecord(member_id=member, given="Ann", family="Fischer"))
        plan = {"plan": "Plan A", "payer": "Good", "status": "active"}
        writer.put(FactRecord(member_id="M-1", kind=FactKind.COVERAGE, values=plan))

    opened.run(write)

    def checked(member: str) -> dict[str, Standing]:
        found = opened.run(lambda c: card_sql.check_network(c, member, "clinic"))
        return {one.name[-1]: one.standing for one in found}

    known, out, nobody = Standing.IN, Standing.OUT, Standing.NOT_KNOWN
    assert checked("M-1") == {"A": known, "B": out, "C": nobody, "D": known}
    assert set(checked("M-2").values()) == {nobody}, "no plan, no network"


def test_what_is_owed_and_what_was_stopped_is_on_the_card(opened: OpenStore) -> None:
    def drug(fhir_id: str, status: str) -> dict[str, Any]:
        return resource(
            "MedicationRequest",
            fhir_id,
            status=status,
            intent="order",
            subject=refers("Patient", "p1"),
            medicationCodeableConcept=concept("Insulin" if fhir_id != "m3" else "Aspirin"),
        )

    def task(fhir_id: str, status: str, what: str) -> dict[str, Any]:
        return resource(
            "Task",
            fhir_id,
            status=status,
            description=what,
            for_=refers("Patient", "p1"),
            authoredOn="2026-01-05T10:00:00Z",
            restriction={"period": {"end": "2026-03-01"}},
        )

    put(opened, patient("p1", "Fischer"), drug("m1", "active"), drug("m2", "stopped"))
    put(opened, drug("m3", "stopped"), task("t1", "requested", "Complaint about delivery"))
    put(opened, task("t2", "completed", "Done long ago"))
    shown = card(opened, "p1")
    assert [(one.drug, one.withdrawn) for one in shown.prescriptions] == [
        ("Insulin", False),
        ("Insulin", True),
    ]
    (owed,) = shown.open_tasks
    assert (owed.what, owed.is_complaint, owed.due) == (
        "Complaint about delivery",
        True,
        date(2026, 3, 1),
    )


def test_a_file_that_says_another_birth_date_than_the_crm_is_the_other_side(
    opened: OpenStore,
) -> None:
    put(opened, patient("p1", "Fischer"))

    def write(connection: Any) -> None:
        writer = Writer(connection, source="list", read_wall=READ_WALL + 5, import_ref=1)
        record = MemberRecord(
            member_id="p1", given="Ann", family="Fischer", birth_date="1960-04-05"
        )
        writer.put(record)

    opened.run(write)
    shown = card(opened, "p1")
    assert str(shown.birth_date) == "1960-04-05"
    (other,) = shown.other_details
    assert (other.detail, other.value, other.provenance.source) == (
        "birth_date",
        "1960-05-04",
        "CRM",
    )
