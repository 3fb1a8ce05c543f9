"""Which settings of the web API are taken, and the token's small parts."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from ctidesk.calls.errors import KnownError
from ctidesk.config import settings as settings_file
from ctidesk.web_api.policy import checked_policy
from ctidesk.web_api.secret import (
    FREE_TRIES,
    LONGEST_WAIT_S,
    Doorkeeper,
    Rate,
    digest_of,
    is_digest,
    new_token,
)


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://crm.example", "https://crm.example"),
        (" HTTPS://CRM.example/ ", "https://crm.example"),
        ("https://crm.example:443", "https://crm.example"),
        ("https://crm.example:8443", "https://crm.example:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(written: str, origin: str) -> None:
    assert checked_policy(1, [written], False, False).origins == {origin}


@pytest.mark.parametrize(
    ("origin", "why"),
    [
        ("null", "any page"),
        ("NULL", "any page"),
        ("*", "any page"),
        ("https://*.example", "any page"),
        ("", "no origin"),
        ("crm.example", "no origin"),
        ("https://", "no origin"),
        ("https://crm.example/app", "no origin"),
        ("https://crm.example?x=1", "no origin"),
        ("https://crm.example#x", "no origin"),
        ("https://user@crm.example", "no origin"),
        ("https://crm.example:99999", "no origin"),
        ("https://crm.example:x", "no origin"),
        ("https://[crm", "no origin"),
        ("https://crm .example", "no origin"),
        ("https://münchen.example", "no origin"),
        ("http://crm.example", "not encrypted"),
        ("http://127.0.0.1.evil.example", "not encrypted"),
        ("http://localhost.evil.example", "not encrypted"),
        ("file://localhost", "not encrypted"),
        ("chrome-extension://abcdef", "not encrypted"),
        ("ws://127.0.0.1", "not encrypted"),
    ],
)
def test_what_is_not_exactly_one_safe_origin_is_refused(origin: str, why: str) -> None:
    with pytest.raises(KnownError, match=why) as refused:
        checked_policy(1, ["https://crm.example", origin], False, False)
    assert refused.value.code == "web_api_origins"
    assert refused.value.remedy


def test_somebody_must_be_named() -> None:
    with pytest.raises(KnownError, match="names no page"):
        checked_policy(1, [], False, False)
    assert checked_policy(1, [], True, False).origins == frozenset()


@given(st.text(max_size=60))
def test_any_text_is_an_origin_or_a_sentence(text: str) -> None:
    try:
        (origin,) = checked_policy(1, [text], False, False).origins
    except KnownError:
        return
    assert origin.startswith(("https://", "http://"))


def test_the_settings_leave_it_off(tmp_path: object) -> None:
    from pathlib import Path

    empty = settings_file.parse(b"", Path())
    assert (empty.web_api.enabled, empty.web_api.may_dial) == (False, False)
    assert empty.web_api.port == 28461
    for port in (0, 80, 70000):
        with pytest.raises(KnownError, match=r"web_api\.port"):
            settings_file.parse(f"[web_api]\nport = {port}\n".encode(), Path())


def test_a_token_is_long_random_and_not_kept() -> None:
    token, other = new_token(), new_token()
    assert token != other
    assert len(token) >= 43
    assert is_digest(digest_of(token))
    assert not is_digest(token)
    assert not is_digest("revoked")


def test_the_door_closes_for_ever_longer_and_opens_again() -> None:
    keeper = Doorkeeper(digest_of("right"))
    now, waits = 100.0, []
    for _ in range(FREE_TRIES + 12):
        assert not keeper.lets_in("wrong", now)
        waits.append(keeper.wait_s(now))
        assert waits[-1] == 0.0 or not keeper.lets_in("right", now)
        now += waits[-1]
    assert waits[: FREE_TRIES + 3] == [*[0.0] * (FREE_TRIES - 1), 1.0, 2.0, 4.0, 8.0]
    assert max(waits) == LONGEST_WAIT_S
    assert keeper.lets_in("right", now)
    assert (keeper.wrong, keeper.wait_s(now)) == (0, 0.0)


@given(st.text(max_size=50))
def test_only_the_token_itself_opens(token: str) -> None:
    assert Doorkeeper(digest_of("right")).lets_in(token, 0.0) is (token == "right")


def test_a_rate_gives_what_time_has_earned() -> None:
    rate = Rate(2.0, 3)
    assert [rate.allows(0.0) for _ in range(4)] == [True, True, True, False]
    assert [rate.allows(1.0) for _ in range(3)] == [True, True, False]
    assert [rate.allows(1000.0) for _ in range(4)] == [True, True, True, False]
