"""The token of a warm transfer: made, sent, read; and nothing else ever taken for one."""

from __future__ import annotations

import pytest

from ctidesk.calls import baton

TOKEN = "0123456789abcdef" * 2


def test_a_token_says_nothing_and_is_never_the_same() -> None:
    made = {baton.new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(len(token) == 32 for token in made)


def test_what_is_sent_is_read_again() -> None:
    value = baton.header_value(TOKEN)
    assert value == f"{TOKEN};encoding=hex;purpose=ctidesk"
    assert baton.token_of(value) == TOKEN
    assert baton.token_of(f'{TOKEN.upper()} ; purpose="ctidesk" ; encoding=HEX') == TOKEN


@pytest.mark.parametrize(
    "value",
    [
        "",
        ";",
        TOKEN,
        f"{TOKEN};encoding=hex",
        f"{TOKEN};encoding=hex;purpose=isdn-uui",
        f"{TOKEN};encoding=utf8;purpose=ctidesk",
        f"{TOKEN[:-1]};encoding=hex;purpose=ctidesk",
        f"{TOKEN}00;encoding=hex;purpose=ctidesk",
        "M-1001;encoding=hex;purpose=ctidesk",
        "\x00" * 400,
    ],
)
def test_what_others_put_there_is_no_token(value: str) -> None:
    assert baton.token_of(value) == ""


@pytest.mark.parametrize("text", ["", "Jane Doe", "M-1001", f"{TOKEN}\r\nX-Evil: 1", TOKEN.upper()])
def test_nothing_but_a_token_leaves(text: str) -> None:
    assert baton.header_value(text) == ""
    assert baton.referred("sip:bob@host", text) == "sip:bob@host"


def test_in_a_refer_it_is_an_escaped_header_of_the_uri() -> None:
    assert baton.referred("sip:bob@host;transport=tls", TOKEN) == (
        f"<sip:bob@host;transport=tls?User-to-User={TOKEN}%3Bencoding%3Dhex%3Bpurpose%3Dctidesk>"
    )
