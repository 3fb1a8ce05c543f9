"""Native objects die with their call: a late death would hang up whoever got the slot."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support import sip_desk
from tests.support.sip_desk import until
from tests.support.sip_office import Office

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase

NewOffice = Callable[..., Office]


@pytest.fixture
def counted_office(new_office: NewOffice, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(sip_desk, "ENGINE_MODULE", "tests.support.sip_counting_engine")
    return new_office()


def alive(office: Office) -> int:
    return int((office.runtime / "alive").read_text())


def none_alive(office: Office) -> None:
    until(lambda: alive(office) == 0, f"no native object is left but {alive(office)}")


def test_every_way_to_end_leaves_nothing_behind(counted_office: Office) -> None:
    office = counted_office
    until((office.runtime / "alive").exists, "the count")
    alice, bob = office.phone("alice"), office.phone("bob")

    call_id, leg = office.incoming()
    until(lambda: alive(office) == 2, "one call and one leg")
    alice("hangup", leg=leg)
    office.desk.wait(ev.CallEnded, call_id)
    none_alive(office)

    call_id, leg = office.offered()
    alice("hangup", leg=leg)
    office.desk.wait(ev.CallEnded, call_id)
    none_alive(office)

    call_id, _leg = office.offered()
    office.desk.do(cmd.Decline(call_id=call_id))
    office.desk.wait(ev.CallEnded, call_id)
    none_alive(office)

    bob("policy", answer="486")
    office.desk.wait(ev.CallEnded, office.dialled("bob"))
    none_alive(office)

    bob("policy", answer="200")
    call_id, _leg = office.incoming()
    consult_id, _other = office.consulted(call_id, "bob")
    office.desk.do(cmd.MergeConference(call_id=call_id))
    office.desk.wait(ev.ConferenceMerged, call_id)
    office.desk.do(cmd.CompleteTransfer(call_id=call_id))
    office.desk.wait(ev.CallEnded, call_id)
    office.desk.wait(ev.CallEnded, consult_id)
    none_alive(office)


def test_slots_are_used_again_without_hurting_anybody(counted_office: Office) -> None:
    office = counted_office
    stays, _leg = office.incoming("alice")
    for _ in range(25):
        call_id = office.dialled("bob")
        office.desk.wait(ev.CallAnswered, call_id)
        office.desk.do(cmd.HangUp(call_id=call_id))
        office.desk.wait(ev.CallEnded, call_id)
    assert office.call(stays).phase is Phase.HELD
    until(lambda: alive(office) == 2, "only the first call and its leg")
    office.desk.do(cmd.Resume(call_id=stays))
    office.desk.wait(ev.CallResumed, stays)


def test_call_that_was_replaced_frees_its_old_native_call(counted_office: Office) -> None:
    office = counted_office
    call_id, leg = office.incoming("alice")
    bob = office.phone("bob")
    # the caller's side transfers: the colleague takes over the call by INVITE with Replaces
    alice = office.phone("alice")
    alice("call", to=bob.uri)
    other = alice.wait("calling")["leg"]
    alice.wait("state", leg=other, state="confirmed")
    incoming = bob.wait("incoming")["leg"]
    alice("replace", leg=other, other=leg)
    bob.wait("refer", leg=incoming)
    alice.wait("transfer_status", leg=other, code=200)
    alice.wait("state", leg=leg, state="disconnected")
    until(lambda: alive(office) == 2, "one call and one leg")
    assert office.call(call_id).phase is Phase.TALKING
    bob("tone", leg=incoming + 1, hz=440)

    until(lambda: office.hears(call_id), "the colleague's tone")
