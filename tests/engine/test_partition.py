"""A network between agent and caller that really goes away, and comes back or not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from tests.support.network_space import Cable, can_make, inside
from tests.support.sip_desk import until
from tests.support.sip_office import Office
from tests.support.sip_phone import Phone

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not can_make(), reason="no network namespaces: needs root and iproute2"),
]

AGENT, CALLER = "192.0.2.1", "192.0.2.2"
"""For documentation (RFC 5737): nobody's, also when something leaks."""
HARMLESS_S = 10.0


@pytest.fixture
def cable() -> Iterator[Cable]:
    cable = Cable()
    cable.address(cable.desk, f"{AGENT}/24")
    cable.address(cable.exchange, f"{CALLER}/24")
    yield cable
    cable.remove()


@pytest.fixture
def office(cable: Cable, brisk_office: Callable[..., Office]) -> Office:
    with inside(cable.desk):
        return brisk_office(bind_address=AGENT)


@pytest.fixture
def far_caller(cable: Cable) -> Iterator[Phone]:
    with inside(cable.exchange):
        phone = Phone("alice", address=CALLER)
    yield phone
    phone.close()


def talking(office: Office, caller: Phone) -> tuple[str, int]:
    caller("call", to=f"sip:agent@{AGENT}:{office.port}")
    leg = int(caller.wait("calling")["leg"])
    call_id = office.desk.wait(ev.CallOffered).call_id
    office.desk.do(cmd.Answer(call_id=call_id))
    office.desk.wait(ev.CallAnswered, call_id)
    caller.wait("state", leg=leg, state="confirmed")
    caller("tone", leg=leg, hz=440)
    until(lambda: office.hears(call_id), "the caller's voice")
    return call_id, leg


def test_a_call_survives_ten_seconds_without_a_network(
    cable: Cable, office: Office, far_caller: Phone
) -> None:
    call_id, leg = talking(office, far_caller)
    cable.lose(AGENT, CALLER)
    until(lambda: not office.hears(call_id), "silence")
    time.sleep(HARMLESS_S)
    cable.find(AGENT, CALLER)
    until(lambda: office.hears(call_id), "the caller's voice again")
    assert office.call(call_id).phase is Phase.TALKING
    office.desk.do(cmd.HangUp(call_id=call_id))
    far_caller.wait("state", leg=leg, state="disconnected")


def test_calls_without_anybody_end_once_and_for_wrap_up(
    cable: Cable, office: Office, far_caller: Phone
) -> None:
    held, _leg = talking(office, far_caller)
    talks, _leg = talking(office, far_caller)
    office.desk.wait(ev.CallHeld, held)
    cable.lose(AGENT, CALLER)
    # the line is quiet for some seconds, then the question stays unanswered for 32 s
    for call_id in (talks, held):
        ended = office.desk.wait(ev.CallEnded, call_id, patience_s=90)
        assert ended.by == "failure"
        assert office.desk.story(call_id).count("CallEnded") == 1
    cable.find(AGENT, CALLER)
    far_caller("call", to=f"sip:agent@{AGENT}:{office.port}")
    office.desk.wait(ev.CallOffered, patience_s=40)
