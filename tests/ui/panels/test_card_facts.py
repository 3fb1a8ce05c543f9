"""The facts of a verified card are written for people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.support.desk_scenes import jane

from ctidesk.care.member import Candidate, Contact, Lookup, Party, Provenance
from ctidesk.ui.member_card.facts import card_facts
from ctidesk.ui.member_card.history import History
from ctidesk.ui.member_card.languages import language_name
from ctidesk.ui.member_card.shown_lines import fact_line
from ctidesk.ui.member_card.state import match_words

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


def test_a_fact_without_a_source_says_so_and_is_stale() -> None:
    nobody = Provenance(source="", read_wall=0.0)
    card = replace(jane(), coverages=(replace(jane().coverages[0], provenance=nobody),))
    (line,) = card_facts(card, NOW).tabs["Coverage"]
    assert line.stale
    assert not line.sourced
    assert fact_line(0, line).note == "Source unknown: confirm before quoting"


def test_two_covers_that_disagree_stand_together_in_the_summary() -> None:
    one = jane().coverages[0]
    other = replace(one, plan="Helvia Basic", provenance=Provenance(source="CRM", read_wall=NOW))
    facts = card_facts(replace(jane(), coverages=(one, other)), one.provenance.read_wall)
    shown = facts.tabs["Summary"][:2]
    assert [line.title.split(" · ")[0] for line in shown] == ["Helvia Plus", "Helvia Basic"]
    assert all(line.disputed and line.stale for line in shown)
    assert "disagrees" in fact_line(0, shown[0]).note
    assert facts.blockers[0].text.startswith("Two active covers")


def test_the_history_of_one_channel_is_in_the_order_of_the_whole() -> None:
    def contact(hour: int, channel: str) -> Contact:
        at = datetime(2026, 1, 5, hour, tzinfo=UTC)
        told = Provenance(source="test", read_wall=NOW)
        return Contact(at=at, channel=channel, direction="in", summary=f"{hour}", provenance=told)

    found = (contact(9, "call"), contact(12, "sms"), contact(10, "call"), contact(8, "fax"))
    lines = card_facts(replace(jane(), history=found), NOW).tabs["History"]
    history = History()
    history.show(lines)
    shown = history.live.state
    assert [one.detail for _, one in shown.lines] == ["12", "10", "9", "8"]
    assert [(word, count) for _, word, count in shown.channels] == [
        ("All channels", 4),
        ("Call", 2),
        ("SMS", 1),
        ("Fax", 1),
    ]
    history.choose("call")
    assert [one.detail for _, one in history.live.state.lines] == ["10", "9"]
    history.show(lines[:1])  # a card without calls: everything again
    assert [one.detail for _, one in history.live.state.lines] == ["12"]


def test_a_number_of_very_many_says_how_many_are_not_listed() -> None:
    two = tuple(
        Candidate(key=key, party=Party.MEMBER, name=key, reason="shared number") for key in "ab"
    )
    lookup = Lookup(number="+49 30 1", e164="+49301", candidates=two)
    assert match_words(lookup).startswith("2 matches share this number. Ask")
    assert match_words(replace(lookup, more=70)).startswith("72 matches share this number, 2 are")
