"""The tokens of both themes: complete, readable, and used by the pictures beside them."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path

import pytest

from ctidesk.config.paths import resources
from ctidesk.ui.theme.stylesheet import stylesheet
from ctidesk.ui.theme.tokens import TEXT_ROLES, BadTheme, Role, Tokens, contrast, load, mix

THEMES = {name: load(resources() / "themes" / f"{name}.json") for name in ("light", "dark")}
FILLED = (Role.ACCENT, Role.DANGER, Role.READY)


@pytest.fixture(params=sorted(THEMES))
def tokens(request: pytest.FixtureRequest) -> Tokens:
    return THEMES[request.param]


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#FFFFFF", "#777777") == contrast("#777777", "#FFFFFF")


def test_mix_goes_from_ground_to_colour() -> None:
    assert mix("#000000", "#FFFFFF", 0.0) == "#000000"
    assert mix("#000000", "#FFFFFF", 1.0) == "#FFFFFF"
    assert mix("#102030", "#304050", 0.5) == "#203040"


def test_every_text_colour_is_readable_on_both_grounds(tokens: Tokens) -> None:
    pairs = product(TEXT_ROLES, (Role.BG, Role.SURFACE))
    poor = [(r, g) for r, g in pairs if contrast(tokens[r], tokens[g]) < 4.5]
    assert poor == []


def test_borders_of_controls_stand_out(tokens: Tokens) -> None:
    for ground in (Role.BG, Role.SURFACE):
        assert contrast(tokens[Role.BORDER], tokens[ground]) >= 3.0


def test_words_are_readable_on_derived_grounds(tokens: Tokens) -> None:
    for role in TEXT_ROLES:
        assert contrast(tokens[role], tokens.pill(role)) >= 4.5, role
    for ground in (tokens.hover, tokens.pressed, tokens.selection):
        assert contrast(tokens[Role.TEXT], ground) >= 4.5
    for role in FILLED:
        for ground in (tokens[role], tokens.tint(Role.TEXT, 0.12, role)):
            assert contrast(tokens[Role.BG], ground) >= 4.5, role
    for role in (Role.ACCENT, Role.HOLD, Role.DANGER):
        assert contrast(tokens[Role.TEXT], tokens.tint(role, 0.10)) >= 4.5


def test_focus_ring_stands_out_everywhere(tokens: Tokens) -> None:
    for ground in (tokens[Role.BG], tokens[Role.SURFACE], tokens.selection):
        assert contrast(tokens[Role.ACCENT], ground) >= 3.0


def test_pictures_of_fields_have_the_colours_of_their_theme() -> None:
    for name, tokens in THEMES.items():
        for picture, role in (("arrow", Role.MUTED), ("tick", Role.BG)):
            svg = (resources() / "themes" / f"{name}-{picture}.svg").read_text()
            assert tokens[role] in svg


def test_the_sheet_has_no_colour_that_is_no_token(tokens: Tokens) -> None:
    sheet = stylesheet(tokens, "arrow.svg", "tick.svg")
    derived = {tokens.hover, tokens.pressed, tokens.selection, tokens.divider, tokens.disabled}
    shades = {tokens.tint(Role.TEXT, share, role) for role in FILLED for share in (0.12, 0.24)}
    allowed = set(tokens.colours.values()) | derived | shades
    assert set(re.findall(r"#[0-9A-Fa-f]{6}", sheet)) <= allowed
    assert "$" not in sheet


@pytest.mark.parametrize(
    "broken",
    ["", "[]", "{}", '{"name": "x", "dark": false, "colours": {}}'],
    ids=["empty", "list", "object", "no roles"],
)
def test_a_broken_theme_file_is_a_bug_of_ours(tmp_path: Path, broken: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(broken)
    with pytest.raises(BadTheme):
        load(file)


def test_a_colour_that_is_none_is_refused(tmp_path: Path) -> None:
    plain = json.loads((resources() / "themes" / "light.json").read_text())
    plain["colours"]["hold"] = "orange; } * { color: red"
    file = tmp_path / "x.json"
    file.write_text(json.dumps(plain))
    with pytest.raises(BadTheme, match="hold"):
        load(file)
