"""Steps that the tests at the exchange share.

Runs in: the test process.
"""

from __future__ import annotations

import uuid

from tests.support.sip_desk import until
from tests.support.sip_office import ACCOUNT, Office
from tests.support.sip_phone import Phone

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.events import Registration


def registered(office: Office) -> Office:
    """Wait until the agent's account is registered."""
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    return office


def dial(office: Office, number: str) -> str:
    """The agent dials; the call_id."""
    call_id = uuid.uuid4().hex
    office.desk.do(cmd.Dial(call_id=call_id, account_id=ACCOUNT, target=number))
    return call_id


def talk_to(office: Office, number: str) -> str:
    """The agent dials and is answered."""
    call_id = dial(office, number)
    office.desk.wait(ev.CallAnswered, call_id)
    return call_id


def hang_up(office: Office, call_id: str) -> None:
    office.desk.do(cmd.HangUp(call_id=call_id))
    office.desk.wait(ev.CallEnded, call_id)


def rings(phone: Phone, number: str, **call: object) -> int:
    """`phone` calls `number`; its leg."""
    # through its own exchange, whatever address that has
    phone("call", to=f"sip:{number}@{phone.registrar}", **call)
    return int(phone.wait("calling")["leg"])


def answered(office: Office, phone: Phone, number: str, **call: object) -> tuple[str, int]:
    """`phone` calls the agent at `number`, who answers: (call_id, the phone's leg)."""
    leg = rings(phone, number, **call)
    call_id = office.desk.wait(ev.CallOffered).call_id
    office.desk.do(cmd.Answer(call_id=call_id))
    office.desk.wait(ev.CallAnswered, call_id)
    phone.wait("state", leg=leg, state="confirmed")
    return call_id, leg


def one_row(office: Office, call_id: str) -> None:
    """The call has ended, and that was told once."""
    until(lambda: office.call(call_id).ended, "the end of the call")
    assert office.desk.story(call_id).count("CallEnded") == 1
