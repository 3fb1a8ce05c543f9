"""The facts of a verified card are written for people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.support.desk_scenes import jane

from ctidesk.care.member import Contact, Provenance
from ctidesk.ui.member_card.facts import card_facts
from ctidesk.ui.member_card.languages import language_name

NOW = 1_770_000_000.0


def test_the_history_says_the_label_of_a_code() -> None:
    contact = Contact(
        at=datetime(2026, 1, 5, 9, tzinfo=UTC),
        channel="call",
        direction="inbound",
        summary="Asked for a refill",
        code="refill_order",
        provenance=Provenance(source="test", read_wall=NOW),
    )
    card = replace(jane(), history=(contact,))
    facts = card_facts(card, NOW, {"refill_order": "Refill ordered"}.__getitem__)
    assert facts.tabs["History"][0].detail == "Asked for a refill · Refill ordered"


@pytest.mark.parametrize(
    ("code", "name"),
    [("sv", "Swedish"), ("sv-SE", "Swedish"), ("CA", "Catalan"), ("tlh", "tlh"), ("", "")],
)
def test_a_language_has_its_name(code: str, name: str) -> None:
    assert language_name(code) == name
