"""A card that is refreshed under the reader's eyes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tests.support.desk_scenes import jane

from ctidesk.care.member import MOST_HISTORY
from ctidesk.ui.member_card.facts import CardFacts, card_facts
from ctidesk.ui.member_card.steady import steady

NOW = 1_790_000_000.0


def facts() -> CardFacts:
    return card_facts(jane(), NOW)


def titles(shown: CardFacts, tab: str) -> list[str]:
    return [line.title for line in shown.tabs[tab]]


def test_a_first_card_is_in_its_own_order() -> None:
    assert steady(None, facts()) == facts()


def test_nothing_moves_when_only_the_age_changed() -> None:
    before, later = facts(), card_facts(jane(), NOW + 3600)
    shown = steady(before, later)
    assert shown == later
    assert {tab: titles(shown, tab) for tab in shown.tabs} == {
        tab: titles(before, tab) for tab in before.tabs
    }


def test_a_new_line_comes_last_and_a_lost_one_is_struck_in_its_place() -> None:
    card = jane()
    first, *rest = card.prescriptions
    assert rest, "the scene has several"
    new = replace(first, drug="A new drug")
    shown = steady(facts(), card_facts(replace(card, prescriptions=(new, *rest)), NOW))
    assert titles(shown, "Prescriptions") == [
        *titles(facts(), "Prescriptions"),
        "A new drug",
    ]
    lost = shown.tabs["Prescriptions"][0]
    assert (lost.gone, lost.stale) == (True, True)
    assert not any(line.gone for line in shown.tabs["Prescriptions"][1:])
    again = steady(shown, card_facts(replace(card, prescriptions=(new, *rest)), NOW + 60))
    assert titles(again, "Prescriptions") == titles(shown, "Prescriptions")


def test_the_oldest_contact_of_a_long_history_only_makes_room() -> None:
    card = jane()
    newest = card.history[0]
    past = tuple(
        replace(newest, at=newest.at - timedelta(days=n)) for n in range(1, MOST_HISTORY + 1)
    )
    before = card_facts(replace(card, history=past), NOW)
    shown = steady(before, card_facts(replace(card, history=(newest, *past[:-1])), NOW))
    assert not any(line.gone for line in shown.tabs["History"])
    assert len(shown.tabs["History"]) == MOST_HISTORY
    assert shown.tabs["History"][-1].title == card_facts(card, NOW).tabs["History"][0].title


def test_two_lines_that_read_alike_are_both_kept() -> None:
    card = jane()
    twice = replace(card, coverages=(*card.coverages, card.coverages[0]))
    before = card_facts(twice, NOW)
    assert steady(before, card_facts(twice, NOW)) == before
    shown = steady(before, card_facts(card, NOW))
    assert [line.gone for line in shown.tabs["Coverage"]].count(True) == 1


def test_what_is_no_blocker_any_more_is_gone_at_once() -> None:
    before = facts()
    assert before.blockers
    healed = replace(jane(), coverages=(), authorisations=(), prescriptions=())
    healed = replace(healed, address_confirmed=datetime.fromtimestamp(NOW).date())
    shown = steady(before, card_facts(healed, NOW))
    assert shown.blockers == ()
