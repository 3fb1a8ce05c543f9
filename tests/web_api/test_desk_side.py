"""What pages are told of a desk, and what they get done there; the engine is simulated."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.desk_scenes import SHARED, Scene, jane

from ctidesk.calls import numbers
from ctidesk.calls.call import Phase
from ctidesk.care.member import MemberCard
from ctidesk.web_api.desk_events import STATES, DeskEvents
from ctidesk.web_api.desk_orders import DeskOrders
from ctidesk.web_api.messages import Message, read_request


class SpyHands:
    def __init__(self) -> None:
        self.prefilled: list[str] = []
        self.suggested: list[tuple[str, str]] = []
        self.locked = False

    def prefill(self, number: str) -> None:
        self.prefilled.append(number)

    def suggest(self, call_id: str, card: MemberCard) -> bool:
        if not self.locked:
            self.suggested.append((call_id, card.member_id))
        return not self.locked


class Page:
    """A page that is connected without a wire."""

    def __init__(self, scene: Scene, may_dial: bool = False) -> None:
        self.heard: list[Message] = []
        self.hands = SpyHands()
        self.events = DeskEvents(scene.desk, scene.pop, self.heard.append, may_dial)
        dialable = functools.partial(numbers.dialable, region="DE")
        self.orders = DeskOrders(
            scene.desk, scene.actions, scene.directory, self.hands, dialable, may_dial
        )

    def asks(self, kind: str, **fields: Any) -> Message:
        answers: list[Message] = []
        raw = json.dumps({"type": kind, "id": 5, **fields})
        self.orders.carry_out(read_request(raw), answers.append)
        (answer,) = answers
        assert (answer["type"], answer["id"]) == ("result", 5)
        return answer

    def calls(self) -> list[tuple[str, str]]:
        return [(each["call_id"], each["state"]) for each in self.heard if each["type"] == "call"]

    def agent(self) -> list[str]:
        return [each["state"] for each in self.heard if each["type"] == "agent"]


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.start()
    return scene


@pytest.fixture
def page(scene: Scene) -> Page:
    return Page(scene)


def test_a_call_is_told_from_ring_to_end_once_each(scene: Scene, page: Page) -> None:
    call_id = scene.ring(SHARED, "Jane D.", "Member line")
    assert page.heard[0] == {
        "type": "call",
        "call_id": call_id,
        "state": "ringing",
        "direction": "inbound",
        "number": SHARED,
        "queue": "Member line",
        "party": "member",  # by the number, as on the card
        "consult_of": "",
        "member_id": "",
        "crm_id": "",
    }
    assert page.asks("answer", call_id=call_id)["ok"]
    assert page.asks("hold", call_id=call_id)["ok"]
    assert page.asks("resume", call_id=call_id)["ok"]
    assert page.asks("hang_up", call_id=call_id)["ok"]
    states = [state for each, state in page.calls() if each == call_id]
    assert list(dict.fromkeys(states)) == ["ringing", "connected", "held", "ended"]
    assert states.count("ended") == 1
    assert page.agent() == ["offered", "talking", "held", "talking", "acw"]


def test_each_phase_has_a_word() -> None:
    assert set(STATES) == set(Phase)


def test_an_id_is_told_only_once_the_agent_has_opened_the_card(scene: Scene, page: Page) -> None:
    call_id = scene.talk(SHARED)
    assert {each.get("member_id") for each in page.heard if each["type"] == "call"} == {""}
    scene.verify_jane(call_id)
    assert page.heard[-1]["member_id"] == "M-1001"
    scene.pop.open_member(call_id, "")
    assert page.heard[-1]["member_id"] == ""


def test_nothing_but_ids_and_numbers_leaves_the_desk(scene: Scene, page: Page) -> None:
    call_id = scene.talk(SHARED, "Jane D.")
    scene.verify_jane(call_id)
    told = json.dumps([page.events.welcome(), *page.heard])
    card = jane()
    for secret in (
        *("Jane", "Doe", card.address, card.policy_number, "1984", card.postcode),
        *("Salbutamol", "Nebuliser", "asthma", "Novak", card.flags[0]),
    ):
        assert secret not in told
    fields = {name for message in page.heard for name in message}
    assert fields == {
        *("type", "call_id", "state", "direction", "number", "queue", "party"),
        *("consult_of", "member_id", "crm_id"),
    }


def test_who_comes_later_gets_the_whole(scene: Scene, page: Page) -> None:
    call_id = scene.talk(SHARED)
    welcome = page.events.welcome()
    assert (welcome["version"], welcome["may_dial"], welcome["agent"]) == (1, False, "talking")
    (call,) = welcome["calls"]
    assert (call["call_id"], call["state"]) == (call_id, "connected")


def test_a_missed_call_ends_for_the_page_too(scene: Scene, page: Page) -> None:
    call_id = scene.ring(SHARED)
    scene.engine.remote_hangs_up(call_id)
    assert page.calls() == [(call_id, "ringing"), (call_id, "ended")]
    assert page.events.welcome()["calls"] == []


def test_telemetry_tells_nothing(scene: Scene, page: Page) -> None:
    call_id = scene.talk(SHARED)
    told = len(page.heard)
    scene.line(call_id, 4.2)
    assert len(page.heard) == told


def test_a_ringing_call_is_declined(scene: Scene, page: Page) -> None:
    call_id = scene.ring(SHARED)
    assert page.asks("hang_up", call_id=call_id)["ok"]
    assert page.calls()[-1] == (call_id, "ended")
    assert page.asks("hang_up", call_id=call_id)["code"] == "unknown_call"


@pytest.mark.parametrize(
    ("kind", "code"),
    [("hold", "not_possible"), ("resume", "not_possible"), ("answer", "")],
)
def test_what_the_call_does_not_allow_is_refused(
    scene: Scene, page: Page, kind: str, code: str
) -> None:
    call_id = scene.ring(SHARED)
    answer = page.asks(kind, call_id=call_id)
    assert (answer.get("code", ""), answer["ok"]) == (code, not code)
    assert page.asks(kind, call_id="another")["code"] == "unknown_call"


def test_nothing_is_asked_of_a_telephone_that_is_away(scene: Scene, page: Page) -> None:
    call_id = scene.ring(SHARED)
    scene.engine.engine_lost()
    assert page.asks("answer", call_id=call_id)["code"] in ("not_ready", "unknown_call")
    eager = Page(scene, may_dial=True)
    assert eager.asks("dial", number="201")["code"] == "not_ready"


@pytest.mark.parametrize(
    ("number", "link"),
    [
        ("+49 30 23125100", "tel:%2B49%2030%2023125100"),
        ("tel:+49-30-23125100", "tel:%2B49-30-23125100"),
        ("*21*0301234567#", "tel:%2A21%2A0301234567%23"),
        ("sip:nurse@pbx.example", "sip:nurse@pbx.example"),
    ],
)
def test_a_number_waits_in_the_dial_field(scene: Scene, page: Page, number: str, link: str) -> None:
    answer = page.asks("dial", number=number)
    assert (answer["ok"], answer["dialled"], answer["call_id"]) == (True, False, "")
    assert page.hands.prefilled == [link]
    assert scene.desk.live == []


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("javascript:alert(1)", "bad_number"),
        ("+4930\r\n231", "bad_link"),
        ("+49\u202e123", "bad_link"),
        ("call me", "bad_number"),
        ("1" * 200, "bad_number"),
    ],
)
def test_what_is_no_number_goes_nowhere(scene: Scene, page: Page, number: str, code: str) -> None:
    assert page.asks("dial", number=number)["code"] == code
    assert page.hands.prefilled == []


def test_it_is_dialled_only_where_the_policy_says_so(scene: Scene) -> None:
    page = Page(scene, may_dial=True)
    answer = page.asks("dial", number="+49 30 23125100")
    (call,) = scene.desk.live
    assert answer == {
        "type": "result",
        "id": 5,
        "ok": True,
        "dialled": True,
        "call_id": call.call_id,
    }
    assert call.remote.number == "+493023125100"
    assert page.asks("dial", number="201")["code"] == "not_possible"  # the agent has a call


@pytest.mark.parametrize("number", ["*21*0301234567#", "#31#201", "sip:x@evil.example", "tel:*97"])
def test_codes_and_addresses_are_never_dialled_by_a_page(scene: Scene, number: str) -> None:
    page = Page(scene, may_dial=True)
    assert page.asks("dial", number=number)["dialled"] is False
    assert len(page.hands.prefilled) == 1
    assert scene.desk.live == []


def test_a_member_is_suggested_and_never_opened(scene: Scene, page: Page) -> None:
    call_id = scene.talk(SHARED)
    answer = page.asks("open_member", call_id=call_id, member_id="M-1001")
    assert (answer["ok"], answer["opened"]) == (True, False)
    assert page.hands.suggested == [(call_id, "M-1001")]
    assert scene.desk.context(call_id).member_id == ""
    assert scene.pop.cards == {}


def test_a_suggestion_that_nobody_needs_or_sees(scene: Scene, page: Page) -> None:
    call_id = scene.talk(SHARED)
    page.hands.locked = True
    answer = page.asks("open_member", call_id=call_id, member_id="M-1001")
    assert (answer["ok"], answer["code"]) == (False, "not_possible")
    page.hands.locked = False
    scene.verify_jane(call_id)
    answer = page.asks("open_member", call_id=call_id, member_id="M-1001")
    assert (answer["ok"], answer["opened"]) == (True, True)
    assert page.hands.suggested == []


def test_a_member_whom_nobody_knows(scene: Scene, page: Page) -> None:
    call_id = scene.talk(SHARED)
    answer = page.asks("open_member", call_id=call_id, member_id="M-nobody")
    assert answer["code"] == "unknown_member"
    assert page.asks("open_member", call_id="c", member_id="M-1001")["code"] == "unknown_call"
    assert page.hands.suggested == []


def test_a_call_that_ends_while_the_member_is_looked_up(scene: Scene, page: Page) -> None:
    call_id = scene.ring(SHARED)
    late: list[Callable[[MemberCard], None]] = []
    scene.directory.card = lambda member_id, done: late.append(done)  # type: ignore[method-assign,assignment]
    answers: list[Message] = []
    raw = json.dumps({"type": "open_member", "id": 1, "call_id": call_id, "member_id": "M-1001"})
    page.orders.carry_out(read_request(raw), answers.append)
    scene.engine.remote_hangs_up(call_id)
    late[0](jane())
    assert [answer["code"] for answer in answers] == ["unknown_call"]
    assert page.hands.suggested == []
