"""An editor sees a guide whole: nothing left out, nothing that a terminal would obey."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.support.desk_scenes import RESOURCES

from ctidesk.care.guide import Guide
from ctidesk.care.guide_example import example_facts
from ctidesk.care.guide_facts import FACTS
from ctidesk.care.guide_file import parse_guide
from ctidesk.care.guide_preview import preview
from ctidesk.care.guide_shelf import read_folder

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
SHIPPED = read_folder(RESOURCES / "guides").guides
SMALL = """
version = 1
id = "small"
title = "Small"
[[step]]
id = "way"
kind = "ask"
say = "Which?"
field = "Way"
type = "choice"
choices = [{ key = "one", label = "First", goto = "end" }, { key = "two", label = "Second" }]
[[step]]
id = "sure"
kind = "check"
say = "Sure?"
field = "Sure"
required = true
[[step]]
id = "harm"
kind = "ask"
say = "Any harm?"
field = "Harm"
type = "yes_no"
required = true
[[ending]]
"""


def small(text: str = SMALL) -> Guide:
    return parse_guide(text, "small.toml")


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_text_and_condition_of_what_ships_is_there(name: str) -> None:
    guide = SHIPPED[name]
    shown = "\n".join(preview(guide))
    whens = [each.when for each in (*guide.steps, *guide.blocks, *guide.orders, *guide.notes)]
    texts = [
        *(text.raw for step in guide.steps for text in (step.say, step.hint)),
        *(text.raw for block in guide.blocks for text in (block.reason, block.say, block.next)),
        *(text.raw for order in guide.orders for text in order.texts.values()),
        *(note.text.raw for note in guide.notes),
        *(ending.say.raw for ending in guide.endings),
        *(when.text for when in whens if when is not None),
    ]
    assert [text for text in texts if text not in shown] == []


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_the_example_fills_every_sentence_and_stands_before_no_block(name: str) -> None:
    guide = SHIPPED[name]
    shown = "\n".join(preview(guide, example_facts(guide, NOW)))
    assert "{" not in shown and "[not known]" not in shown
    facts = example_facts(guide, NOW)
    assert set(FACTS) <= set(facts)
    card = [
        one for one in guide.blocks if not any(each.startswith("answer") for each in one.when.names)
    ]
    assert not any(block.when.holds(facts) for block in card)


def test_it_says_where_each_answer_leads() -> None:
    lines = preview(small())
    assert "   [one] First → end" in lines and "   [two] Second → 2. sure" in lines
    sure, harm = lines.index("2. sure (check, required)"), lines.index("3. harm (ask, required)")
    assert "   no → stops: not confirmed" in lines[sure:harm]
    assert not any("stops" in line for line in lines[harm:]), "no is an answer to a question"


def test_what_depends_on_the_caller_is_not_guessed() -> None:
    text = SMALL.replace(
        "[[ending]]",
        """[[ending]]
when = 'answer.way == "one"'
[[ending]]
""",
    )
    shown = preview(small(text), example_facts(small(text), NOW))
    assert '1. when answer.way == "one" [as answered]; code: none' in shown


def test_no_character_that_a_terminal_obeys_comes_through() -> None:
    text = SMALL.replace(
        "[[ending]]",
        """[[ending]]
code = "a\\u001b[2Jb"
when = 'party == "\u200e\u009b"'
[[ending]]
""",
    )
    lines = preview(small(text), example_facts(small(text), NOW))
    assert all(line.isprintable() for line in lines) and any("a[2Jb" in line for line in lines)
