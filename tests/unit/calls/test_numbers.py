"""Numbers in every spelling that a network, a paste or an attacker may give."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from ctidesk.calls.errors import KnownError
from ctidesk.calls.numbers import NumberKind, dialable, normalise, same_line, warm_up

BERLIN = "+493023125010"


@pytest.mark.parametrize(
    ("raw", "region", "e164"),
    [
        ("+49 30 23125 010", "DE", BERLIN),
        ("+493023125010", "US", BERLIN),
        ("004930 23125010", "DE", BERLIN),
        ("0049 (0)30 23125010", "DE", BERLIN),
        ("+49 (0)30/23125-010", "DE", BERLIN),
        ("030 23125010", "DE", BERLIN),
        ("(030) 23125-010", "de", BERLIN),
        ("493023125010", "DE", BERLIN),  # a trunk that leaves the plus away
        ("3023125010", "DE", BERLIN),  # and one that leaves the trunk prefix away
        ("00493023125010", "US", BERLIN),  # PBXs write 00 where the country dials 011
        ("011 49 30 23125010", "US", BERLIN),
        ("0011493023125010", "AU", BERLIN),
        ("00493023125010", "AU", BERLIN),
        ("tel:+49-30-23125-010", "US", BERLIN),
        ("tel:23125010;phone-context=+4930", "US", BERLIN),
        ("sip:+493023125010@pbx.example;user=phone", "DE", BERLIN),
        ("sips:%2B493023125010@pbx.example:5061;transport=tls", "DE", BERLIN),
        ("sip:+493023125010;npdi@pbx.example", "DE", BERLIN),
        ('"Jane" <sip:03023125010@10.0.0.1>', "DE", BERLIN),
        ("\u202a+49 30 23125010\u202c", "DE", BERLIN),  # copied from a chat
        ("+49\u00a030\u00a023125010\n", "DE", BERLIN),
        ("٠٣٠٢٣١٢٥٠١٠", "DE", BERLIN),
        ("＋４９３０２３１２５０１０", "US", BERLIN),
        ("0171 3920015", "DE", "+491713920015"),
        ("07700 900123", "GB", "+447700900123"),
        ("202-555-0143", "US", "+12025550143"),
        ("1 (202) 555-0143", "US", "+12025550143"),
        ("0812-3456-7890", "ID", "+6281234567890"),
        ("600 123 456", "PL", "+48600123456"),
        ("06 1234 5678", "IT", "+390612345678"),  # the zero of Italy is not a trunk prefix
        ("+39 (0) 6 12345678", "DE", "+390612345678"),
    ],
)
def test_all_spellings_of_a_number_are_one(raw: str, region: str, e164: str) -> None:
    number = normalise(raw, region)
    assert (number.kind, number.e164) == (NumberKind.E164, e164)
    assert number.digits == e164[1:]
    assert number.e164.endswith(number.national)
    assert number.shown.startswith("+")


def test_the_parts_of_a_number() -> None:
    number = normalise("030 23125010", "DE")
    assert number.national == "3023125010"
    assert number.shown == "+49 30 23125010"
    assert normalise("0612345678", "IT").national == "0612345678"


@pytest.mark.parametrize(
    "raw",
    [
        "+49 30 23125010 ext. 12",
        "+49 30 23125010 x12",
        "+49 30 23125010 Durchwahl 12",
        "tel:+493023125010;ext=12",
        "+493023125010;ext=12",
        "sip:+493023125010;ext=12@pbx.example;user=phone",
    ],
)
def test_the_extension_part_is_kept_apart(raw: str) -> None:
    number = normalise(raw, "DE")
    assert (number.e164, number.extension) == (BERLIN, "12")
    assert number.shown == "+49 30 23125010 ext. 12"
    assert dialable(raw if not raw.startswith("sip") else "030 23125010", "DE") == BERLIN


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   ",
        "-",
        "anonymous",
        "Anonymous",
        '"Anonymous" <sip:anonymous@anonymous.invalid>',
        "sip:anonymous@anonymous.invalid",
        "sip:1234567@anonymous.invalid",
        "Restricted",
        "UNAVAILABLE",
        "unknown",
        "private number",
        "Unterdrückt",
        "tel:anonymous",
    ],
)
def test_withheld(raw: str) -> None:
    number = normalise(raw, "DE")
    assert number.kind is NumberKind.WITHHELD
    assert (number.e164, number.digits, number.national, number.shown) == ("", "", "", "")


@pytest.mark.parametrize(
    ("raw", "digits"),
    [("11", "11"), ("1001", "1001"), ("sip:204@pbx.local", "204"), ("12 345", "12345")],
)
def test_short_internal_extensions(raw: str, digits: str) -> None:
    number = normalise(raw, "DE")
    assert (number.kind, number.e164, number.digits) == (NumberKind.EXTENSION, "", digits)
    assert number.shown == digits


def test_a_public_short_code_is_no_member_of_the_plan() -> None:
    assert normalise("116117", "DE").kind is NumberKind.EXTENSION
    assert normalise("112", "DE").kind is NumberKind.EXTENSION


@pytest.mark.parametrize(
    ("raw", "region", "digits"),
    [
        ("5550123", "US", "5550123"),  # local, without its area code
        ("123456", "DE", "123456"),  # may be a long extension
        ("+4930", "DE", "4930"),
        ("+00", "DE", "00"),
        ("12345678901234567", "DE", "12345678901234567"),
        ("030 23125010", "", "03023125010"),  # no home region: only + can be placed
        ("030 23125010", "XX", "03023125010"),
    ],
)
def test_digits_that_no_plan_places_are_kept_as_digits(raw: str, region: str, digits: str) -> None:
    number = normalise(raw, region)
    assert (number.kind, number.e164, number.digits) == (NumberKind.INVALID, "", digits)


@pytest.mark.parametrize(
    "raw",
    [
        "alice",
        "sip:alice@example.org",
        "+49 30\x0023125010",
        "+49 30 23125010\r\nFrom: x",
        "<b>0302312</b>",
        "١" * 300,
        "9" * 10_240,
        "030" + " " * 300 + "23125010",  # too long to be a number, and never cut to one
        "+" * 200,
        "(" * 250,
        "\ud800123456",
        "²³⁴⁵⁶⁷",
        "x123456",
    ],
)
def test_hostile_text_is_invalid_and_short(raw: str) -> None:
    number = normalise(raw, "DE")
    assert number.kind is NumberKind.INVALID
    assert (number.e164, number.digits) == ("", "")
    assert len(number.shown) <= 32
    assert "\x00" not in number.shown
    assert "\n" not in number.shown


@given(st.text(max_size=400), st.sampled_from(["DE", "US", "ID", "PL", "ES", "", "??"]))
@settings(max_examples=300, deadline=None)
def test_never_raises_and_always_consistent(raw: str, region: str) -> None:
    number = normalise(raw, region)
    assert (number.kind is NumberKind.E164) == bool(number.e164)
    assert number.digits == "" or (number.digits.isascii() and number.digits.isdecimal())
    assert number.national == "" or (number.national.isascii() and number.national.isdecimal())
    if number.e164:
        assert 3 <= len(number.digits) <= 17
        again = normalise(number.e164, region)
        assert (again.e164, again.kind) == (number.e164, NumberKind.E164)


@given(st.from_regex(r"[+0-9 ()/;=:.x-]{1,40}", fullmatch=True))
@settings(max_examples=300, deadline=None)
def test_number_like_text_never_raises(raw: str) -> None:
    normalise(raw, "DE")
    normalise(f"tel:{raw}", "US")
    try:
        target = dialable(raw, "DE")
    except KnownError as refused:
        assert refused.code == "bad_number"
    else:
        assert target.strip("+*#").isdecimal() or set(target) <= set("*#0123456789+")


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("030 23125010", BERLIN),
        (" +49 30 23125010 ", BERLIN),
        ("1001", "1001"),
        ("0", "0"),
        ("112", "112"),
        ("116117", "116117"),
        ("123456", "123456"),
        ("*97", "*97"),
        ("*#31#", "*#31#"),
        ("sip:anna@pbx.example", "sip:anna@pbx.example"),
        ("sips:200@10.0.0.1:5061;transport=tls", "sips:200@10.0.0.1:5061;transport=tls"),
    ],
)
def test_dialable(typed: str, target: str) -> None:
    assert dialable(typed, "DE") == target


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "anonymous",
        "alice",
        "sip:",
        "sip:a b@c",
        "sip:a@b;transport=udp\r\nX: y",
        "sip:a@b?Replaces=x",
        "<sip:a@b>",
        "+4930",
        "+1 2",
        "1" * 18,
        "9" * 10_000,
        "*97\x00",
    ],
)
def test_what_cannot_be_dialled_says_so(typed: str) -> None:
    with pytest.raises(KnownError) as refused:
        dialable(typed, "DE")
    assert refused.value.code == "bad_number"
    assert refused.value.remedy.endswith(".")
    assert typed.strip() == "" or typed not in str(refused.value)


def test_warm_up_takes_any_region() -> None:
    warm_up("DE")
    warm_up("")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+49 30 23125010", "030 23125010", True),
        ("004930 23125010", "+493023125010", True),
        ("201", "201", True),
        ("201", "3201", False),
        ("+493023125010", "+493023125011", False),
        ("", "", False),
        ("anonymous", "+493023125010", False),
        ("0", "00", False),
    ],
)
def test_one_line_in_two_spellings(one: str, other: str, same: bool) -> None:
    assert same_line(one, other) is same
    assert same_line(other, one) is same
