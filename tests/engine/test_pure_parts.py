"""The engine's parts that need no running library: who hears whom, targets, names, scores."""

from __future__ import annotations

import dataclasses
import time

import pytest

from ctidesk.calls import events as ev
from ctidesk.calls.call import Call, Direction, Phase, RemoteParty
from ctidesk.calls.commands import ConfigureAccount
from ctidesk.calls.errors import KnownError
from ctidesk.calls.lamps import LampState
from ctidesk.sip.engine.addresses import host_of, host_port, is_address
from ctidesk.sip.engine.bridge import (
    KNOCK,
    MIC,
    SPEAKER,
    LegAudio,
    agent_tap,
    call_port,
    caller_tap,
    wanted_edges,
)
from ctidesk.sip.engine.dialling import target_of
from ctidesk.sip.engine.identity import Headers, name_address, remote_party
from ctidesk.sip.engine.journal import MAX_UNACKNOWLEDGED, Journal
from ctidesk.sip.engine.lamps import PresenceSeen, lamp_state


def call(call_id: str, phase: Phase, **more: object) -> Call:
    plain = Call(call_id, Direction.INBOUND, phase, RemoteParty("1"), 0.0, 0.0, 0.0)
    return dataclasses.replace(plain, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("phase", list(Phase))
def test_the_agent_speaks_only_into_talking_calls(phase: Phase) -> None:
    edges = wanted_edges([LegAudio(call("a", phase), media=True, tapped=True)])
    spoken = {edge for edge in edges if edge[0] == MIC}
    if phase is Phase.TALKING:
        assert spoken == {(MIC, call_port("a")), (MIC, agent_tap("a"))}
    else:
        assert spoken == set()


def test_muted_agent_is_neither_sent_nor_recorded() -> None:
    leg = LegAudio(call("a", Phase.TALKING, muted=True), media=True, tapped=True)
    assert {edge for edge in wanted_edges([leg]) if edge[0] == MIC} == set()


def test_calls_hear_each_other_only_in_a_conference() -> None:
    a, b = call("a", Phase.TALKING), call("b", Phase.TALKING)
    apart = wanted_edges([LegAudio(a, True, True), LegAudio(b, True, False)])
    assert (call_port("a"), call_port("b")) not in apart
    a, b = (
        dataclasses.replace(a, conference_with="b"),
        dataclasses.replace(b, conference_with="a"),
    )
    joined = wanted_edges([LegAudio(a, True, True), LegAudio(b, True, False)])
    assert {(call_port("a"), call_port("b")), (call_port("b"), call_port("a"))} <= joined
    assert (call_port("b"), caller_tap("a")) in joined
    held = dataclasses.replace(a, phase=Phase.HELD)
    parted = wanted_edges([LegAudio(held, True, True), LegAudio(b, True, False)])
    assert (call_port("b"), call_port("a")) not in parted
    assert (call_port("b"), caller_tap("a")) not in parted


def test_early_media_is_heard_but_nothing_is_said() -> None:
    edges = wanted_edges([LegAudio(call("a", Phase.RINGING), media=True, tapped=False)])
    assert edges == {(call_port("a"), SPEAKER)}


def test_a_waiting_call_knocks_for_the_agent_who_talks_and_for_nobody_else() -> None:
    talks = LegAudio(call("a", Phase.TALKING), media=True, tapped=True)
    held = LegAudio(call("b", Phase.HELD), media=True, tapped=True)
    waits = LegAudio(call("c", Phase.OFFERED), media=False, tapped=False, waits=True)
    assert {edge for edge in wanted_edges([talks, waits]) if KNOCK in edge} == {(KNOCK, SPEAKER)}
    assert KNOCK not in {port for edge in wanted_edges([held, waits]) for port in edge}
    assert KNOCK not in {port for edge in wanted_edges([talks, held]) for port in edge}


ACCOUNT = ConfigureAccount(account_id="a", user="u", password="", registrar="pbx.example:5070")


@pytest.mark.parametrize(
    ("typed", "uri"),
    [
        ("030 / 123-45", "sip:03012345@pbx.example:5070"),
        ("+49 (0)30 1234", "sip:+49301234@pbx.example:5070"),
        ("*45", "sip:*45@pbx.example:5070"),
        ("#21#", "sip:%2321%23@pbx.example:5070"),
        ("tel:+4930-1", "sip:+49301@pbx.example:5070"),
        ("ward.3", "sip:ward.3@pbx.example:5070"),
        ("sip:nurse@clinic.example:5090", "sip:nurse@clinic.example:5090"),
        ("SIP:10.0.0.1", "sip:10.0.0.1"),
    ],
)
def test_targets_in_any_writing(typed: str, uri: str) -> None:
    assert target_of(typed, ACCOUNT).uri.lower() == uri


@pytest.mark.parametrize(
    "typed",
    ["", " ", "1" * 33, "<x>", "sip:", "sip:a@b@c", "sip:a@b:99999", "sip:a@b?X=1", "a\r\nb", "ü"],
)
def test_no_target_can_smuggle_anything(typed: str) -> None:
    with pytest.raises(KnownError) as refused:
        target_of(typed, ACCOUNT)
    assert refused.value.code == "bad_number"


def test_transport_of_the_account_is_in_the_uri() -> None:
    secure = dataclasses.replace(ACCOUNT, transport="tls")
    assert target_of("100", secure).uri == "sip:100@pbx.example:5070;transport=tls"
    assert target_of("sip:a@b.example", secure).uri == "sip:a@b.example;transport=tls"


def test_ten_kilobytes_of_name_cost_nothing_and_stay_plain() -> None:
    name = "<b>\u202e" + "x" * 10_000
    message = f'INVITE sip:a@b SIP/2.0\r\nFrom: "{name}" <sip:1@h>;tag=t\r\n\r\n'.encode()
    began = time.monotonic()
    remote = remote_party(Headers(message), trusted=False)
    assert time.monotonic() - began < 5
    assert remote.number == "1"
    assert len(remote.display_name) == 64
    assert remote.display_name.startswith("<b>x")


@pytest.mark.parametrize(
    "message",
    [b"", b"\r\n\r\n", b"\xff\xfe" * 500, b"INVITE\r\nFrom\r\n:\r\nFrom: <", b'a\r\nf: "\\\r\n'],
)
def test_unreadable_messages_are_anonymous(message: bytes) -> None:
    assert remote_party(Headers(message), trusted=True).withheld


def test_folded_and_compact_headers() -> None:
    headers = Headers(b"X\r\nf: Nurse\r\n  <sip:7@h>;tag=q\r\n\r\nFrom: <sip:8@h>")
    assert name_address(headers.first("From")).user == "7"
    assert name_address(headers.first("From")).tag == "q"


def test_addresses() -> None:
    assert host_port("pbx:5070") == ("pbx", 5070)
    assert host_port("[::1]:5070") == ("::1", 5070)
    assert host_port("pbx") == ("pbx", 0)
    assert host_of("[::1]:5060") == "::1"
    assert is_address("10.0.0.1")
    assert not is_address("pbx.example")


def offered(call_id: str) -> ev.CallOffered:
    return ev.CallOffered(
        call_id=call_id, t_mono=1.0, t_wall=2.0, account_id="a", remote=RemoteParty("1")
    )


def test_journal_refuses_impossible_events_and_numbers_the_rest() -> None:
    sent: list[tuple[str, int]] = []
    journal = Journal(lambda event, seq: sent.append((type(event).__name__, seq)))
    assert journal.record(offered("a"))
    assert not journal.record(ev.CallHeld(call_id="a", t_mono=1.0, t_wall=2.0))
    assert journal.record(ev.RecordingGrew(call_id="a", t_mono=1.0, t_wall=2.0, recorded_bytes=9))
    ended = ev.CallEnded(call_id="a", t_mono=1.0, t_wall=2.0, code=200, reason="", by="remote")
    assert journal.record(ended)
    assert sent == [("CallOffered", 1), ("RecordingGrew", 0), ("CallEnded", 2)]
    assert [call.recorded_bytes for call in journal.snapshot("e").calls] == [9]
    journal.acknowledge(1)
    assert [event.seq for event in journal.snapshot("e").unacknowledged] == [2]
    assert len(journal.snapshot("e").calls) == 1
    journal.acknowledge(99)
    assert journal.snapshot("e").calls == ()
    journal.record(offered("b"))
    assert [event.seq for event in journal.snapshot("e").unacknowledged] == [3]


def test_late_seal_of_a_forgotten_call_is_told_and_not_remembered() -> None:
    sent: list[str] = []
    journal = Journal(lambda event, seq: sent.append(type(event).__name__))
    at = {"call_id": "a", "t_mono": 1.0, "t_wall": 2.0}
    journal.record(offered("a"))
    journal.record(ev.RecordingFailed(**at, problem="disk_full"))
    journal.record(ev.CallEnded(**at, code=200, reason="", by="remote"))
    journal.acknowledge(3)
    assert journal.record(ev.RecordingStopped(**at, manifest="m", recorded_bytes=9, duration_s=1.0))
    assert sent[-1] == "RecordingStopped"
    journal.acknowledge(4)
    assert journal.snapshot("e").unacknowledged == ()
    assert not journal._last_of_call


def test_journal_is_bounded_without_a_desk() -> None:
    journal = Journal(lambda event, seq: None)
    journal.record(offered("a"))
    for digit in range(MAX_UNACKNOWLEDGED + 10):
        journal.record(ev.DtmfReceived(call_id="a", t_mono=1.0, t_wall=2.0, digit=str(digit % 10)))
    assert len(journal.snapshot("e").unacknowledged) == MAX_UNACKNOWLEDGED


@pytest.mark.parametrize(
    ("seen", "lamp"),
    [
        (PresenceSeen(open=None, note="Ringing"), LampState.UNKNOWN),
        (PresenceSeen(open=True), LampState.IDLE),
        (PresenceSeen(open=True, note="Ready Online"), LampState.IDLE),
        (PresenceSeen(open=True, busy=True, note="Ringing"), LampState.RINGING),
        (PresenceSeen(open=False, busy=True, note="ringing"), LampState.RINGING),
        (PresenceSeen(open=True, busy=True, note="On the phone"), LampState.BUSY),
        (PresenceSeen(open=False, note="On the phone"), LampState.BUSY),
        (PresenceSeen(open=True, away=True), LampState.AWAY),
        (PresenceSeen(open=False, away=True, note="Unavailable"), LampState.AWAY),
        (PresenceSeen(open=False, note="\x00\u202e<script>"), LampState.AWAY),
    ],
)
def test_what_a_lamp_shows(seen: PresenceSeen, lamp: LampState) -> None:
    assert lamp_state(seen) is lamp
