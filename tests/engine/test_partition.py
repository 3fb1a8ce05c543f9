"""A network between agent and caller that really goes away, and comes back or not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from tests.support.sip_desk import until
from tests.support.sip_office import Office
from tests.support.sip_phone import Phone
from tests.support.two_hosts import AGENT, CALLER, TwoHosts, can_make_hosts

from ctidesk.calls import commands as cmd
from ctidesk.calls import events as ev
from ctidesk.calls.call import Phase

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        not can_make_hosts(), reason="no network namespaces: not root, or no iproute2"
    ),
]

HARMLESS_S = 10.0


@pytest.fixture
def hosts() -> Iterator[TwoHosts]:
    hosts = TwoHosts()
    yield hosts
    hosts.close()


@pytest.fixture
def far_caller(hosts: TwoHosts) -> Iterator[Phone]:
    phone = Phone("alice", host=hosts.on(CALLER), address=CALLER)
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
    until(lambda: hears(office, call_id), "the caller's voice")
    return call_id, leg


def hears(office: Office, call_id: str) -> bool:
    """Whether the newest measurement has sound in it."""
    measured = office.desk.last(ev.QualityMeasured, call_id)
    return measured is not None and measured.speaker_level > 0.05


def test_a_call_survives_ten_seconds_without_a_network(
    hosts: TwoHosts, brisk_office: Callable[..., Office], far_caller: Phone
) -> None:
    office = brisk_office(host=hosts.on(AGENT), bind_address=AGENT)
    call_id, leg = talking(office, far_caller)
    hosts.cut()
    until(lambda: not hears(office, call_id), "silence")
    time.sleep(HARMLESS_S)
    hosts.mend()
    until(lambda: hears(office, call_id), "the caller's voice again")
    assert office.call(call_id).phase is Phase.TALKING
    office.desk.do(cmd.HangUp(call_id=call_id))
    far_caller.wait("state", leg=leg, state="disconnected")


def test_calls_without_anybody_end_once_and_for_wrap_up(
    hosts: TwoHosts, brisk_office: Callable[..., Office], far_caller: Phone
) -> None:
    office = brisk_office(host=hosts.on(AGENT), bind_address=AGENT)
    held, _leg = talking(office, far_caller)
    talks, _leg = talking(office, far_caller)
    office.desk.wait(ev.CallHeld, held)
    hosts.cut()
    # the line is quiet for some seconds, then the question stays unanswered for 32 s
    for call_id in (talks, held):
        ended = office.desk.wait(ev.CallEnded, call_id, patience_s=90)
        assert ended.by == "failure"
        assert office.desk.story(call_id).count("CallEnded") == 1
    hosts.mend()
    far_caller("call", to=f"sip:agent@{AGENT}:{office.port}")
    office.desk.wait(ev.CallOffered, patience_s=40)
