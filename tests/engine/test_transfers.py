"""Blind and attended transfers: progress, success, and every way to fail without losing a call."""

from __future__ import annotations

import time

from tests.support.sip_office import Office

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase, TransferState


def test_blind_transfer_connects_both_and_ends_our_leg(office: Office) -> None:
    call_id, leg = office.incoming("alice")
    bob = office.phone("bob")
    office.desk.do(cmd.TransferBlind(call_id=call_id, target=bob.uri))
    started = office.desk.wait(ev.TransferStarted, call_id)
    assert (started.target, started.attended) == ("bob", False)
    office.desk.wait(ev.TransferCompleted, call_id)
    ended = office.desk.wait(ev.CallEnded, call_id)
    assert ended.by == "local"
    office.phone("alice").wait("state", leg=leg, state="disconnected")
    bob.wait("state", state="confirmed")
    story = office.desk.story(call_id)
    assert story.index("CallHeld") < story.index("TransferStarted")


def test_busy_target_gives_the_call_back_on_hold(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    bob = office.phone("bob")
    bob("policy", answer="486")
    office.desk.do(cmd.TransferBlind(call_id=call_id, target=bob.uri))
    failed = office.desk.wait(ev.TransferFailed, call_id)
    assert failed.code == 486
    call = office.call(call_id)
    assert (call.phase, call.transfer) == (Phase.HELD, TransferState.FAILED)
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)


def test_unanswered_transfer_comes_back_after_its_own_timeout(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    bob = office.phone("bob")
    bob("policy", answer="180")
    began = time.monotonic()
    office.desk.do(cmd.TransferBlind(call_id=call_id, target=bob.uri, timeout_s=1.0))
    progress = office.desk.wait(ev.TransferProgressed, call_id)
    assert 100 <= progress.code < 200
    failed = office.desk.wait(ev.TransferFailed, call_id)
    assert failed.code == 408
    assert time.monotonic() - began >= 1.0
    assert office.call(call_id).phase is Phase.HELD


def test_peer_that_refuses_to_be_transferred(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    office.phone("alice")("policy", refer="603")
    office.desk.do(cmd.TransferBlind(call_id=call_id, target=office.phone("bob").uri))
    assert office.desk.wait(ev.TransferFailed, call_id).code == 603
    assert office.call(call_id).phase is Phase.HELD


def test_refused_hold_fails_the_transfer_before_any_refer(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    alice = office.phone("alice")
    alice("policy", refuse_reinvite=488)
    office.desk.do(cmd.TransferBlind(call_id=call_id, target=office.phone("bob").uri))
    office.desk.wait(ev.TransferFailed, call_id)
    assert office.call(call_id).phase is Phase.TALKING
    assert "TransferStarted" not in office.desk.story(call_id)


def test_second_transfer_waits_for_the_first(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    bob = office.phone("bob")
    bob("policy", answer="180")
    order = cmd.TransferBlind(call_id=call_id, target=bob.uri, timeout_s=1.0)
    office.desk.do(order)
    assert office.desk.send(order).code == "transfer_pending"
    assert office.desk.send(cmd.Resume(call_id=call_id)).code == "transfer_pending"
    office.desk.wait(ev.TransferFailed, call_id)
    bob("policy", answer="200")
    office.desk.do(order)
    office.desk.wait(ev.TransferCompleted, call_id)


def test_attended_transfer_joins_caller_and_colleague(office: Office) -> None:
    call_id, leg = office.incoming("alice")
    consult_id, other = office.consulted(call_id, "bob")
    office.desk.do(cmd.CompleteTransfer(call_id=call_id))
    assert office.desk.wait(ev.TransferStarted, call_id).attended
    office.desk.wait(ev.TransferCompleted, call_id)
    office.desk.wait(ev.CallEnded, call_id)
    office.desk.wait(ev.CallEnded, consult_id)
    alice, bob = office.phone("alice"), office.phone("bob")
    replaced = bob.wait("replaced", leg=other)
    new_leg = alice.wait("refer", leg=leg) and leg + 1
    alice.wait("state", leg=new_leg, state="confirmed")
    alice("tone", leg=new_leg, hz=440)
    bob.hears(replaced["by"])


def test_attended_transfer_after_a_swap_holds_the_caller_first(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    office.consulted(call_id, "bob")
    office.desk.do(cmd.SwapConsult(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    office.desk.do(cmd.CompleteTransfer(call_id=call_id))
    office.desk.wait(ev.TransferCompleted, call_id)
    story = office.desk.story(call_id)
    assert story[story.index("CallResumed") :].index("CallHeld") < story[
        story.index("CallResumed") :
    ].index("TransferStarted")


def test_failed_attended_transfer_keeps_both_legs(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    consult_id, _ = office.consulted(call_id, "bob")
    office.phone("alice")("policy", refer="603")
    office.desk.do(cmd.CompleteTransfer(call_id=call_id))
    assert office.desk.wait(ev.TransferFailed, call_id).code == 603
    assert office.call(call_id).phase is Phase.HELD
    assert office.call(consult_id).phase is Phase.TALKING


def test_a_caller_can_not_send_the_agent_elsewhere(office: Office) -> None:
    call_id, leg = office.incoming("alice")
    bob = office.phone("bob")
    before = len(bob.said)
    office.phone("alice")("refer", leg=leg, to=bob.uri)
    status = office.phone("alice").wait("transfer_status", leg=leg)
    assert (status["code"], status["final"]) == (603, True)
    assert office.call(call_id).phase is Phase.TALKING
    assert bob.said[before:] == []
