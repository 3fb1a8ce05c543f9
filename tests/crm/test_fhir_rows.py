"""The CRM's resources on a real encrypted cache: what the card shows of them, in any order."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from tests.support import fhir_rows
from tests.support.crm_store import OpenStore
from tests.support.fhir_resources import concept, coverage, patient, refers, resource
from tests.support.fhir_rows import AROUND

from ctidesk.calls.errors import KnownError
from ctidesk.care.member import MemberCard, Party
from ctidesk.crm import card_sql, lookup_sql
from ctidesk.crm.fhir.directory_rows import From
from ctidesk.crm.fhir.resource_rows import ResourceRows
from ctidesk.crm.records import MemberRecord

MOBILE = "+49 171 3920031"
READ_WALL = 1_770_000_000.0


def put(opened: OpenStore, *resources: dict[str, Any], wall: float = READ_WALL) -> list[bool]:
    return fhir_rows.put(opened, wall, *resources)


def forget(opened: OpenStore, *keys: str) -> None:
    def work(connection: Any) -> None:
        rows = ResourceRows(connection, From("CRM", READ_WALL), AROUND)
        for key in keys:
            assert rows.forget(key)
        while rows.settle(10):
            pass

    opened.run(work)


def card(opened: OpenStore, member_id: str) -> MemberCard:
    found: MemberCard = opened.run(lambda c: card_sql.card(c, member_id))
    return found


def found(opened: OpenStore, number: str) -> list[tuple[Party, str, str]]:
    lookup = opened.run(lambda c: lookup_sql.find(c, number, "DE", 0.0))
    return [(each.party, each.name, each.member_id) for each in lookup.candidates]


def rows_of(opened: OpenStore, table: str) -> int:
    return int(opened.run(lambda c: c.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()))


def test_a_patient_is_found_by_any_spelling_and_searched_by_name(opened: OpenStore) -> None:
    put(
        opened,
        patient(
            "p1",
            "Fischer",
            "0171/392 00 31",
            identifier=[
                {"value": "X-9", "type": concept("", "MR")},
                {"value": "M-77", "type": concept("", "MB")},
            ],
            address=[{"line": ["Main St 1"], "city": "Berlin", "postalCode": "10115"}],
            communication=[{"language": concept("", "de"), "preferred": True}],
        ),
    )
    assert found(opened, MOBILE) == [(Party.MEMBER, "Ann Fischer", "M-77")]
    shown = card(opened, "M-77")
    assert (shown.postcode, shown.address, shown.language) == ("10115", "Main St 1, Berlin", "de")
    assert (shown.phone_last4, str(shown.birth_date)) == ("0031", "1960-05-04")
    names = opened.run(lambda c: lookup_sql.search(c, "fischer 1960-05-04", "DE", 5))
    assert [each.member_id for each in names] == ["M-77"]


RECORD = (
    resource("Organization", "ins", name="Good Insurance", type_=[concept("", "ins")]),
    resource("Practitioner", "d1", name=[{"family": "Roth", "given": ["Eva"], "prefix": ["Dr."]}]),
    patient("p1", "Fischer", MOBILE),
    coverage(
        "c1",
        "p1",
        subscriberId="POL-1",
        period={"start": "2026-01", "end": "2026-12"},
        costToBeneficiary=[
            {"type": concept("visit"), "valueMoney": {"value": 20, "currency": "EUR"}}
        ],
    ),
    resource(
        "MedicationRequest",
        "m1",
        status="active",
        intent="order",
        subject=refers("Patient", "p1"),
        requester=refers("Practitioner", "d1"),
        medicationCodeableConcept=concept("Insulin"),
        dispenseRequest={"numberOfRepeatsAllowed": 3, "validityPeriod": {"end": "2026-11-30"}},
    ),
    *(
        resource(
            "MedicationDispense",
            f"x{day}",
            status="completed",
            authorizingPrescription=[refers("MedicationRequest", "m1")],
            whenHandedOver=f"2026-0{day}-01",
            daysSupply={"value": 30, "unit": "days"},
        )
        for day in (1, 2)
    ),
    resource(
        "Appointment",
        "a1",
        status="booked",
        start="2026-03-01T09:00:00+01:00",
        description="Check-up",
        patientInstruction="Bring the card",
        participant=[
            {"actor": refers("Patient", "p1")},
            {"actor": refers("Practitioner", "d1")},
            {"actor": {"display": "Room 3"}},
        ],
    ),
    resource(
        "ClaimResponse",
        "r1",
        status="active",
        use="preauthorization",
        type_=concept("Wheelchair"),
        patient=refers("Patient", "p1"),
        outcome="complete",
        preAuthRef="PA-1",
        preAuthPeriod={"end": "2026-06-30"},
    ),
    resource(
        "Communication",
        "t1",
        status="completed",
        subject=refers("Patient", "p1"),
        sender=refers("Patient", "p1"),
        sent="2026-01-05T10:00:00Z",
        medium=[concept("e-mail")],
        payload=[{"contentString": "Asked for a refill"}],
    ),
)


def check_record(shown: MemberCard) -> None:
    (cover,) = shown.coverages
    assert (cover.plan, cover.payer, cover.copay) == ("Plan A", "Good Insurance", "visit 20 EUR")
    assert (str(cover.begins), str(cover.ends)) == ("2026-01-01", "2026-12-31")
    assert shown.policy_number == "POL-1"
    (drug,) = shown.prescriptions
    assert (drug.drug, drug.prescriber, drug.refills_left) == ("Insulin", "Dr. Eva Roth", 2)
    assert (str(drug.last_dispensed), str(drug.next_refill)) == ("2026-02-01", "2026-03-03")
    (visit,) = shown.appointments
    assert (visit.what, visit.doctor, visit.bring) == ("Check-up", "Dr. Eva Roth", "Bring the card")
    assert visit.starts.isoformat() == "2026-03-01T08:00:00+00:00"
    (allowed,) = shown.authorisations
    assert (allowed.item, str(allowed.expires)) == ("Wheelchair (PA-1)", "2026-06-30")
    (contact,) = shown.history
    assert (contact.direction, contact.summary) == ("inbound", "Asked for a refill")
    assert (contact.provenance.source, contact.provenance.read_wall) == ("CRM", READ_WALL)


@pytest.mark.parametrize("turn", [0, 1, 3, 5, 8, "backwards"])
def test_the_card_is_the_same_in_whatever_order_it_came(opened: OpenStore, turn: int | str) -> None:
    order = RECORD[::-1] if turn == "backwards" else RECORD[int(turn) :] + RECORD[: int(turn)]
    put(opened, *order)
    check_record(card(opened, "p1"))
    assert put(opened, *order, wall=READ_WALL + 60) == [False] * len(order)  # known versions
    check_record(card(opened, "p1"))


def test_a_newer_version_replaces_and_a_deletion_removes(opened: OpenStore) -> None:
    put(opened, *RECORD)
    put(opened, coverage("c1", "p1", "Plan B", subscriberId="POL-2"))
    shown = card(opened, "p1")
    assert ([each.plan for each in shown.coverages], shown.policy_number) == (["Plan B"], "POL-2")
    forget(opened, "MedicationDispense/x2", "Coverage/c1", "Appointment/a1")
    shown = card(opened, "p1")
    assert (shown.coverages, shown.appointments, shown.policy_number) == ((), (), "")
    assert (shown.prescriptions[0].refills_left, str(shown.prescriptions[0].last_dispensed)) == (
        3,
        "2026-01-01",
    )
    forget(opened, "Patient/p1")
    assert found(opened, MOBILE) == []
    with pytest.raises(KnownError, match="member_unknown"):
        card(opened, "p1")
    assert rows_of(opened, "prescriptions") == 0
    put(opened, patient("p1", "Fischer", MOBILE))  # and back: what is about them is shown again
    assert card(opened, "p1").prescriptions[0].prescriber == "Dr. Eva Roth"


def replaced_by(other: str) -> list[dict[str, Any]]:
    return [{"other": refers("Patient", other), "type": "replaced-by"}]


def replaces(other: str) -> list[dict[str, Any]]:
    return [{"other": refers("Patient", other), "type": "replaces"}]


OLD = patient("p2", "Fisher", "+49 171 5550000")
PAIRS = {
    "the old one says it": (patient("p1", "Fischer", MOBILE), {**OLD, "link": replaced_by("p1")}),
    "the new one says it": (patient("p1", "Fischer", MOBILE, link=replaces("p2")), OLD),
}


@pytest.mark.parametrize(
    ("said", "backwards"), list(itertools.product(PAIRS, [False, True])), ids=str
)
def test_merged_patients_are_one_member_with_the_facts_of_both(
    opened: OpenStore, said: str, backwards: bool
) -> None:
    pair = PAIRS[said]
    put(opened, coverage("c1", "p2", "Old"), *(pair[::-1] if backwards else pair))
    put(opened, coverage("c2", "p1", "New"))
    assert [each.plan for each in card(opened, "p1").coverages] == ["Old", "New"] or [
        each.plan for each in card(opened, "p1").coverages
    ] == ["New", "Old"]
    with pytest.raises(KnownError, match="member_unknown"):
        card(opened, "p2")
    assert found(opened, "+49 171 5550000") == []


def test_a_merge_that_was_wrong_is_undone(opened: OpenStore) -> None:
    put(opened, OLD, patient("p1", "Fischer", MOBILE, link=replaces("p2")), coverage("c1", "p2"))
    assert len(card(opened, "p1").coverages) == 1
    put(opened, patient("p1", "Fischer", MOBILE))
    assert card(opened, "p1").coverages == ()
    assert len(card(opened, "p2").coverages) == 1


def test_a_circle_of_merges_ends(opened: OpenStore) -> None:
    put(
        opened,
        patient("p1", "A", link=replaced_by("p2")),
        patient("p2", "B", link=replaced_by("p1")),
        coverage("c1", "p1"),
    )
    assert rows_of(opened, "coverages") == 0
    put(opened, patient("p2", "B"))
    assert len(card(opened, "p2").coverages) == 1


def test_two_patients_with_one_number_stay_two(opened: OpenStore) -> None:
    same = [{"value": "M-1", "type": concept("", "MB")}]
    put(opened, patient("p1", "One", identifier=same), patient("p2", "Two", identifier=same))
    assert (card(opened, "M-1").family, card(opened, "p2").family) == ("One", "Two")


def test_a_member_of_the_file_and_of_the_crm_is_one(opened: OpenStore) -> None:
    opened.put([MemberRecord(member_id="M-1", given="A", family="Old", household="H")])
    put(opened, patient("p1", "New", MOBILE, identifier=[{"value": "M-1"}]), coverage("c1", "p1"))
    shown = card(opened, "M-1")
    assert (shown.family, len(shown.coverages), rows_of(opened, "members")) == ("New", 1, 1)


def test_who_may_speak_is_what_a_consent_says(opened: OpenStore) -> None:
    carer = resource(
        "RelatedPerson",
        "k1",
        patient=refers("Patient", "p1"),
        name=[{"text": "Maria Nowak"}],
        telecom=[{"system": "phone", "value": "+49 171 3920015"}],
    )
    consent: dict[str, Any] = resource(
        "Consent",
        "s1",
        status="active",
        patient=refers("Patient", "p1"),
        provision={
            "type": "permit",
            "period": {"end": "2027-01-31"},
            "actor": [{"reference": refers("RelatedPerson", "k1")}],
        },
    )
    put(opened, consent, carer, patient("p1", "Fischer"))
    assert found(opened, "+49 171 3920015") == [(Party.CARER, "Maria Nowak", "p1")]
    (shown,) = card(opened, "p1").relations
    assert (shown.may_speak, str(shown.authority_until)) == (True, "2027-01-31")
    put(opened, {**consent, "status": "inactive", "meta": {"versionId": "other"}})
    assert not card(opened, "p1").relations[0].may_speak
    put(opened, {**carer, "relationship": [concept("", "GUARD")], "meta": {"versionId": "w"}})
    (shown,) = card(opened, "p1").relations
    assert (shown.may_speak, shown.kind) == (True, "guardian")
    forget(opened, "RelatedPerson/k1")
    assert found(opened, "+49 171 3920015") == []


def test_clinics_doctors_and_their_networks_are_in_the_directory(opened: OpenStore) -> None:
    phone = [{"system": "phone", "value": "030 23125 100"}]
    put(
        opened,
        resource(
            "OrganizationAffiliation",
            "n1",
            participatingOrganization=refers("Organization", "h1"),
            network=[{"display": "Gold Network"}],
        ),
        resource("Organization", "h1", name="Town Hospital", telecom=phone),
        resource("Organization", "net", name="Gold Network", type_=[concept("", "ntwk")]),
        resource(
            "PractitionerRole",
            "r1",
            practitioner=refers("Practitioner", "d1"),
            organization=refers("Organization", "h1"),
            telecom=[{"system": "phone", "value": "030 23125 111"}],
        ),
        resource("Practitioner", "d1", name=[{"family": "Roth"}]),
    )
    assert found(opened, "+49 30 23125 100") == [(Party.PROVIDER, "Town Hospital", "")]
    assert found(opened, "+49 30 23125 111") == [(Party.PROVIDER, "Roth", "")]
    query = "SELECT name, kind, network_status FROM facilities ORDER BY name"
    rows = opened.run(lambda c: list(map(tuple, c.exec_driver_sql(query))))
    assert ("Town Hospital", "hospital", "Gold Network") in rows
    assert "Gold Network" not in [name for name, _, _ in rows]
    forget(opened, "OrganizationAffiliation/n1", "PractitionerRole/r1")
    rows = opened.run(lambda c: list(map(tuple, c.exec_driver_sql(query))))
    assert ("Town Hospital", "hospital", "") in rows
    assert found(opened, "+49 30 23125 111") == []


def test_references_that_lead_to_themselves_end(opened: OpenStore) -> None:
    put(
        opened,
        resource(
            "MedicationDispense",
            "x",
            status="completed",
            authorizingPrescription=refers("MedicationDispense", "x"),
        ),
        resource(
            "OrganizationAffiliation",
            "n",
            participatingOrganization=refers("OrganizationAffiliation", "n"),
        ),
        patient("p", "Self", link=replaced_by("p")),
        resource("Schedule", "s", actor=[refers("Schedule", "s")]),
    )
    assert card(opened, "p").family == "Self"


def test_a_fact_is_as_fresh_as_the_last_pull_of_its_type(opened: OpenStore) -> None:
    put(opened, patient("p1", "Fischer"), coverage("c1", "p1"))
    opened.run(
        lambda c: c.exec_driver_sql(
            "INSERT INTO fhir_cursors(kind, server, after, gone_after, whole, loaded, current_wall)"
            " VALUES ('Coverage', '', '', '', 0, 0, ?)",
            (READ_WALL + 500,),
        )
    )
    shown = card(opened, "p1")
    assert shown.coverages[0].provenance.read_wall == READ_WALL + 500
    assert shown.provenance.read_wall == READ_WALL
