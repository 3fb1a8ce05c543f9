"""Order and certainty of matches."""

from __future__ import annotations

import pytest

from ctidesk.calls.numbers import normalise
from ctidesk.care.member import Candidate, Party
from ctidesk.crm.matching import certainty, ordered, tail_of


@pytest.mark.parametrize(
    ("raw", "e164", "national", "sure"),
    [
        ("+49 171 3920031", "+491713920031", "1713920031", "exact"),
        ("+46 171 3920031", "+491713920031", "1713920031", "last_digits"),
        ("99913920031", "+491713920031", "1713920031", "last_digits"),
        ("+49 171 3920032", "+491713920031", "1713920031", ""),
        ("201", "+491713920201", "1713920201", ""),
        ("", "", "", ""),
        ("12345", "", "12345", ""),
    ],
)
def test_certainty(raw: str, e164: str, national: str, sure: str) -> None:
    assert certainty(normalise(raw, "DE"), e164, national) == sure


def test_without_a_country_the_same_digits_are_a_national_match() -> None:
    number = normalise("01713920031", "")
    assert certainty(number, "+491713920031", "1713920031") == "national"


def test_few_digits_are_no_tail() -> None:
    assert tail_of("12345") == ""
    assert tail_of("123456") == "123456"
    assert tail_of("30123456789") == "23456789"


def _match(key: str, sure: str, party: Party) -> Candidate:
    return Candidate(key=key, party=party, name=key, certainty=sure)


def test_order_is_certainty_then_party_then_name() -> None:
    matches = [
        _match("f", "exact", Party.PROVIDER),
        _match("b", "exact", Party.MEMBER),
        _match("a", "exact", Party.MEMBER),
        _match("p", "exact", Party.CARER),
        _match("l", "last_digits", Party.MEMBER),
        _match("n", "national", Party.MEMBER),
        _match("a", "last_digits", Party.MEMBER),
    ]
    assert [c.key for c in ordered(matches)] == ["a", "b", "p", "f", "n", "l"]
    assert ordered(matches) == ordered(matches[::-1])
