"""Answers match in every spelling that people use, and no further."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, strategies as st

from ctidesk.care import answers

BORN = date(1958, 4, 3)


@pytest.mark.parametrize(
    "said",
    [
        "3.4.1958",
        "03.04.1958",
        "3.4.58",
        "1958-04-03",
        "03/04/1958",
        "04/03/1958",  # the American order
        "3-4-58",
        "03041958",
        "19580403",
        "030458",
        "3 April 1958",
        "3. April 58",
        "April 3rd, 1958",
        "the 3rd of April 1958",
        "3 APR 1958",
        "1958 April 3",
        "3 kwietnia 1958",
        "3 d'abril de 1958",
        "3. 4. 1958 ",
    ],
)
def test_a_date_in_many_spellings(said: str) -> None:
    assert answers.date_matches(BORN, said)


@pytest.mark.parametrize(
    "said",
    [
        "4.3.1958",  # with dots the day always comes first
        "3.4.1959",
        "3.4.59",
        "3.4.2058",
        "April 1958",
        "3.4.",
        "1958",
        "31.4.1958",
        "",
        "none",
        "3 Foo 1958",
        "3.4.1958 or 5.6.1970",
        "١" * 8,
        "3" * 10_000,
    ],
)
def test_other_dates_do_not_match(said: str) -> None:
    assert not answers.date_matches(BORN, said)


@pytest.mark.parametrize(
    ("month", "said"),
    [
        (1, "Jänner"),
        (3, "März"),
        (3, "Maerz"),
        (5, "Mai"),
        (5, "Mei"),
        (8, "sierpnia"),
        (8, "Agustus"),
        (9, "setembre"),
        (10, "październik"),
        (10, "Oktober"),
        (11, "listopada"),
        (12, "Dezember"),
        (12, "desembre"),
    ],
)
def test_months_in_the_languages_of_the_callers(month: int, said: str) -> None:
    assert answers.date_matches(date(1970, month, 7), f"7. {said} 1970")


def test_the_leap_day_with_two_digits() -> None:
    assert answers.date_matches(date(2000, 2, 29), "29.2.00")
    assert not answers.date_matches(date(2001, 3, 1), "29.2.01")


@given(st.dates(min_value=date(1900, 1, 1)), st.sampled_from(["%d.%m.%Y", "%Y-%m-%d", "%d %B %Y"]))
def test_every_date_matches_itself_and_not_the_next_day(day: date, form: str) -> None:
    assert answers.date_matches(day, day.strftime(form))
    other = date.fromordinal(day.toordinal() - 1)
    assert not answers.date_matches(other, day.strftime(form))


@pytest.mark.parametrize(
    ("held", "said", "same"),
    [
        ("10115", "10115", True),
        ("10115", "10 115", True),
        ("10115", "D-10115", True),
        ("D-10115", "10115", True),
        ("SW1A 1AA", "sw1a1aa", True),
        ("90210-1234", "90210", True),
        ("90210-1234", "902101234", True),
        ("00-950", "00950", True),
        ("10115", "10116", False),
        ("10115", "101", False),
        ("10115", "", False),
        ("10115-12", "10115", False),
    ],
)
def test_postcodes(held: str, said: str, same: bool) -> None:
    assert answers.postcode_matches(held, said) is same


@pytest.mark.parametrize(
    ("held", "said", "same"),
    [
        ("POL-100 234", "pol100234", True),
        ("POL-100 234", "P0L 1OO 234", True),
        ("AI-77", "A1 77", True),
        ("POL-100234", "100234", False),
        ("POL-100234", "POL-100235", False),
        ("POL-100234", "", False),
    ],
)
def test_policy_numbers(held: str, said: str, same: bool) -> None:
    assert answers.policy_matches(held, said) is same


@pytest.mark.parametrize(
    ("held", "said", "same"),
    [
        ("5010", "5010", True),
        ("5010", "50 10", True),
        ("5010", "+49 30 23125010", True),
        ("5010", "010", False),
        ("5010", "50101", False),
        ("", "", False),
    ],
)
def test_last_four(held: str, said: str, same: bool) -> None:
    assert answers.last_four_matches(held, said) is same


@pytest.mark.parametrize(
    ("given_name", "family", "said", "same"),
    [
        ("Jane", "Doe", "jane doe", True),
        ("Jane", "Doe", "Doe, Jane", True),
        ("Jane Mary", "Doe", "Jane Doe", True),
        ("Jane", "Doe", "Mrs Jane M. Doe", True),
        ("Jürgen", "Müller", "Juergen Mueller", True),
        ("Juergen", "Mueller", "Jürgen MÜLLER", True),
        ("Ju\u0308rgen", "Mu\u0308ller", "Jürgen Müller", True),
        ("Maria", "Nowak-Łoś", "Maria Nowak Los", True),
        ("Sean", "O'Brien", "Sean OBrien", True),
        ("Núria", "Puig i Vidal", "Nuria Puig i Vidal", True),
        ("Jane", "Doe", "Doe", False),
        ("Jane", "Doe", "Jane", False),
        ("Jane", "Doe", "Tom Doe", False),
        ("Jane", "Doe", "", False),
        ("Jane", "", "Jane", False),
        ("Jane", "Doe", "Anna Berta Carla Jane Tom Doe", False),  # reading a list is no answer
    ],
)
def test_names(given_name: str, family: str, said: str, same: bool) -> None:
    assert answers.name_matches(given_name, family, said) is same


def test_a_name_in_one_piece() -> None:
    assert answers.full_name_matches("Maria Nowak", "nowak maria")
    assert not answers.full_name_matches("Maria Nowak", "Marta Nowak")
    assert not answers.full_name_matches("", "")


@given(st.text(max_size=300))
def test_no_text_breaks_a_comparison(said: str) -> None:
    answers.dates_in(said)
    assert not answers.policy_matches("POL-100234-XYZ-99", said)
    answers.postcode_matches("10115", said)
    answers.last_four_matches("5010", said)
    answers.name_matches("Jane", "Doe", said)
