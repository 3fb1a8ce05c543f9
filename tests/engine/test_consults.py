"""Consultation, swap and conference: who is held, who hears whom, and the way back."""

from __future__ import annotations

import signal
import uuid

from tests.support.sip_office import ACCOUNT, Office

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase


def test_consultation_is_dialled_only_after_the_hold_is_confirmed(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    consult_id, _ = office.consulted(call_id, "bob")
    names = [(type(e).__name__, getattr(e, "call_id", "")) for _s, e in office.desk.events]
    assert names.index(("CallHeld", call_id)) < names.index(("CallDialled", consult_id))
    assert office.call(consult_id).consult_of == call_id


def test_refused_hold_means_no_consultation(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    office.phone("alice")("policy", refuse_reinvite=488)
    order = cmd.StartConsult(call_id=call_id, consult_id="c9", target=office.phone("bob").uri)
    office.desk.do(order)
    office.desk.wait(ev.HoldFailed, call_id)
    assert office.call(call_id).phase is Phase.TALKING
    assert "c9" not in office.desk.calls
    office.phone("alice")("policy", refuse_reinvite=0)
    office.desk.do(order)
    office.desk.wait(ev.CallAnswered, "c9")


def test_busy_colleague_leaves_the_caller_held(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    bob = office.phone("bob")
    bob("policy", answer="486")
    consult_id = uuid.uuid4().hex
    office.desk.do(cmd.StartConsult(call_id=call_id, consult_id=consult_id, target=bob.uri))
    assert office.desk.wait(ev.CallEnded, consult_id).code == 486
    assert office.call(call_id).phase is Phase.HELD
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)


def test_only_one_consultation_for_a_call(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    consult_id, _ = office.consulted(call_id, "bob")
    target = office.phone("carol").uri
    again = cmd.StartConsult(call_id=call_id, consult_id="c8", target=target)
    assert office.desk.send(again).code == "consult_exists"
    nested = cmd.StartConsult(call_id=consult_id, consult_id="c8", target=target)
    assert office.desk.send(nested).code == "consult_nested"


def test_cancel_before_the_colleague_answers_resumes_the_caller(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    bob = office.phone("bob")
    bob("policy", answer="180")
    consult_id = uuid.uuid4().hex
    office.desk.do(cmd.StartConsult(call_id=call_id, consult_id=consult_id, target=bob.uri))
    office.desk.wait(ev.CallRang, consult_id)
    assert office.desk.send(cmd.MergeConference(call_id=call_id)).code == "consult_not_answered"
    office.desk.do(cmd.CancelConsult(call_id=call_id))
    assert office.desk.wait(ev.CallEnded, consult_id).by == "local"
    office.desk.wait(ev.CallResumed, call_id)


def test_cancel_while_the_hold_is_under_way(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    order = cmd.StartConsult(call_id=call_id, consult_id="c7", target=office.phone("bob").uri)
    office.desk.do(order)
    office.desk.do(cmd.CancelConsult(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    assert office.call(call_id).phase is Phase.TALKING
    assert "c7" not in office.desk.calls or office.call("c7").ended


def test_cancel_an_answered_consultation_by_either_id(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    consult_id, _ = office.consulted(call_id, "bob")
    office.desk.do(cmd.CancelConsult(call_id=consult_id))
    assert office.desk.wait(ev.CallEnded, consult_id).by == "local"
    office.desk.wait(ev.CallResumed, call_id)


def test_swap_there_and_back(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    consult_id, _ = office.consulted(call_id, "bob")
    office.desk.do(cmd.SwapConsult(call_id=call_id))
    office.desk.wait(ev.CallHeld, consult_id)
    office.desk.wait(ev.CallResumed, call_id)
    office.desk.do(cmd.SwapConsult(call_id=call_id))
    office.desk.wait(ev.CallResumed, consult_id)
    assert office.call(call_id).phase is Phase.HELD
    assert office.call(consult_id).phase is Phase.TALKING


def test_conference_connects_all_and_split_parts_them(office: Office) -> None:
    call_id, leg = office.incoming("alice")
    consult_id, other = office.consulted(call_id, "bob")
    alice, bob = office.phone("alice"), office.phone("bob")
    alice("tone", leg=leg, hz=440)
    bob.hears_nothing(other)
    office.desk.do(cmd.MergeConference(call_id=call_id))
    office.desk.wait(ev.ConferenceMerged, call_id, other_call_id=consult_id)
    office.desk.wait(ev.ConferenceMerged, consult_id, other_call_id=call_id)
    bob.hears(other)
    office.desk.do(cmd.SplitConference(call_id=call_id))
    office.desk.wait(ev.ConferenceSplit, call_id)
    office.desk.wait(ev.ConferenceSplit, consult_id)
    office.desk.wait(ev.CallHeld, call_id)
    bob.hears_nothing(other)
    assert office.call(consult_id).phase is Phase.TALKING


def test_conference_survives_a_hold_and_resume_by_the_caller(office: Office) -> None:
    call_id, leg = office.incoming("alice")
    _consult_id, other = office.consulted(call_id, "bob")
    office.desk.do(cmd.MergeConference(call_id=call_id))
    office.desk.wait(ev.ConferenceMerged, call_id)
    alice, bob = office.phone("alice"), office.phone("bob")
    alice("hold", leg=leg)
    office.desk.wait(ev.MediaChanged, call_id, remote_hold=True)
    alice("unhold", leg=leg)
    office.desk.wait(ev.MediaChanged, call_id, remote_hold=False)
    alice("tone", leg=leg, hz=440)
    bob.hears(other)


def test_refused_resume_means_no_conference(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    consult_id, _ = office.consulted(call_id, "bob")
    office.phone("alice")("policy", refuse_reinvite=488)
    office.desk.do(cmd.MergeConference(call_id=call_id))
    assert office.desk.wait(ev.HoldFailed, call_id).wanted == "resume"
    assert office.call(call_id).conference_with == ""
    assert office.call(consult_id).phase is Phase.TALKING


def test_end_of_one_leg_splits_the_conference(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    consult_id, other = office.consulted(call_id, "bob")
    office.desk.do(cmd.MergeConference(call_id=call_id))
    office.desk.wait(ev.ConferenceMerged, consult_id)
    office.phone("bob")("hangup", leg=other)
    office.desk.wait(ev.CallEnded, consult_id)
    office.desk.wait(ev.ConferenceSplit, call_id)
    assert office.call(call_id).phase is Phase.TALKING
    assert office.call(call_id).conference_with == ""


def test_attended_transfer_out_of_a_conference(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    consult_id, _ = office.consulted(call_id, "bob")
    office.desk.do(cmd.MergeConference(call_id=call_id))
    office.desk.wait(ev.ConferenceMerged, call_id)
    office.desk.do(cmd.CompleteTransfer(call_id=call_id))
    office.desk.wait(ev.ConferenceSplit, call_id)
    office.desk.wait(ev.TransferCompleted, call_id)
    office.desk.wait(ev.CallEnded, consult_id)


def test_new_call_answered_in_a_conference_parts_and_holds_both(office: Office) -> None:
    call_id, _leg = office.incoming("alice")
    consult_id, _ = office.consulted(call_id, "bob")
    office.desk.do(cmd.MergeConference(call_id=call_id))
    office.desk.wait(ev.ConferenceMerged, call_id)
    third, _ = office.offered("carol")
    office.desk.do(cmd.Answer(call_id=third))
    office.desk.wait(ev.CallAnswered, third)
    assert office.call(call_id).phase is Phase.HELD
    assert office.call(consult_id).phase is Phase.HELD
    assert office.call(call_id).conference_with == ""


def test_caller_hanging_up_leaves_the_consultation(office: Office) -> None:
    call_id, leg = office.incoming("alice")
    consult_id, _ = office.consulted(call_id, "bob")
    office.phone("alice")("hangup", leg=leg)
    office.desk.wait(ev.CallEnded, call_id)
    assert office.call(consult_id).phase is Phase.TALKING
    assert office.desk.send(cmd.CompleteTransfer(call_id=consult_id)).code == "no_consult"


def test_reclaim_gets_a_call_back_that_another_engine_lost(office: Office) -> None:
    call_id, leg = office.incoming("alice")
    dialog = office.call(call_id).dialog
    assert dialog is not None
    again = uuid.uuid4().hex
    office.desk.do(cmd.Reclaim(call_id=again, account_id=ACCOUNT, dialog=dialog))
    office.desk.wait(ev.CallAnswered, again)
    office.phone("alice").wait("replaced", leg=leg)
    office.desk.wait(ev.CallEnded, call_id)
    assert office.call(again).phase is Phase.TALKING


def test_reclaim_of_a_dead_dialog_ends_as_a_failure(office: Office) -> None:
    call_id, leg = office.incoming("alice")
    dialog = office.call(call_id).dialog
    assert dialog is not None
    office.phone("alice")("hangup", leg=leg)
    office.desk.wait(ev.CallEnded, call_id)
    again = uuid.uuid4().hex
    office.desk.do(cmd.Reclaim(call_id=again, account_id=ACCOUNT, dialog=dialog))
    # RFC 3891: 481 for an unknown dialog, 603 for one that has just ended
    assert office.desk.wait(ev.CallEnded, again).code in (481, 603)


def test_caller_hears_nothing_of_a_colleague_who_answers_late(talking_office: Office) -> None:
    office = talking_office
    call_id, leg = office.incoming("alice")
    alice, bob = office.phone("alice"), office.phone("bob")
    bob("policy", answer="180")
    consult_id = uuid.uuid4().hex
    office.desk.do(cmd.StartConsult(call_id=call_id, consult_id=consult_id, target=bob.uri))
    other = int(bob.wait("incoming")["leg"])
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    alice.hears(leg)
    alice("policy", refuse_reinvite=488)
    bob("respond", leg=other, code=200)
    office.desk.wait(ev.CallAnswered, consult_id)
    bob.hears(other)
    # her telephone refuses the hold, and still she hears nothing of what is said to him
    alice.hears_nothing(leg)
    assert office.call(call_id).phase is Phase.HELD
    alice("policy", refuse_reinvite=0)
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    alice.hears(leg)
    bob.hears_nothing(other)


def test_caller_is_back_before_a_silent_colleague_confirms_the_end(talking_office: Office) -> None:
    office = talking_office
    call_id, leg = office.incoming("alice")
    consult_id, other = office.consulted(call_id, "bob")
    bob = office.phone("bob")
    bob.hears(other)
    bob.process.send_signal(signal.SIGSTOP)
    try:
        office.desk.do(cmd.CancelConsult(call_id=call_id))
        office.desk.wait(ev.CallResumed, call_id)
        office.phone("alice").hears(leg)
    finally:
        bob.process.send_signal(signal.SIGCONT)
    office.desk.wait(ev.CallEnded, consult_id)
