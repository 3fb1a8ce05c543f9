"""Hostile and broken visitors: each is answered or dropped, and the next one is served."""

from __future__ import annotations

import contextlib
import json
import socket
import time

import pytest
from hypothesis import given, strategies as st
from tests.support.sip_desk import until
from tests.support.web_api_house import TOKEN, WELCOME, House

from ctidesk.web_api import server as server_module, visitor
from ctidesk.web_api.messages import MAX_BYTES, BadMessage, Order, read_hello, read_request
from ctidesk.web_api.server import MAX_CONNECTIONS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[1, 2]",
        '"text"',
        "[" * 8000,
        '{"type": "answer", "id": ' + "9" * 5000 + "}",
        '{"type": "answer", "id": NaN}',
        '{"type": "answer"}',
        '{"type": "answer", "id": true, "call_id": "c"}',
        '{"type": "answer", "id": 1.5, "call_id": "c"}',
        '{"type": "answer", "id": -1, "call_id": "c"}',
        '{"type": "answer", "id": 1}',
        '{"type": "answer", "id": 1, "call_id": {"$ne": ""}}',
        '{"type": "answer", "id": 1, "call_id": ""}',
        '{"type": "dial", "id": 1, "number": "' + "1" * 300 + '"}',
        '{"type": "shut_down", "id": 1}',
        '{"type": ["answer"], "id": 1}',
        '{"type": "hello", "version": 1, "token": "x", "id": 1}',
    ],
    ids=lambda text: text[:40],
)
def test_a_bad_message_is_answered_and_does_nothing(house: House, text: str) -> None:
    with house.inside() as guest:
        guest.says(text)
        answer = guest.hears()
        assert (answer["type"], answer["ok"], bool(answer["text"])) == ("result", False, True)
        guest.says({"type": "answer", "id": 7, "call_id": "c"})
        assert guest.hears() == {"type": "result", "id": 7, "ok": True}
    assert [request.request_id for request in house.requests] == [7]


def test_binary_is_no_message(house: House) -> None:
    with house.inside() as guest:
        guest.send(2, b'{"type": "answer", "id": 1, "call_id": "c"}')
        assert guest.hears()["code"] == "not_text"
    with house.guest() as guest:
        guest.send(2, b"\x00\xff")
        assert guest.hears()["code"] == "not_text"
        assert guest.hears() is None


def test_text_that_is_none_closes_the_connection(house: House) -> None:
    with house.inside() as guest:
        guest.send(1, b"\xff\xfe")
        assert guest.hears() is None
        assert guest.close_code == 1007
    house.inside().close()


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 2**20])
def test_a_message_that_is_too_long_closes_the_connection(house: House, size: int) -> None:
    with house.inside() as guest:
        with contextlib.suppress(ConnectionError):
            guest.send(1, b"x" * size)
        assert guest.hears() is None
        assert guest.close_code in (0, 1009)  # 0: reset while we still sent
    house.inside().close()


def test_a_length_that_lies_reserves_nothing(house: House) -> None:
    with house.inside() as guest:
        guest.send(1, b"", length=2**62)
        assert guest.hears() is None
    house.inside().close()


def test_who_sends_bad_messages_only_is_turned_out(house: House) -> None:
    with house.inside() as guest:
        heard = []
        for _ in range(visitor.BAD_MESSAGES):
            guest.says("no json")
        while (message := guest.hears()) is not None:
            heard.append(message)
        assert heard[-1]["code"] in ("bad_messages", "not_json")
        assert guest.close_code == 4400


def test_a_flood_is_cut_off(house: House) -> None:
    with house.inside() as guest:
        with contextlib.suppress(ConnectionError):
            for number in range(1, 500):
                guest.says({"type": "answer", "id": number, "call_id": "c"})
        while guest.hears() is not None:
            pass
    house.until(lambda status: status.origins == (), "turned out")
    assert visitor.REQUESTS_AT_ONCE <= len(house.requests) < 60
    house.inside().close()


def test_a_hundred_connections_leave_room_when_they_go(house: House) -> None:
    made = []
    for _ in range(100):
        silent = socket.create_connection(("127.0.0.1", house.port), timeout=10)
        silent.settimeout(10)
        made.append(silent)
    dropped = 0
    for silent in made[MAX_CONNECTIONS:]:
        with contextlib.suppress(ConnectionError):
            assert silent.recv(1) == b""
        dropped += 1
    assert dropped == 100 - MAX_CONNECTIONS
    for silent in made:
        silent.close()

    def room() -> bool:
        with house.guest() as guest:
            return guest.status == 101

    until(room, "room again")


def test_who_never_finishes_the_handshake_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "OPEN_S", 0.2)
    house = House().listening()
    with socket.create_connection(("127.0.0.1", house.port), timeout=20) as slow:
        slow.sendall(b"GET /v1 HTTP/1.1\r\nHost: ")
        with contextlib.suppress(ConnectionError):
            assert slow.recv(10) == b""
    house.close()


@pytest.mark.parametrize(
    "junk", [b"\x16\x03\x01\x02\x00" * 50, b"\0" * 9000, b"GET / HTTP/0.9\r\n"]
)
def test_what_is_no_handshake_at_all_is_dropped(house: House, junk: bytes) -> None:
    other = socket.create_connection(("127.0.0.1", house.port), timeout=20)
    with other, contextlib.suppress(ConnectionError):
        other.sendall(junk)
        other.shutdown(socket.SHUT_WR)
        while other.recv(1000):
            pass
    house.inside().close()


def test_a_page_that_does_not_read_is_dropped_and_others_hear_all(house: House) -> None:
    with house.guest(receive_bytes=2048) as lazy, house.inside() as friend:
        lazy.hello()
        assert lazy.hears() == WELCOME
        house.until(lambda status: len(status.origins) == 2, "both inside")
        told = 0
        while len(house.statuses[-1].origins) == 2:
            # so much at once as a busy desk never tells, and the friend reads along
            house.server.tell({"type": "agent", "state": "ready", "pad": "x" * 4000, "n": told})
            assert friend.hears()["n"] == told
            told += 1
            assert told < 5000
        house.server.tell({"type": "agent", "state": "ready", "n": "last"})
        assert friend.hears()["n"] == "last"
        while (late := lazy.hears()) is not None:
            assert late["n"] < told  # what was on the way already, then the end


def test_a_connection_that_is_gone_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_module, "PING_S", 0.2)
    house = House().listening()
    with house.inside():  # it never answers a ping
        house.until(lambda status: bool(status.origins), "inside")
        house.until(lambda status: not status.origins, "dropped")
    house.close()


def test_the_desk_is_not_held_up_by_visitors_when_it_ends(house: House) -> None:
    with house.inside(), house.guest() as half:
        half.send(1, b"", length=100)
        began = time.monotonic()
        house.server.stop(10)
        assert not house.server._thread.is_alive()
        assert time.monotonic() - began < 10
        house.server.tell({"type": "agent", "state": "ready"})


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_no_message_is_a_surprise(raw: str | bytes) -> None:
    for read in (read_hello, read_request):
        with contextlib.suppress(BadMessage):
            read(raw)


_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_NAMES = st.sampled_from(["type", "id", "call_id", "number", "member_id", "token", "version"])


@given(st.dictionaries(_NAMES, _VALUE | st.sampled_from([each.value for each in Order])))
def test_no_object_is_a_surprise(message: dict[str, object]) -> None:
    raw = json.dumps(message)
    for read in (read_hello, read_request):
        with contextlib.suppress(BadMessage):
            read(raw)


def test_a_token_is_in_no_text_about_its_message() -> None:
    hello = read_hello(json.dumps({"type": "hello", "version": 1, "token": TOKEN}))
    assert TOKEN not in repr(hello)
