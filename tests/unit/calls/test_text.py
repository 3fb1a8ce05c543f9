"""Strangers' text becomes plain, short and in reading order."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from ctidesk.calls.text import MAX_CHARS, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Jane Doe", "Jane Doe"),
        ("  Jane \t\r\n Doe ", "Jane Doe"),
        ("Jane\u202eeoD", "JaneeoD"),
        ("\u2066Jane\u2069\x00\x07", "Jane"),
        ("<b>Jane</b>", "<b>Jane</b>"),
        ("Zażółć gęślą", "Zażółć gęślą"),
        ("\ud800Jane", "Jane"),
        ("", ""),
        ("\u200b\u200d", ""),
    ],
)
def test_plain(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(max_size=2000))
def test_never_long_never_hidden(text: str) -> None:
    shown = plain(text)
    assert len(shown) <= MAX_CHARS
    assert "\u202e" not in shown
    assert "\n" not in shown


def test_ten_megabytes_are_cut() -> None:
    assert plain("x" * 10_000_000) == "x" * (MAX_CHARS - 1) + "…"
