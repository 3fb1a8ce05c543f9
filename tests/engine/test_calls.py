"""Incoming and outgoing calls with real telephones: ring, answer, refuse, end, several at once."""

from __future__ import annotations

import uuid

from tests.support.sip_desk import until
from tests.support.sip_office import ACCOUNT, Office

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase


def test_it_rings_before_any_desk_does_anything(office: Office) -> None:
    call_id, leg = office.offered()
    office.phone("alice").wait("state", leg=leg, state="early", code=180)
    call = office.call(call_id)
    assert call.phase is Phase.OFFERED
    assert (call.remote.number, call.account_id) == ("alice", ACCOUNT)
    offer = next(e for _s, e in office.desk.events if getattr(e, "call_id", "") == call_id)
    assert 0 < offer.t_invite_mono <= offer.t_mono


def test_answered_call_is_connected_with_its_dialog_and_codec(office: Office) -> None:
    call_id, _leg = office.incoming()
    call = office.call(call_id)
    assert call.phase is Phase.TALKING
    # the telephone has the same build: both know our first choice, Opus or on the wheel G.722
    assert call.codec in ("opus/48000", "G722/16000")
    assert office.desk.hello.codecs[0].startswith(call.codec)
    assert not call.encrypted
    assert call.dialog is not None
    assert call.dialog.local_tag != call.dialog.remote_tag
    assert "CallAnswerSent" in office.desk.story(call_id)


def test_hang_up_by_the_agent(office: Office) -> None:
    call_id, leg = office.incoming()
    office.desk.do(cmd.HangUp(call_id=call_id))
    ended = office.desk.wait(ev.CallEnded, call_id)
    assert (ended.code, ended.by) == (200, "local")
    office.phone("alice").wait("state", leg=leg, state="disconnected")


def test_hang_up_by_the_caller(office: Office) -> None:
    call_id, leg = office.incoming()
    office.phone("alice")("hangup", leg=leg)
    ended = office.desk.wait(ev.CallEnded, call_id)
    assert (ended.code, ended.by) == (200, "remote")


def test_caller_gives_up_while_it_rings(office: Office) -> None:
    call_id, leg = office.offered()
    office.phone("alice").wait("state", leg=leg, code=180)
    office.phone("alice")("hangup", leg=leg)
    ended = office.desk.wait(ev.CallEnded, call_id)
    assert (ended.code, ended.by) == (487, "remote")


def test_decline_sends_the_wanted_code(office: Office) -> None:
    for wanted, sent in ((486, 486), (603, 603), (480, 480), (200, 486)):
        call_id, leg = office.offered()
        office.desk.do(cmd.Decline(call_id=call_id, code=wanted))
        said = office.phone("alice").wait("state", leg=leg, state="disconnected")
        assert said["code"] == sent
        ended = office.desk.wait(ev.CallEnded, call_id)
        assert (ended.code, ended.by) == (sent, "local")


def test_dialled_call_rings_is_answered_and_ends(office: Office) -> None:
    bob = office.phone("bob")
    bob("policy", answer="180")
    call_id = office.dialled("bob")
    rang = office.desk.wait(ev.CallRang, call_id)
    assert (rang.code, rang.early_media) == (180, False)
    leg = bob.wait("incoming")["leg"]
    bob("respond", leg=leg, code=200)
    office.desk.wait(ev.CallAnswered, call_id)
    assert office.call(call_id).dialog is not None
    bob("hangup", leg=leg)
    assert office.desk.wait(ev.CallEnded, call_id).by == "remote"


def test_busy_declined_and_unavailable_are_told_with_their_code(office: Office) -> None:
    bob = office.phone("bob")
    for code in (486, 603, 480, 404):
        bob("policy", answer=str(code))
        call_id = office.dialled("bob")
        ended = office.desk.wait(ev.CallEnded, call_id)
        assert (ended.code, ended.by) == (code, "remote")
        assert ended.reason


def test_early_media_is_heard_before_the_answer(office: Office) -> None:
    bob = office.phone("bob")
    bob("policy", answer="183")
    call_id = office.dialled("bob")
    office.desk.wait(ev.CallRang, call_id, early_media=True)
    assert office.call(call_id).early_media
    assert office.call(call_id).phase is Phase.RINGING
    bob("respond", leg=bob.wait("incoming")["leg"], code=200)
    office.desk.wait(ev.CallAnswered, call_id)


def test_agent_gives_up_a_ringing_call(office: Office) -> None:
    bob = office.phone("bob")
    bob("policy", answer="180")
    call_id = office.dialled("bob")
    office.desk.wait(ev.CallRang, call_id)
    office.desk.do(cmd.HangUp(call_id=call_id))
    ended = office.desk.wait(ev.CallEnded, call_id)
    assert (ended.code, ended.by) == (487, "local")


def test_redial_the_same_target(office: Office) -> None:
    for _ in range(2):
        call_id = office.dialled("bob")
        office.desk.wait(ev.CallAnswered, call_id)
        office.desk.do(cmd.HangUp(call_id=call_id))
        office.desk.wait(ev.CallEnded, call_id)


def test_call_waiting_holds_the_first_before_the_second_is_answered(office: Office) -> None:
    first, _leg = office.incoming("alice")
    second, _ = office.offered("bob")
    office.desk.do(cmd.Answer(call_id=second))
    office.desk.wait(ev.CallHeld, first)
    office.desk.wait(ev.CallAnswered, second)
    story = [(type(e).__name__, getattr(e, "call_id", "")) for _s, e in office.desk.events]
    assert story.index(("CallHeld", first)) < story.index(("CallAnswerSent", second))
    assert office.call(first).phase is Phase.HELD
    office.desk.do(cmd.Resume(call_id=first))
    office.desk.wait(ev.CallResumed, first)
    assert office.call(second).phase is Phase.HELD


def test_a_dial_holds_the_call_that_talks(office: Office) -> None:
    first, _ = office.incoming("alice")
    second = office.dialled("bob")
    office.desk.wait(ev.CallAnswered, second)
    assert office.call(first).phase is Phase.HELD


def test_one_call_too_many_gets_busy_and_the_others_stay(office: Office) -> None:
    most = office.desk.hello.max_calls
    names = [("alice", "bob", "dora", "emil")[index % 4] for index in range(most)]
    calls = [office.offered(name)[0] for name in names]
    carol = office.phone("carol")
    carol("call", to=office.agent)
    said = carol.wait("state", state="disconnected")
    assert said["code"] == 486
    assert all(office.call(call_id).phase is Phase.OFFERED for call_id in calls)
    refusal = office.desk.send(
        cmd.Dial(call_id=uuid.uuid4().hex, account_id=ACCOUNT, target=carol.uri)
    )
    assert refusal.code == "too_many_calls"


def test_levels_and_quality_are_measured(office: Office) -> None:
    call_id, leg = office.incoming()
    office.phone("alice")("tone", leg=leg, hz=440)

    until(lambda: office.hears(call_id), "level of the caller's tone")
    measured = office.desk.last(ev.QualityMeasured, call_id)
    assert measured is not None
    assert 1.0 <= measured.mos <= 4.5
    assert 0.0 <= measured.loss_pct <= 100.0


def test_impossible_commands_are_refused_in_words(office: Office) -> None:
    call_id, _ = office.incoming()
    for command, code in (
        (cmd.Answer(call_id="gone"), "unknown_call"),
        (cmd.HangUp(call_id="gone"), "unknown_call"),
        (cmd.Answer(call_id=call_id), "wrong_phase"),
        (cmd.Decline(call_id=call_id), "wrong_phase"),
        (cmd.SwapConsult(call_id=call_id), "no_consult"),
        (cmd.SplitConference(call_id=call_id), "no_consult"),
        (cmd.CompleteTransfer(call_id=call_id), "no_consult"),
        (cmd.CancelConsult(call_id=call_id), "no_consult"),
        (cmd.SendDtmf(call_id=call_id, digits="12x"), "bad_digits"),
        (cmd.SendDtmf(call_id=call_id, digits=""), "bad_digits"),
        (cmd.TransferBlind(call_id=call_id, target="<script>"), "bad_number"),
        (cmd.Dial(call_id="../x", account_id=ACCOUNT, target="1"), "bad_call_id"),
        (cmd.Dial(call_id="n1", account_id="none", target="1"), "unknown_account"),
        (cmd.Dial(call_id="n2", account_id=ACCOUNT, target="0301234"), "no_registrar"),
        (cmd.Dial(call_id="n3", account_id=ACCOUNT, target="sip:a b@c"), "bad_number"),
    ):
        refusal = office.desk.send(command)
        assert refusal.code == code, command
        assert refusal.text.endswith(".")
        assert refusal.remedy.endswith(".")
    assert office.call(call_id).phase is Phase.TALKING
