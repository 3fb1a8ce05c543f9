"""Facts that contradict each other are said with both sources, and none is picked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.unit.care.test_blockers import AUTH, CARD, COVER, DRUG, FRESH, TODAY

from ctidesk.care.blockers import Weight, blockers
from ctidesk.care.contradictions import contradictions
from ctidesk.care.member import MemberCard, OtherDetail, Provenance

OTHER = Provenance(source="CRM", read_wall=FRESH.read_wall)
FIRST = replace(COVER, begins=date(2026, 1, 1), ends=date(2027, 12, 31))
THEIRS = replace(FIRST, plan="Basic", provenance=OTHER)
BORN = OtherDetail(detail="birth_date", value="1961-12-04", provenance=OTHER)
MOVED = OtherDetail(detail="address", value="Other St 2", provenance=OTHER)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (replace(CARD, coverages=(FIRST, THEIRS)), "Two active covers for the same time"),
        (
            replace(CARD, coverages=(FIRST, replace(FIRST, status="not eligible"))),
            "Cover and eligibility disagree",
        ),
        (
            replace(CARD, prescriptions=(DRUG, replace(DRUG, status="stopped", provenance=OTHER))),
            "active, 1 refills left (local import) / stopped (CRM)",
        ),
        (
            replace(CARD, prescriptions=(DRUG, replace(DRUG, refills_left=3, provenance=OTHER))),
            "3 refills left",
        ),
        (
            replace(CARD, authorisations=(AUTH, replace(AUTH, status="refused", provenance=OTHER))),
            "valid (local import) / over (CRM)",
        ),
        (replace(CARD, birth_date=date(1961, 4, 12), other_details=(BORN,)), "4 Dec 1961 (CRM)"),
        (replace(CARD, other_details=(MOVED,)), "Other St 2 (CRM)"),
    ],
)
def test_both_sides_are_said_first(card: MemberCard, words: str):
    (one,) = contradictions(card, TODAY)
    assert len(one.sides) == 2
    first = blockers(card, TODAY)[0]
    assert first.weight is Weight.STOP
    assert words in first.text
    assert "neither" in first.step


@pytest.mark.parametrize(
    "card",
    [
        replace(CARD, coverages=(FIRST, replace(FIRST, status="eligible", provenance=OTHER))),
        replace(CARD, coverages=(FIRST, replace(FIRST, provenance=OTHER))),
        replace(CARD, coverages=(FIRST, replace(THEIRS, begins=date(2028, 1, 1), ends=None))),
        replace(CARD, coverages=(FIRST, replace(THEIRS, status="cancelled"))),
        replace(CARD, coverages=(FIRST, replace(THEIRS, ends=TODAY - timedelta(days=1)))),
        replace(CARD, prescriptions=(DRUG, replace(DRUG, drug="Insulin", status="stopped"))),
        replace(CARD, authorisations=(AUTH, replace(AUTH, expires=date(2025, 1, 1)))),
    ],
)
def test_what_follows_or_confirms_is_no_contradiction(card: MemberCard):
    assert contradictions(card, TODAY) == ()
