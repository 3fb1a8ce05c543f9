"""What stands in the way of a member's wish, and what is too old to quote."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ctidesk.care.blockers import Weight, blockers, is_stale
from ctidesk.care.member import Authorisation, Coverage, MemberCard, Prescription, Provenance

TODAY = date(2026, 3, 16)
NOW = 1_800_000_000.0
FRESH = Provenance(source="local import", read_wall=NOW - 3600)
CARD = MemberCard(
    member_id="M",
    given="A",
    family="B",
    birth_date=None,
    postcode="",
    address="",
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


def days(count: int) -> date:
    return TODAY + timedelta(days=count)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (replace(CARD, coverages=(replace(COVER, ends=days(-1)),)), "No active coverage since"),
        (replace(CARD, coverages=(replace(COVER, status="cancelled"),)), "No active coverage"),
        (replace(CARD, coverages=(replace(COVER, begins=days(1)),)), "begins only on 17 Mar 2026"),
        (replace(CARD, authorisations=(replace(AUTH, expires=days(-1)),)), "expired on 15 Mar"),
        (replace(CARD, authorisations=(replace(AUTH, units_left=0),)), "used up"),
        (replace(CARD, authorisations=(replace(AUTH, status="denied"),)), "refused"),
        (replace(CARD, prescriptions=(replace(DRUG, expires=days(-1)),)), "expired on 15 Mar"),
        (replace(CARD, prescriptions=(replace(DRUG, refills_left=0),)), "No refills left"),
    ],
)
def test_stops(card: MemberCard, words: str):
    (found,) = blockers(card, TODAY)
    assert found.weight is Weight.STOP
    assert words in found.text
    assert found.step


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (replace(CARD, prescriptions=(replace(DRUG, next_refill=days(3)),)), "not before 19 Mar"),
        (replace(CARD, authorisations=(replace(AUTH, expires=days(7)),)), "expires on 23 Mar"),
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
        replace(CARD, coverages=(replace(COVER, begins=TODAY, ends=TODAY),)),
        replace(CARD, coverages=(replace(COVER, ends=days(-1)), COVER)),
        replace(CARD, authorisations=(replace(AUTH, expires=days(8), units_left=1),)),
        replace(CARD, prescriptions=(replace(DRUG, expires=TODAY, next_refill=TODAY),)),
    ],
)
def test_valid_until_the_last_day_and_nothing_invented(card: MemberCard):
    assert blockers(card, TODAY) == ()


def test_stops_come_before_minds():
    card = replace(
        CARD,
        authorisations=(replace(AUTH, expires=days(2)),),
        prescriptions=(replace(DRUG, refills_left=0),),
    )
    assert [one.weight for one in blockers(card, TODAY)] == [Weight.STOP, Weight.MIND]


@pytest.mark.parametrize(
    ("fact", "hours", "stale"),
    [(COVER, 23, False), (COVER, 25, True), (AUTH, 25, True), (DRUG, 25, False), (DRUG, 169, True)],
)
def test_stale(fact: Coverage | Authorisation | Prescription, hours: float, stale: bool):
    read = Provenance(source="x", read_wall=NOW - hours * 3600)
    assert is_stale(fact, read, NOW) is stale
