"""Folding for comparing and searching."""

from __future__ import annotations

import pytest

from ctidesk.calls.folding import folded, spellings, words


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("MÜLLER", "muller"),
        ("Mu\u0308ller", "muller"),
        ("Łoś", "los"),
        ("Straße", "strasse"),
        ("Àlex Núñez", "alex nunez"),
        ("ＡＢＣ", "abc"),
    ],
)
def test_folded(text: str, plain: str) -> None:
    assert folded(text) == plain


def test_words() -> None:
    assert words("Claims: why must I pay?") == ("claims", "why", "must", "i", "pay")
    assert words(" _ ") == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Müller", "Mueller", True),
        ("Müller", "Muller", True),
        ("Mueller", "MÜLLER", True),
        ("Jürgen Mueller", "Juergen Müller", True),
        ("Mueller", "Muller", False),
    ],
)
def test_both_ways_to_write_an_umlaut(one: str, other: str, same: bool) -> None:
    assert bool(spellings(one) & spellings(other)) is same
