"""A protocol file is used whole, or the message names the file, the line and the field."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.desk_scenes import RESOURCES

from ctidesk.calls.errors import KnownError
from ctidesk.care.line_joining import JoinLine, lines_of
from ctidesk.care.red_flag_file import load_protocol
from ctidesk.config.sections import RedFlag
from ctidesk.startup.red_flag import LAST_GOOD, red_flag_protocol

SHIPPED = (RESOURCES / "red_flag" / "default.toml").read_text("utf-8")


def test_what_ships_says_that_nobody_has_approved_its_texts() -> None:
    protocol = load_protocol(RESOURCES / "red_flag" / "default.toml")
    assert protocol.placeholder
    assert 30 <= protocol.check_back_s <= 60
    assert protocol.fallback_s == 180
    assert {phrase.about for phrase in protocol.phrases} == {"calm", "bad_news"}


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ('opening = "', 'openin = "', 'openin = "', "texts.openin"),
        ("check_back = 45", "check_back = 5", "check_back = 5", "times.check_back"),
        ("ring = 20", "ring = true", "ring = true", "times.ring"),
        ("placeholder = true", 'placeholder = "no"', "placeholder", "placeholder"),
        ("version = 1", "version = 2", "version = 2", "version"),
        ('label = "Caller lost"', 'label = ""', 'label = ""', "outcome.label"),
        ('key = "caller_lost"', 'key = "no_emergency"', "", "outcome.key"),
        ('title = "After bad news"', "title = 3", "title = 3", "phrase.title"),
        ("version = 1", "version = 1\nnurse = 7", "nurse = 7", "nurse"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_field(
    tmp_path: Path, old: str, new: str, line: str, field: str
) -> None:
    assert old in SHIPPED
    text = SHIPPED.replace(old, new)
    path = tmp_path / "ours.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(KnownError) as caught:
        load_protocol(path)
    said = caught.value.text
    assert "ours.toml" in said
    assert f"“{field}”" in said
    numbers = [n for n, each in enumerate(text.splitlines(), 1) if line and each.startswith(line)]
    assert not line or any(f"line {number}," in said for number in numbers), said


def test_broken_toml_names_the_line_and_quotes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text("version = 1\nplaceholder = secret text\n", "utf-8")
    with pytest.raises(KnownError, match="line 2 is not valid TOML") as caught:
        load_protocol(path)
    assert "secret" not in caught.value.text


def test_the_last_good_version_stays(tmp_path: Path) -> None:
    own = tmp_path / "ours.toml"
    own.write_text(SHIPPED.replace("placeholder = true", "placeholder = false"), "utf-8")
    section = RedFlag(lines=("Nurse line <201>",), lead="Ruiz <203>", protocol=str(own))
    profile = tmp_path / "profile"
    profile.mkdir()
    good, problem = red_flag_protocol(section, profile)
    assert problem is None
    assert good.lines == (JoinLine("Nurse line", "201"),)
    assert good.lead == JoinLine("Ruiz", "203")
    own.write_text("version = 9", "utf-8")
    kept, problem = red_flag_protocol(section, profile)
    assert problem is not None
    assert kept == good
    (profile / LAST_GOOD).unlink()
    shipped, problem = red_flag_protocol(section, profile)
    assert problem is not None
    assert shipped.placeholder


def test_lines_are_names_with_numbers() -> None:
    assert lines_of(("Nurse line <201>", "no number", "<5>")) == (JoinLine("Nurse line", "201"),)
