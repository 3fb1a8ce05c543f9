"""Files of the knowledge base: what they say, and where they are wrong."""

from __future__ import annotations

from datetime import date
from pathlib import PurePosixPath

import pytest

from ctidesk.calls.errors import KnownError
from ctidesk.care.knowledge import Kind
from ctidesk.care.knowledge_file import MAX_BODY_CHARS, read_articles, with_links
from ctidesk.care.knowledge_text import folded_words, said

GOOD = """---
title: Refill asked for too early
language: en
parties: member, carer
codes: refill, refill_refused
steps: refill.too_early
tags: [pharmacy, refill]
also: repeat prescription   # as callers say
related: refill-how
valid until: 2027-06-30
owner: Pharmacy team
---
Say **when** it is possible: see [[copay|what she pays]].
"""


def read(text: str, path: str = "en/refill-early.md"):  # type: ignore[no-untyped-def]
    return read_articles(PurePosixPath(path), text.encode())


def test_every_field_is_read() -> None:
    (article,) = read(GOOD)
    assert article.name == "refill-early"
    assert article.language == "en"
    assert article.title == "Refill asked for too early"
    assert article.parties == ("member", "carer")
    assert article.codes == ("refill", "refill_refused")
    assert article.steps == ("refill.too_early",)
    assert article.tags == ("pharmacy", "refill")
    assert article.also == ("repeat prescription",)
    assert article.links == ("refill-how", "copay")
    assert article.owner == "Pharmacy team"
    assert article.valid_until == date(2027, 6, 30)
    assert not article.outdated(date(2027, 6, 30))
    assert article.outdated(date(2027, 7, 1))


def test_the_language_is_the_folders_if_the_file_says_none() -> None:
    text = "---\ntitle: T\n---\nText"
    assert read(text, "pl/recepta.md")[0].language == "pl"
    assert read(text, "recepta.md")[0].language == "en"
    assert read(text, "billing/recepta.md")[0].language == "en"


def test_a_glossary_is_a_term_for_each_heading() -> None:
    text = "---\ntitle: Diagnoses\nkind: glossary\nowner: Nurses\n---\nIntro\n\n"
    text += "## Asthma (J45, wheeze)\nNarrow airways.\n\n## COPD (J44)\nSee [[diagnoses/asthma]].\n"
    asthma, copd = read(text, "en/diagnoses.md")
    assert (asthma.name, asthma.title, asthma.kind) == (
        "diagnoses/asthma",
        "Asthma (J45, wheeze)",
        Kind.TERM,
    )
    assert asthma.also == ("J45", "wheeze")
    assert copd.links == ("diagnoses/asthma",)
    assert copd.owner == "Nurses"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("title: no head", "en/refill-early.md, line 1: "),
        ("---\ntitle: x\nnever ended", "line 3: "),
        ("---\nowner: x\n---\ntext", "field “title”"),
        ("---\ntitle: x\ncolour: red\n---\ntext", "line 3, field “colour”"),
        ("---\ntitle: x\ntitle: y\n---\ntext", "line 3, field “title”"),
        ("---\ntitle: x\nno colon\n---\ntext", "line 3: "),
        ("---\ntitle: x\n\nparties: aunt\n---\ntext", "line 4, field “parties”"),
        ("---\ntitle: x\ncodes: Über uns\n---\ntext", "line 3, field “codes”"),
        ("---\ntitle: x\nvalid_until: 30.6.2027\n---\ntext", "line 3, field “valid_until”"),
        ("---\ntitle: x\nlanguage: English\n---\ntext", "line 3, field “language”"),
        ("---\ntitle: x\nkind: essay\n---\ntext", "field “kind”"),
        (f"---\ntitle: {'x' * 121}\n---\ntext", "line 2, field “title”"),
        ("---\ntitle: x\n---\n  \n", "line 4: "),
        ("---\ntitle: x\n---\n" + "a" * (MAX_BODY_CHARS + 1), "characters"),
        ("---\ntitle: x\nkind: glossary\n---\nno terms", "line 5: "),
        ("---\ntitle: x\nkind: glossary\n---\n## A\na\n## A\nb", "line 7: "),
        ("---\ntitle: x\nkind: glossary\n---\n## A\n## B\nb", "line 5: "),
        ("---\ntitle: x\n---\n" + "x" * 140_000, "larger than 128 kB"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_field(text: str, where: str) -> None:
    with pytest.raises(KnownError) as told:
        read(text)
    assert told.value.code == "bad_article"
    assert told.value.text.startswith("en/refill-early.md")
    assert where in told.value.text


def test_text_that_is_not_utf_8_is_named_by_its_line() -> None:
    with pytest.raises(KnownError, match="line 3: it is not UTF-8 text"):
        read_articles(PurePosixPath("a.md"), b"---\ntitle: x\nowner: \xff\n---\ntext")


def test_control_and_bidi_characters_are_taken_out() -> None:
    (article,) = read("---\ntitle: a\u202eb\x00c\n---\none\u202etwo\x02three\n")
    assert article.title == "abc"
    assert article.body == "onetwothree"


def test_links_by_name_become_links() -> None:
    body = "see [[Refill how]] and [[copay.md|what she pays]], [[<bad>|x]]"
    assert with_links(body) == (
        "see [Refill how](article:refill-how) and [what she pays](article:copay), x"
    )


def test_a_link_without_words_has_the_title_of_what_it_leads_to() -> None:
    assert with_links("[[nurse-line]]", {"nurse-line": "Nurse [line]"}) == (
        "[Nurse [line](article:nurse-line)"
    )


def test_what_is_searched_has_no_marks_and_no_html() -> None:
    markdown = (
        "# Head\n\n- **bold** `code` [words](https://x.test)\n- ![alt](file:///etc/passwd)\n"
        "<script>alert(1)</script><b onclick=x>kept</b> [[a|link]] snake_case\n| a | b |\n|---|---|"
    )
    assert said(markdown) == "Head bold code words alt kept link snake_case a b"


def test_letters_without_an_accent_to_take_off_are_folded() -> None:
    assert folded_words("Łóżko i skierowanie, Straße") == "Strasse lóżko"
