"""Calls through the exchange's queue, and what they tell about the caller."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.pbx.conftest import Agent, Extension
from tests.support.asterisk import Asterisk
from tests.support.pbx_steps import hang_up, registered, rings, talk_to
from tests.support.sip_desk import until
from tests.support.sip_office import ACCOUNT, Office
from tests.support.sip_phone import Phone

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(120)]

Outside = Callable[..., Phone]


@pytest.fixture
def member(agent: Agent, pbx: Asterisk) -> Office:
    """An agent who is logged in to the queue."""
    office = registered(agent())
    press_code(office, "*45")
    until(lambda: "201" in pbx.control.queue_members(), "a member of the queue")
    return office


@pytest.fixture(autouse=True)
def nobody_stays_logged_in(pbx: Asterisk) -> None:
    for telephone in pbx.control.queue_members():
        pbx.control("QueueRemove", Queue="Members", Interface=f"PJSIP/{telephone}")


def press_code(office: Office, code: str) -> None:
    call_id = talk_to(office, code)
    office.desk.wait(ev.CallEnded, call_id)


def offered(office: Office, phone: Phone, pbx: Asterisk, **headers: str) -> ev.CallOffered:
    """`phone` calls the queue from outside."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    phone("call", to=f"sip:500@127.0.0.1:{pbx.sip}", headers=names)
    return office.desk.wait(ev.CallOffered)


def test_log_in_pause_and_log_out_by_codes(member: Office, pbx: Asterisk) -> None:
    def paused() -> str:
        return pbx.control.queue_members()["201"]["Paused"]

    assert paused() == "0"
    press_code(member, "*46")
    until(lambda: paused() == "1", "paused")
    press_code(member, "*47")
    until(lambda: paused() == "0", "not paused")
    press_code(member, "*44")
    until(lambda: "201" not in pbx.control.queue_members(), "logged out")


def test_codes_in_the_background(agent: Agent, pbx: Asterisk) -> None:
    office = registered(agent())

    def dial_code(code: str) -> ev.ServiceCodeAnswered:
        office.desk.do(cmd.DialCode(account_id=ACCOUNT, code=code))
        told: ev.ServiceCodeAnswered = office.desk.wait(ev.ServiceCodeAnswered, code=code)
        return told

    assert dial_code("*45").answered
    assert pbx.control.queue_members()["201"]["Paused"] == "0"
    # the next waits for the one before
    for code in ("*46", "*47", "*46"):
        office.desk.do(cmd.DialCode(account_id=ACCOUNT, code=code))
    for code in ("*46", "*47", "*46"):
        assert office.desk.wait(ev.ServiceCodeAnswered, code=code).answered
    assert pbx.control.queue_members()["201"]["Paused"] == "1"
    unknown = dial_code("*99")
    assert (unknown.answered, unknown.status) == (False, 404)
    assert dial_code("*44").answered
    assert pbx.control.queue_members() == {}
    assert not office.desk.calls
    assert not office.live()


def test_a_code_while_talking_disturbs_nobody(agent: Agent, pbx: Asterisk) -> None:
    office = registered(agent())
    call_id = talk_to(office, "601")
    office.desk.do(cmd.DialCode(account_id=ACCOUNT, code="*45"))
    assert office.desk.wait(ev.ServiceCodeAnswered).answered
    assert office.call(call_id).phase is Phase.TALKING
    assert "HoldRequested" not in office.desk.story()
    hang_up(office, call_id)


def test_a_call_through_the_queue(member: Office, pbx: Asterisk, outside: Outside) -> None:
    caller = outside("+4930123456", display="Jane D.")
    told = offered(member, caller, pbx)
    assert told.routing.queue == "Members"
    assert (told.remote.number, told.remote.display_name) == ("+4930123456", "Jane D.")
    member.desk.do(cmd.Answer(call_id=told.call_id))
    member.desk.wait(ev.CallAnswered, told.call_id)
    caller("tone", leg=1, hz=700)
    until(lambda: level(member, told.call_id) > 0.05, "the agent hears the caller")
    hang_up(member, told.call_id)
    caller.wait("state", leg=1, state="disconnected")


def level(office: Office, call_id: str) -> float:
    measured = office.desk.last(ev.QualityMeasured, call_id)
    return measured.speaker_level if measured is not None else 0.0


def test_the_asserted_number_counts(member: Office, pbx: Asterisk, outside: Outside) -> None:
    caller = outside("reception")
    asserted = '"Clinic" <sip:+49301111@office.test>'
    told = offered(member, caller, pbx, P_Asserted_Identity=asserted)
    assert told.remote.number == told.remote.asserted == "+49301111"
    assert not told.remote.withheld


def test_a_withheld_number_stays_withheld(member: Office, pbx: Asterisk, outside: Outside) -> None:
    caller = outside("anonymous", display="Anonymous")
    told = offered(
        member, caller, pbx, P_Asserted_Identity="<sip:+49301111@office.test>", Privacy="id"
    )
    assert told.remote == type(told.remote)(
        number="", display_name="", host=told.remote.host, withheld=True
    )


def test_the_customer_number_of_the_exchange(
    member: Office, pbx: Asterisk, outside: Outside
) -> None:
    told = offered(member, outside(), pbx, X_CRM_Id="M-100042")
    assert told.routing.member_id == "M-100042"


def test_a_paused_agent_is_not_rung(member: Office, pbx: Asterisk, outside: Outside) -> None:
    press_code(member, "*46")
    caller = outside()
    caller("call", to=f"sip:500@127.0.0.1:{pbx.sip}")
    caller.wait("state", leg=1, state="confirmed")
    caller.hears_tone(1, 440)
    assert "CallOffered" not in member.desk.story()
    press_code(member, "*47")
    member.desk.wait(ev.CallOffered)


def test_nobody_answers_and_the_caller_goes_on_waiting(
    member: Office, pbx: Asterisk, outside: Outside
) -> None:
    caller = outside()
    told = offered(member, caller, pbx)
    member.desk.do(cmd.Decline(call_id=told.call_id))
    member.desk.wait(ev.CallEnded, told.call_id)
    again = member.desk.wait(ev.CallOffered)
    assert again.call_id != told.call_id
    assert again.remote == told.remote
    caller("hangup", leg=1)
    assert member.desk.wait(ev.CallEnded, again.call_id).by == "remote"


def test_a_colleague_is_no_caller_from_outside(
    member: Office, extension: Extension, pbx: Asterisk
) -> None:
    colleague = extension("202")
    rings(colleague, "201", headers={"P-Asserted-Identity": "<sip:+49301111@office.test>"})
    told = member.desk.wait(ev.CallOffered)
    assert (told.remote.number, told.routing.queue) == ("202", "")
