"""Clinic and doctor against the member's own plan, from the CRM's own records in the real cache."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.crm.test_fhir_rows import READ_WALL, card, put
from tests.support.crm_store import OpenStore
from tests.support.fhir_resources import concept, coverage, patient, refers, resource

from ctidesk.care.blockers import blockers
from ctidesk.care.member import Provenance, Standing

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
