"""Guides in another language: whole, with the same facts, and a mistake names its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.support.desk_scenes import RESOURCES, START, jane

from ctidesk.care.guide import Guide
from ctidesk.care.guide_facts import FactSource
from ctidesk.care.guide_orders import outcome
from ctidesk.care.guide_run import walk
from ctidesk.care.guide_shelf import GuideShelf, read_folder, read_guide
from ctidesk.care.guide_texts import read_text
from ctidesk.care.spoken_values import spoken

GUIDES = RESOURCES / "guides"
LANGUAGES = ("ca", "id", "pl")
TRANSLATED = ("appointment_book", "prescription_renewal", "refill", "supplies")
DRUG = "Salbutamol 100 µg inhaler"


def whole(name: str, language: str) -> Guide:
    guide, problems = read_guide(GUIDES / f"{name}.toml", language)
    assert guide is not None and problems == []
    return guide


def sentences(guide: Guide) -> Iterator[tuple[str, str]]:
    """Each text that an agent reads or says, with its place."""
    yield "title", guide.title
    yield "summary", guide.summary
    yield "offer_why", guide.offer_why
    for step in guide.steps:
        yield f"{step.id}.say", step.say.raw
        yield f"{step.id}.hint", step.hint.raw
        yield f"{step.id}.field", step.field
        for choice in step.choices:
            yield f"{step.id}.{choice.key}", choice.label
    for number, block in enumerate(guide.blocks, 1):
        for part in ("reason", "say", "next"):
            yield f"block {number}.{part}", getattr(block, part).raw
    for number, ending in enumerate(guide.endings, 1):
        yield f"ending {number}", ending.say.raw


def facts_of(text: str) -> list[tuple[str, bool, bool]]:
    """Each fact in braces, whether it has a word for the unknown, and whether that is empty."""
    fields = (each.partition("|") for each in re.findall(r"\{([^{}]*)\}", text))
    return sorted((name.strip(), bool(bar), not other.strip()) for name, bar, other in fields)


def test_every_translation_belongs_to_a_guide() -> None:
    for language in LANGUAGES:
        shipped = {path.stem for path in (GUIDES / language).iterdir()}
        assert shipped == set(TRANSLATED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_ship_are_read_without_a_mistake(language: str) -> None:
    assert read_folder(GUIDES, language).problems == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TRANSLATED)
def test_every_sentence_is_translated_with_the_same_facts(name: str, language: str) -> None:
    original, other = whole(name, "en"), whole(name, language)
    for (place, english), (_, text) in zip(sentences(original), sentences(other), strict=True):
        assert facts_of(text) == facts_of(english), place
        assert not english or text != english, f"{place} is still English"
        assert bool(text) == bool(english), place


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TRANSLATED)
def test_what_is_written_into_the_record_stays_as_it_is(name: str, language: str) -> None:
    """Colleagues read notes and orders, in the centre's own language."""
    original, other = whole(name, "en"), whole(name, language)
    assert (other.notes, other.orders, other.codes) == (
        original.notes,
        original.orders,
        original.codes,
    )
    assert [(step.id, step.kind, step.when, step.goto) for step in other.steps] == [
        (step.id, step.kind, step.when, step.goto) for step in original.steps
    ]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("id", "pada hari Selasa, 17 Maret 2026"),
        ("pl", "dzień dostawy: wtorek, 17 marca 2026"),
        ("ca", "el dimarts, 17 de març de 2026"),
    ],
)
def test_a_promised_day_is_said_in_the_sentences_language(language: str, said: str) -> None:
    from dataclasses import replace

    card = jane()
    due = replace(card.prescriptions[0], next_refill=date(2026, 3, 10))
    source = FactSource(
        party="member",
        verified=True,
        now_wall=START.timestamp(),
        today=date(2026, 3, 16),
        may=lambda group: True,
        card=replace(card, prescriptions=(due,)),
    )
    guide = whole("refill", language)
    walked = walk(guide, {"medicine": DRUG, "address": "yes", "day": "2026-03-17"}, source)
    made = outcome(guide, walked, source)
    assert said in made.closing
    assert "Delivery promised for Tuesday 17 March 2026." in " ".join(made.note)


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_every_day_and_month_has_its_own_word(language: str) -> None:
    days = [date(2026, 1, 1) + timedelta(days=count) for count in range(365)]
    assert len({spoken(day, language) for day in days}) == 365
    assert len({re.sub(r"\d+", "", spoken(day, language)) for day in days}) >= 7 * 12


def test_values_are_said_as_the_language_says_them() -> None:
    assert [spoken(day, "ca") for day in (date(2026, 4, 1), date(2026, 8, 3))] == [
        "dimecres, 1 d'abril de 2026",
        "dilluns, 3 d'agost de 2026",
    ]
    assert [spoken(2.5, each) for each in ("en", "pl")] == ["2.5", "2,5"]
    assert [spoken(True, each) for each in ("en", "id", "pl", "ca")] == ["yes", "ya", "tak", "sí"]
    assert spoken(date(2026, 3, 17), "xx") == "Tuesday 17 March 2026"
    assert read_text("{today}", {"today"}, "pl").filled({"today": date(2026, 3, 17)}) == (
        "wtorek, 17 marca 2026"
    )


def test_an_agent_finds_a_guide_by_words_of_both_languages() -> None:
    shelf = GuideShelf(read_folder(GUIDES, "pl"))
    for sought in ("recepta", "refill"):
        assert "refill" in [each.id for each in shelf.offered("member", {}, sought)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('title = "A"\n[step.adress]\nsay = "x"', "line 2, step.adress is no step"),
        ('[step.address]\n\nsay = "{member.adress}"', "line 3, step.address, field “say”"),
        ('[block.9]\nsay = "x"', "line 1, block.9 is not in the guide"),
        ('[[block]]\nsay = "x"', "field “block” has to be a table"),
        ('[step.medicine.choices]\na = "x"', "which is no choice of the step"),
        ('[ending.1]\ncode = "x"', "line 2, ending.1, field “code” is not known here"),
    ],
)
def test_a_mistake_names_file_line_and_field(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "refill.toml").write_text((GUIDES / "refill.toml").read_text("utf-8"), "utf-8")
    (tmp_path / "id").mkdir()
    (tmp_path / "id" / "refill.toml").write_text(text, "utf-8")
    guide, problems = read_guide(tmp_path / "refill.toml", "id")
    assert guide is not None and guide.title == "Refill of a prescription"
    assert "id/refill.toml" in problems[0].text and said in problems[0].text, problems[0].text
