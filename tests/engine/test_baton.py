"""The token of a warm transfer on the wire: in the consultation's INVITE, in what a REFER makes."""

from __future__ import annotations

import uuid

from tests.support.sip_office import Office

from ctidesk.calls import baton, commands as cmd, events as ev
from ctidesk.sip.engine.identity import Headers

TOKEN = "00112233445566778899aabbccddeeff"


def carried(message: str) -> str:
    return baton.token_of(Headers(message.encode()).first("user-to-user"))


def test_the_consulted_colleague_gets_it_with_the_invite(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    bob, consult_id = office.phone("bob"), uuid.uuid4().hex
    office.desk.do(
        cmd.StartConsult(call_id=call_id, consult_id=consult_id, target=bob.uri, baton=TOKEN)
    )
    office.desk.wait(ev.CallAnswered, consult_id)
    assert carried(bob.wait("incoming")["message"]) == TOKEN


def test_without_one_there_is_no_such_header(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    bob = office.phone("bob")
    office.consulted(call_id, "bob")
    sent = [said["message"] for said in bob.said if said["event"] == "incoming"][-1]
    assert "user-to-user" not in sent.lower()


def test_the_target_of_a_blind_transfer_gets_it_from_the_caller(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    bob = office.phone("bob")
    office.desk.do(cmd.TransferBlind(call_id=call_id, target=bob.uri, baton=TOKEN))
    office.desk.wait(ev.TransferCompleted, call_id)
    assert carried(bob.wait("incoming")["message"]) == TOKEN
