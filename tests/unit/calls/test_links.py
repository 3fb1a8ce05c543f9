"""Links of other programs: whatever they hold, the agent sees what would be dialled, or nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from ctidesk.calls.errors import KnownError
from ctidesk.calls.links import CODE, LEFT_OUT, MAX_LINK_CHARS, link_to, read_link
from ctidesk.calls.numbers import dialable


@pytest.mark.parametrize(
    ("link", "text", "dialled"),
    [
        ("tel:+49-30-23125-100", "+49-30-23125-100", "+493023125100"),
        ("TEL:+493023125100", "+493023125100", "+493023125100"),
        ("tel:%2B49%2030%2023125100", "+49 30 23125100", "+493023125100"),
        ("tel://+493023125100", "+493023125100", "+493023125100"),
        ("callto:+493023125100", "+493023125100", "+493023125100"),
        ("callto://030-23125100", "030-23125100", "+493023125100"),
        ("tel:+49-30-23125;ext=100", "+49-30-23125 ext. 100", "+493023125"),
        ("tel:+49-30-23125;isub=12;ext=100", "+49-30-23125 ext. 100", "+493023125"),
        ("tel:23125100;phone-context=+49-30", "+49-30 23125100", "+493023125100"),
        ("tel:7042;phone-context=pbx.example", "7042", "7042"),
        ("tel:+4930231;phone-context=+1", "+4930231", "+4930231"),
        ("sip:201@pbx.example", "sip:201@pbx.example", "sip:201@pbx.example"),
        (
            "sips:Jane@pbx.example;user=phone;transport=TLS",
            "sips:Jane@pbx.example;transport=tls",
            "sips:Jane@pbx.example;transport=tls",
        ),
        ("sip:+493023125100", "+493023125100", "+493023125100"),
        ("  030 23125100 ", "030 23125100", "+493023125100"),
        ("201", "201", "201"),
    ],
)
def test_a_link_is_read_as_what_it_means(link: str, text: str, dialled: str) -> None:
    wanted = read_link(link)
    assert (wanted.text, wanted.caution) == (text, "")
    assert dialable(wanted.text, "DE") == dialled


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ("tel:*21*0301234567%23", "*21*0301234567#"),
        ("tel:%2A21%2A0301234567%23", "*21*0301234567#"),
        ("tel:**21*0301234567#", "**21*0301234567#"),
        ("tel:#31#0301234567", "#31#0301234567"),
        ("tel:(*)21", "(*)21"),
        ("*97", "*97"),
        ("sip:*21*030@pbx.example", "sip:*21*030@pbx.example"),
        ("sip:%2A21@pbx.example", "sip:%2A21@pbx.example"),
    ],
)
def test_a_code_of_the_exchange_is_shown_as_it_is_with_a_warning(link: str, text: str) -> None:
    wanted = read_link(link)
    assert (wanted.text, wanted.caution) == (text, CODE)


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ("sip:201@pbx.example?Replaces=abc&Subject=hi", "sip:201@pbx.example"),
        ("tel:+493023125100?call", "+493023125100"),
    ],
)
def test_headers_of_a_link_are_left_out_and_it_is_said(link: str, text: str) -> None:
    assert read_link(link).text == text
    assert read_link(link).caution == LEFT_OUT


@pytest.mark.parametrize(
    "link",
    [
        "tel:+4930%0d%0a23125100",
        "tel:+4930\r\n23125100",
        "tel:0%00301",
        "tel:+4930\u202e001521",
        "tel:%E2%80%AE123",
        "tel:%E2%81%A6123",
        "sip:201%0d%0aTo:%20x@pbx.example",
        "030\n231",
        "tel:+49%3",
        "tel:+49%zz30",
        "tel:%ff%fe",
        "tel:" + "1" * 300,
        "tel:" + "9" * 10_000,
        "sip:" + "a" * 400 + "@pbx.example",
    ],
)
def test_a_link_that_hides_something_is_refused_whole(link: str) -> None:
    with pytest.raises(KnownError) as refused:
        read_link(link)
    assert refused.value.code == "bad_link"
    assert refused.value.remedy
    assert "pbx" not in str(refused.value)


@pytest.mark.parametrize("link", ["tel:", "callto:skype.name", "sip:x@", "javascript:alert(1)"])
def test_what_is_no_number_cannot_be_dialled(link: str) -> None:
    with pytest.raises(KnownError) as refused:
        dialable(read_link(link).text, "DE")
    assert refused.value.code == "bad_number"


@given(st.text(max_size=40))
def test_a_number_given_to_the_command_arrives_as_it_was_or_is_refused(number: str) -> None:
    try:
        wanted = read_link(number)
    except KnownError:
        return
    if ";" in number or "?" in number:
        return  # read as parameters of a link on its way
    assert read_link(link_to(number)).text == wanted.text


@given(st.text(max_size=MAX_LINK_CHARS + 10), st.sampled_from(["tel:", "sip:", "callto:", ""]))
def test_nothing_hidden_is_ever_shown(rest: str, scheme: str) -> None:
    try:
        wanted = read_link(scheme + rest)
    except KnownError:
        return
    hidden = {char for char in wanted.text if unicodedata.category(char)[0] == "C"}
    assert hidden <= {"\u200c", "\u200d"}
