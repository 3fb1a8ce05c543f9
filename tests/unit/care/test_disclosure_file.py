"""A mistake in the disclosure policy is told with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctidesk.calls.errors import KnownError
from ctidesk.care.disclosure import EVERY_FIELD, Field, Level, Sensitivity
from ctidesk.care.disclosure_file import load_policy, parse_policy
from ctidesk.care.member import Party
from ctidesk.care.questions import FACTS, REQUIRED

SHIPPED = Path(__file__).resolve().parents[3] / "resources" / "disclosure" / "default.toml"
TEXT = SHIPPED.read_text("utf-8")


def line_of(start: str) -> int:
    return next(n for n, line in enumerate(TEXT.splitlines(), 1) if line.startswith(start))


def test_the_policy_that_ships_is_whole() -> None:
    policy = load_policy(SHIPPED)
    assert set(policy.sensitivity) == set(Field)
    assert policy.after_failure is Sensitivity.HEALTH
    assert (policy.minor_below, policy.glass_s) == (18, 900.0)
    assert policy.rule(Party.MEMBER).told[Level.FULLY] == EVERY_FIELD
    for party in Party:
        rule = policy.rule(party)
        assert (rule.names, rule.facts) == (REQUIRED[party], FACTS[party])
        assert rule.told.get(Level.NONE, frozenset()) == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "at", "words"),
    [
        ('coverage = "cover"', 'coverage = "secret"', 'coverage = "cover"', "“coverage” has to be"),
        ("below = 18", 'below = "18"', "below", "minors, field “below” has to be a whole number"),
        ("minutes = 15", "minutes = 9000", "minutes", "break_glass, field “minutes”"),
        ('teens_withheld = ["history"]', 'teens_withheld = ["x"]', "teens_withheld", "only name"),
        ('unstated = "everything"', 'unstated = "all"', "unstated", "has to name a scope"),
        ('billing = ["language"', 'billing = ["tongue"', "billing", "“billing” may only name"),
        (
            "needed = 2\nasked",
            "neded = 2\nasked",
            "needed",
            "party 1, field “neded” is not a known",
        ),
        ("[failures]", "[failures]\nx = 1", "[failures]", "failures, field “x” is not a known"),
    ],
)
def test_a_mistake_names_file_line_and_field(old: str, new: str, at: str, words: str) -> None:
    assert old in TEXT
    with pytest.raises(KnownError) as told:
        parse_policy(TEXT.replace(old, new, 1), "ours.toml")
    text = told.value.text
    assert "“ours.toml”" in text
    assert words in text
    assert f"line {line_of(at) + new.startswith('[failures]')}," in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version = 1\n[[party]\n", "line 2"),
        ("version = 2", "“version” has to be 1"),
        ("version = 1", "“party” has to be a list"),
        ('version = 1\n[[party]]\nparty = "unknown"', "line 3, party 1, field “party”"),
        (TEXT + TEXT[TEXT.rindex("[[party]]") :], "party 6, field “party” repeats insurer"),
        (TEXT[: TEXT.rindex("[[party]]")], "leaves out insurer"),
        (TEXT.replace('partly = ["language"]', 'partly = ["address"]', 1), "told fully"),
        (TEXT.replace('names = ["caller_name", ', "names = ["), "proves the authority"),
        (TEXT.replace("needed = 2", "needed = 4", 1), "“asked” is less than needed"),
    ],
)
def test_what_contradicts_itself_is_refused(text: str, words: str) -> None:
    with pytest.raises(KnownError) as told:
        parse_policy(text, "ours.toml")
    assert words in told.value.text


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="does not exist"):
        load_policy(tmp_path / "no.toml")
    (tmp_path / "broken.toml").write_bytes(b"version = 1\n\xff\n")
    with pytest.raises(KnownError, match="line 2 is not UTF-8"):
        load_policy(tmp_path / "broken.toml")
