"""Hold, resume, mute and digits: what is told and what is really heard."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.support.sip_desk import until
from tests.support.sip_hostile import HandCall
from tests.support.sip_office import Office

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase


def test_hold_is_told_when_requested_and_again_when_confirmed(office: Office) -> None:
    call_id, leg = office.incoming()
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    office.phone("alice").wait("media", leg=leg, status="remote_hold")
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    office.phone("alice").wait("media", leg=leg, status="active")
    story = office.desk.story(call_id)
    order = ["HoldRequested", "CallHeld", "ResumeRequested", "CallResumed"]
    assert [name for name in story if name in order] == order


def test_refused_hold_leaves_the_call_talking(office: Office) -> None:
    call_id, _leg = office.incoming()
    office.phone("alice")("policy", refuse_reinvite=488)
    office.desk.do(cmd.Hold(call_id=call_id))
    failed = office.desk.wait(ev.HoldFailed, call_id)
    assert (failed.wanted, failed.code) == ("hold", 488)
    assert office.call(call_id).phase is Phase.TALKING


def test_a_hold_that_meets_another_request_is_asked_for_again(office: Office) -> None:
    peer = HandCall(office.port)
    try:
        call_id = office.desk.wait(ev.CallOffered).call_id
        office.desk.do(cmd.Answer(call_id=call_id))
        office.desk.wait(ev.CallAnswered, call_id)
        peer.reinvites = [500, 491, 200]
        office.desk.do(cmd.Hold(call_id=call_id))
        office.desk.wait(ev.CallHeld, call_id)
        assert "HoldFailed" not in office.desk.story(call_id)
        assert not peer.reinvites
        office.desk.do(cmd.HangUp(call_id=call_id))
        office.desk.wait(ev.CallEnded, call_id)
    finally:
        peer.close()


@pytest.fixture
def by_hand(office: Office) -> Iterator[tuple[HandCall, str]]:
    """An answered call whose peer is made by hand, and its call_id."""
    peer = HandCall(office.port)
    try:
        call_id = office.desk.wait(ev.CallOffered).call_id
        office.desk.do(cmd.Answer(call_id=call_id))
        office.desk.wait(ev.CallAnswered, call_id)
        until(lambda: peer.heard.packets > 10, "the agent's audio")
        yield peer, call_id
        office.desk.do(cmd.HangUp(call_id=call_id))
        office.desk.wait(ev.CallEnded, call_id)
    finally:
        peer.close()


def test_on_hold_nothing_is_sent_and_nothing_ends_it_but_the_agent(
    office: Office, by_hand: tuple[HandCall, str]
) -> None:
    """What went on, silence even, would be mixed into the exchange's music."""
    peer, call_id = by_hand
    peer.reinvites = [200, 200]
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    assert "a=inactive" in peer.sdps[-1]
    before = peer.heard.packets
    time.sleep(0.5)
    assert peer.heard.packets <= before + 1  # one may have been on its way
    peer.send(peer.next("INVITE", peer.sdp))  # as exchanges do to tell who is connected
    until(lambda: (peer.cseq, 200) in peer.codes, "an answer")
    assert "a=inactive" in peer.sdps[-1]
    assert office.call(call_id).phase is Phase.HELD
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    assert "a=sendrecv" in peer.sdps[-1]
    before = peer.heard.packets
    until(lambda: peer.heard.packets > before + 10, "the agent's audio again")


def test_after_a_refused_hold_the_call_talks_whatever_the_peer_asks(
    office: Office, by_hand: tuple[HandCall, str]
) -> None:
    peer, call_id = by_hand
    peer.reinvites = [488]
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.HoldFailed, call_id)
    peer.send(peer.next("INVITE", peer.sdp))
    until(lambda: (peer.cseq, 200) in peer.codes, "an answer")
    assert "a=sendrecv" in peer.sdps[-1]
    before = peer.heard.packets
    until(lambda: peer.heard.packets > before + 10, "the agent's audio")
    assert office.call(call_id).phase is Phase.TALKING


def test_refused_resume_leaves_the_call_held(office: Office) -> None:
    call_id, _leg = office.incoming()
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    office.phone("alice")("policy", refuse_reinvite=488)
    office.desk.do(cmd.Resume(call_id=call_id))
    failed = office.desk.wait(ev.HoldFailed, call_id)
    assert failed.wanted == "resume"
    assert office.call(call_id).phase is Phase.HELD


def test_resume_overtakes_a_hold_that_is_not_confirmed(office: Office) -> None:
    call_id, _leg = office.incoming()
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    assert office.call(call_id).phase is Phase.TALKING
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)


def test_hold_from_both_ends_at_once_settles(office: Office) -> None:
    call_id, leg = office.incoming()
    office.phone("alice")("hold", leg=leg)
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    assert office.call(call_id).phase is Phase.HELD


def test_hold_by_the_caller_is_shown(office: Office) -> None:
    call_id, leg = office.incoming()
    office.phone("alice")("hold", leg=leg)
    office.desk.wait(ev.MediaChanged, call_id, remote_hold=True)
    assert office.call(call_id).phase is Phase.TALKING
    office.phone("alice")("unhold", leg=leg)
    office.desk.wait(ev.MediaChanged, call_id, remote_hold=False)


def test_mute_silences_the_agent_for_this_call_only(talking_office: Office) -> None:
    office = talking_office
    call_id, leg = office.incoming()
    alice = office.phone("alice")
    alice.hears(leg)
    office.desk.do(cmd.SetMute(call_id=call_id, muted=True))
    office.desk.wait(ev.MuteChanged, call_id, muted=True)
    alice.hears_nothing(leg)
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    alice.hears_nothing(leg)  # mute outlives the streams that a hold replaces
    office.desk.do(cmd.SetMute(call_id=call_id, muted=False))
    alice.hears(leg)


def test_held_caller_hears_nothing_of_the_agent(talking_office: Office) -> None:
    office = talking_office
    first, leg = office.incoming("alice")
    second, other = office.incoming("bob")
    office.phone("bob").hears(other)
    office.phone("alice").hears_nothing(leg)
    assert office.call(first).phase is Phase.HELD
    assert office.call(second).phase is Phase.TALKING


def test_digits_go_out_both_ways_and_are_never_told_back(office: Office) -> None:
    call_id, leg = office.incoming()
    alice = office.phone("alice")
    office.desk.do(cmd.SendDtmf(call_id=call_id, digits="12#"))
    assert [alice.wait("digit", leg=leg)["digit"] for _ in range(3)] == ["1", "2", "#"]
    sent = office.desk.wait(ev.DtmfSent, call_id)
    assert (sent.count, sent.method) == (3, "rfc4733")
    office.desk.do(cmd.SendDtmf(call_id=call_id, digits="7", method="info"))
    alice.wait("info", leg=leg)
    assert office.desk.wait(ev.DtmfSent, call_id).method == "info"


def test_digits_of_the_caller_arrive(office: Office) -> None:
    call_id, leg = office.incoming()
    office.phone("alice")("digits", leg=leg, digits="42")
    assert office.desk.wait(ev.DtmfReceived, call_id).digit == "4"
    assert office.desk.wait(ev.DtmfReceived, call_id).digit == "2"
