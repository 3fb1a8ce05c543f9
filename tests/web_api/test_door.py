"""Who gets in: by origin, by the name they called us by, by the token; nobody else does."""

from __future__ import annotations

import logging
import socket

import pytest
from tests.support.sip_desk import until
from tests.support.web_api_house import PAGE, TOKEN, House

from ctidesk.web_api import server as server_module
from ctidesk.web_api.secret import FREE_TRIES, digest_of


@pytest.mark.parametrize(
    "manners",
    [
        {"origins": ("https://evil.example",)},
        {"origins": ("https://crm.example.evil.example",)},
        {"origins": ("http://crm.example",)},
        {"origins": ("https://crm.example:444",)},
        {"origins": ("https://CRM.example",)},
        {"origins": ("null",)},
        {"origins": ("",)},
        {"origins": ()},
        {"origins": (PAGE, "https://evil.example")},
        {"origins": (PAGE, PAGE)},
        {"host": "evil.example"},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1:1"},
        {"host": "127.0.0.1.evil.example:{port}"},
        {"host": "-"},
        {"more": "Host: evil.example\r\n"},
    ],
    ids=str,
)
def test_strangers_are_refused_at_the_handshake(house: House, manners: dict[str, str]) -> None:
    if "host" in manners:
        manners = {**manners, "host": manners["host"].format(port=house.port)}
    with house.guest(**manners) as guest:
        assert guest.status == 403
    house.inside().close()


@pytest.mark.parametrize("path", ["/", "/v2", f"/v1?token={TOKEN}", "/v1/", "//v1", "/V1"])
def test_no_other_path_and_no_token_in_a_url(
    house: House, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with house.guest(path=path) as guest:
        assert guest.status == 404
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("host", ["localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_this_computers_own_names_are_good(house: House, host: str) -> None:
    with house.guest(host=host.format(port=house.port)) as guest:
        assert guest.status == 101


def test_both_own_addresses_and_no_other_are_listened_on(house: House) -> None:
    if socket.has_ipv6:
        try:
            guest = house.guest(address="::1", host=f"[::1]:{house.port}")
        except OSError:
            pass  # this computer has none
        else:
            with guest:
                assert guest.status == 101
    with socket.socket() as other, pytest.raises(OSError, match=r"refused|unreachable"):
        other.settimeout(5)
        other.connect(("127.0.0.2", house.port))


def test_programs_come_in_only_where_the_policy_lets_them() -> None:
    house = House(local_programs=True, origins=frozenset()).listening()
    with house.guest(origins=()) as program:
        program.hello()
        assert program.hears()["type"] == "welcome"
        assert house.until(lambda status: bool(status.origins), "inside").origins == ("",)
        with house.guest() as page:
            assert page.status == 403
    house.close()


def test_a_wrong_token_is_said_and_nothing_else_is(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with house.guest() as guest:
        guest.hello("a wrong one")
        assert guest.hears() == {"type": "error", "code": "token", "text": "The token is wrong."}
        assert guest.hears() is None
        assert guest.close_code == 4401
    with house.inside():
        house.until(lambda status: status.origins == (PAGE,), "inside")
    assert "a wrong one" not in caplog.text
    assert TOKEN not in caplog.text


def test_who_guesses_waits_and_who_is_inside_stays(house: House) -> None:
    with house.inside() as friend:
        for _ in range(FREE_TRIES):
            with house.guest() as guest:
                guest.hello("guess")
                assert guest.hears()["code"] == "token"
        house.until(lambda status: status.wrong_tokens == FREE_TRIES, "told")
        with house.guest() as guest:
            guest.hello()  # the right one, too early
            refused = guest.hears()
            assert (refused["code"], refused["retry_after_s"] >= 1) == ("wait", True)
            assert guest.hears() is None
            assert guest.close_code == 4429
        friend.says({"type": "answer", "id": 1, "call_id": "c"})
        assert friend.hears() == {"type": "result", "id": 1, "ok": True}


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"type": "answer", "id": 1, "call_id": "c"}, "hello_first"),
        ({"type": "hello", "version": 2, "token": TOKEN}, "version"),
        ({"type": "hello", "version": 1}, "token"),
        ({"type": "hello", "version": 1, "token": 5}, "token"),
        ({"type": "hello", "version": 1, "token": "x" * 300}, "token"),
        ("[]", "not_json"),
        ("{", "not_json"),
    ],
    ids=str,
)
def test_the_first_message_is_hello(house: House, first: object, code: str) -> None:
    with house.guest() as guest:
        guest.says(first)  # type: ignore[arg-type]
        assert guest.hears()["code"] == code
        assert guest.hears() is None
    assert house.requests == []


def test_who_says_nothing_is_turned_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from ctidesk.web_api import visitor

    monkeypatch.setattr(visitor, "HELLO_S", 0.1)
    house = House().listening()
    with house.guest() as guest:
        assert guest.hears()["code"] == "hello_late"
        assert guest.hears() is None
    house.close()


def test_a_new_token_turns_out_who_came_with_the_old_one(house: House) -> None:
    with house.inside() as guest:
        house.server.change_token(digest_of("another"))
        assert guest.hears() is None
        house.until(lambda status: status.origins == (), "nobody inside")
        with house.guest() as old:
            old.hello()
            assert old.hears()["code"] == "token"
        with house.guest() as new:
            new.hello("another")
            assert new.hears()["type"] == "welcome"


def test_who_was_judged_by_the_old_token_just_now_stays_outside() -> None:
    house = House(held=True).listening()
    with house.guest() as guest:
        guest.hello()
        guest.says({"type": "answer", "id": 1, "call_id": "c"})
        until(lambda: house.held, "a welcome that is on its way")
        house.server.change_token(digest_of("another"))
        house.release()
        assert guest.hears() is None
    assert house.statuses[-1].origins == ()
    house.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_taken_port_is_a_sentence_and_tried_again(address: str) -> None:
    other = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        other.bind((address, 0))
    except OSError:
        pytest.skip("this computer has no ::1")
    other.listen()
    house = House(port=other.getsockname()[1])
    problem = house.until(lambda status: status.problem is not None, "the problem").problem
    assert problem is not None
    assert (problem.code, bool(problem.remedy)) == ("web_api_port_taken", True)
    other.close()
    house.listening()
    house.inside().close()
    house.close()


def test_a_server_that_fails_says_so_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    real, failures = server_module.sockets, iter([True])

    def failing(port: int) -> list[socket.socket]:
        if next(failures, False):
            raise RuntimeError("broken")
        return real(port)

    monkeypatch.setattr(server_module, "sockets", failing)
    house = House()
    house.listening()
    assert [status.problem.code for status in house.statuses if status.problem] == [
        "web_api_stopped"
    ]
    house.close()
