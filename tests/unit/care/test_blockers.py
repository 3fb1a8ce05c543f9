"""What stands in the way of a member's wish, and what is too old to quote."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ctidesk.care.blockers import Weight, blockers
from ctidesk.care.field_groups import FieldGroup
from ctidesk.care.freshness import is_known, is_stale
from ctidesk.care.member import (
    Authorisation,
    Coverage,
    MemberCard,
    NetworkFact,
    OpenTask,
    Prescription,
    Provenance,
    Standing,
)

TODAY = date(2026, 3, 16)
NOW = 1_800_000_000.0
FRESH = Provenance(source="local import", read_wall=NOW - 3600)
CARD = MemberCard(
    member_id="M",
    given="A",
    family="B",
    birth_date=None,
    postcode="",
    address="Main St 1",
    address_confirmed=TODAY,
    policy_number="",
    phone_last4="",
    language="",
    channel_preference="",
)
COVER = Coverage(
    plan="Plus", payer="Helvia", status="active", begins=None, ends=None, provenance=FRESH
)
AUTH = Authorisation(
    item="Oxygen", status="active", expires=None, units_left=None, provenance=FRESH
)
DRUG = Prescription(
    drug="Salbutamol",
    prescriber="Dr. Novak",
    expires=None,
    refills_left=1,
    last_dispensed=None,
    next_refill=None,
    provenance=FRESH,
)
OWED = OpenTask(
    what="Late delivery",
    status="requested",
    due=TODAY - timedelta(days=1),
    is_complaint=True,
    provenance=FRESH,
)
CLINIC = NetworkFact(name="St. Anna", kind="hospital", standing=Standing.IN, provenance=FRESH)
DOCTOR = NetworkFact(
    name="Dr. Roth", kind="doctor", place="St. Anna", standing=Standing.OUT, provenance=FRESH
)


def days(count: int) -> date:
    return TODAY + timedelta(days=count)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (
            replace(CARD, coverages=(replace(COVER, ends=days(-1)),)),
            "policy ended yesterday (15 Mar 2026)",
        ),
        (replace(CARD, coverages=(replace(COVER, status="cancelled"),)), "No active coverage"),
        (
            replace(CARD, coverages=(replace(COVER, begins=days(1)),)),
            "begins only tomorrow (17 Mar 2026)",
        ),
        (
            replace(CARD, authorisations=(replace(AUTH, expires=days(-1)),)),
            "expired yesterday (15 Mar 2026)",
        ),
        (replace(CARD, authorisations=(replace(AUTH, units_left=0),)), "used up"),
        (replace(CARD, authorisations=(replace(AUTH, status="denied"),)), "refused"),
        (
            replace(CARD, prescriptions=(replace(DRUG, expires=days(-1)),)),
            "expired yesterday (15 Mar 2026)",
        ),
        (replace(CARD, prescriptions=(replace(DRUG, refills_left=0),)), "No refills left"),
    ],
)
def test_stops(card: MemberCard, words: str):
    (found,) = blockers(card, TODAY)
    assert found.weight is Weight.STOP
    assert words in found.text
    assert found.step
    assert found.say.endswith((".", "?"))


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (
            replace(CARD, prescriptions=(replace(DRUG, next_refill=days(3)),)),
            "Refill possible from 19 Mar 2026",
        ),
        (
            replace(CARD, authorisations=(replace(AUTH, expires=days(7)),)),
            "expires in 7 days (23 Mar 2026)",
        ),
    ],
)
def test_minds(card: MemberCard, words: str):
    (found,) = blockers(card, TODAY)
    assert found.weight is Weight.MIND
    assert words in found.text


@pytest.mark.parametrize(
    "card",
    [
        CARD,
        replace(CARD, coverages=(replace(COVER, begins=TODAY, ends=days(31)),)),
        replace(CARD, coverages=(replace(COVER, ends=days(-1)), COVER)),
        replace(CARD, authorisations=(replace(AUTH, expires=days(8), units_left=1),)),
        replace(CARD, prescriptions=(replace(DRUG, expires=TODAY, next_refill=TODAY),)),
    ],
)
def test_valid_until_the_last_day_and_nothing_invented(card: MemberCard):
    assert blockers(card, TODAY) == ()


def test_the_clinic_is_in_network_and_its_doctor_is_not():
    (found,) = blockers(replace(CARD, networks=(CLINIC, DOCTOR)), TODAY)
    assert found.weight is Weight.STOP
    assert found.text == "St. Anna is in network, Dr. Roth is NOT."
    assert "doctor before booking" in found.step
    assert "Dr. Roth is not" in found.say


def test_a_network_that_nobody_knows_is_never_out_of_network():
    unknown = replace(DOCTOR, standing=Standing.NOT_KNOWN)
    (found,) = blockers(replace(CARD, networks=(CLINIC, unknown)), TODAY)
    assert found.weight is Weight.MIND
    assert "not known" in found.text
    assert "confirm" in found.say
    assert "is not in" not in found.say


def test_a_policy_that_goes_on_is_not_said_to_end():
    card = replace(CARD, coverages=(replace(COVER, ends=days(3)), replace(COVER, begins=days(4))))
    assert blockers(card, TODAY) == ()


def test_stops_come_before_minds():
    card = replace(
        CARD,
        authorisations=(replace(AUTH, expires=days(2)),),
        prescriptions=(replace(DRUG, refills_left=0),),
    )
    assert [one.weight for one in blockers(card, TODAY)] == [Weight.STOP, Weight.MIND]


@pytest.mark.parametrize(
    ("group", "hours", "stale"),
    [
        (FieldGroup.COVERAGE, 23, False),
        (FieldGroup.COVERAGE, 25, True),
        (FieldGroup.AUTHORISATIONS, 25, True),
        (FieldGroup.NETWORK, 25, True),
        (FieldGroup.PRESCRIPTIONS, 25, False),
        (FieldGroup.PRESCRIPTIONS, 169, True),
    ],
)
def test_stale(group: FieldGroup, hours: float, stale: bool):
    assert is_stale(group, Provenance(source="x", read_wall=NOW - hours * 3600), NOW) is stale


@pytest.mark.parametrize(
    ("source", "read_wall"),
    [("", NOW), ("unknown", NOW), (" Unknown ", NOW), ("x", 0.0), ("x", NOW + 2 * 86400)],
)
def test_what_has_no_source_or_no_age_is_never_fresh(source: str, read_wall: float):
    told = Provenance(source=source, read_wall=read_wall)
    assert not is_known(told, NOW)
    assert all(is_stale(group, told, NOW) for group in FieldGroup)
