"""The channel as the engine keeps it: one desk, nothing lost, nothing that a desk does hurts."""

from __future__ import annotations

import itertools
import json
import socket
import time
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client

import pytest
from tests.support.sip_desk import DeskProbe, until
from tests.support.sip_office import Office

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase
from ctidesk.calls.codec import to_plain
from ctidesk.sip.engine_choice import wanted_folder
from ctidesk.sip.protocol import (
    KEY_NAME,
    SOCKET_NAME,
    VERSION,
    Attach,
    Envelope,
    Kind,
    decode,
    encode,
)

NewOffice = Callable[..., Office]


def raw_line(office: Office) -> Client:
    key = (office.runtime / KEY_NAME).read_bytes()
    line = Client(str(office.runtime / SOCKET_NAME), family="AF_UNIX", authkey=key)
    assert decode(line.recv_bytes()).name == "Hello"
    return line


def test_hello_says_who_it_is(office: Office) -> None:
    hello = office.desk.hello
    assert hello.pid == office.engine.process.pid
    assert hello.build.startswith("pjproject ")
    assert ("development wheel" in hello.build) == (wanted_folder() is None)
    assert hello.max_calls == (4 if wanted_folder() is None else 16)
    assert "G722/16000/1" in hello.codecs
    assert office.desk.snapshot.engine_id == hello.engine_id


def test_wrong_version_is_refused_in_words(office: Office) -> None:
    line = raw_line(office)
    body = to_plain(Attach(version=VERSION + 1))
    line.send_bytes(encode(Envelope(kind=Kind.COMMAND, name="Attach", token="t", body=body)))
    reply = decode(line.recv_bytes())
    assert (reply.token, reply.body["code"]) == ("t", "version_mismatch")
    line.close()
    office.desk.do(cmd.AcknowledgeEvents(seq=0))  # the attached desk was not disturbed


def test_wrong_key_gets_nothing(office: Office) -> None:
    with pytest.raises(AuthenticationError):
        Client(str(office.runtime / SOCKET_NAME), family="AF_UNIX", authkey=b"x" * 32)
    office.desk.do(cmd.AcknowledgeEvents(seq=0))


def test_silent_strangers_do_not_keep_a_desk_out(new_office: NewOffice) -> None:
    office = new_office()
    strangers = [socket.socket(socket.AF_UNIX) for _ in range(6)]
    for stranger in strangers:
        stranger.connect(str(office.runtime / SOCKET_NAME))
    DeskProbe(office.runtime).close()
    for stranger in strangers:
        stranger.close()


def test_unattached_desk_commands_nothing(office: Office) -> None:
    call_id, _leg = office.offered()
    line = raw_line(office)
    order = Envelope(
        kind=Kind.COMMAND,
        name="Answer",
        token="a",
        body=to_plain(cmd.Answer(call_id=call_id)),
    )
    line.send_bytes(encode(order))
    assert decode(line.recv_bytes()).body["code"] == "not_attached"
    assert office.call(call_id).phase is Phase.OFFERED
    line.close()


def test_malformed_messages_are_ignored_and_counted(office: Office) -> None:
    call_id, _leg = office.incoming()
    for raw in (
        b"",
        b"{",
        b"[]",
        b"\xff" * 1000,
        b"null",
        b"[" * 100_000,
        json.dumps({"kind": "nonsense", "name": 3}).encode(),
        encode(Envelope(kind=Kind.EVENT, name="CallEnded")),
    ):
        office.desk.connection.send_bytes(raw)
    assert office.desk.ask("NoSuchCommand", {}).body["code"] == "malformed"
    assert office.desk.ask("Hold", {"call_id": 7}).body["code"] == "malformed"
    assert office.desk.ask("Hold", {}).body["code"] == "malformed"
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    assert "malformed" in office.engine.log.read_text()


def test_a_message_that_is_too_long_drops_only_its_desk(new_office: NewOffice) -> None:
    office = new_office()
    line = raw_line(office)
    with pytest.raises((OSError, EOFError)):
        line.send_bytes(b"x" * (5 * 1024 * 1024))
        line.recv_bytes()
    line.close()
    office.desk.do(cmd.AcknowledgeEvents(seq=0))


def test_newer_desk_replaces_the_older(new_office: NewOffice) -> None:
    office = new_office()
    call_id, _leg = office.incoming()
    newer = DeskProbe(office.runtime)
    assert office.desk.lost.wait(20)
    newer.do(cmd.Hold(call_id=call_id))
    newer.wait(ev.CallHeld, call_id)
    office.desk.close()
    office.desk = newer


def test_events_without_a_desk_are_kept_until_acknowledged(new_office: NewOffice) -> None:
    office = new_office()
    call_id, leg = office.incoming()
    last = office.desk.events[-1][0]
    office.desk.do(cmd.AcknowledgeEvents(seq=last))
    office.desk.close()
    alice = office.phone("alice")
    alice("hold", leg=leg)
    alice.wait("media", leg=leg, status="local_hold")
    alice("hangup", leg=leg)
    alice.wait("state", leg=leg, state="disconnected")
    desk = office.desk = DeskProbe(office.runtime)
    missed = desk.snapshot.unacknowledged
    assert [event.seq for event in missed] == list(range(last + 1, desk.snapshot.seq + 1))
    assert [event.name for event in missed] == ["MediaChanged", "CallEnded"]
    assert [call.call_id for call in desk.snapshot.calls] == [call_id]
    desk.do(cmd.AcknowledgeEvents(seq=desk.snapshot.seq))
    desk.close()
    desk = office.desk = DeskProbe(office.runtime)
    assert desk.snapshot.unacknowledged == ()
    assert desk.snapshot.calls == ()


def test_numbers_of_events_have_no_gap(office: Office) -> None:
    call_id, leg = office.incoming()
    office.phone("alice")("hangup", leg=leg)
    office.desk.wait(ev.CallEnded, call_id)
    numbers = [seq for seq, _event in office.desk.events]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_desk_that_does_not_read_is_dropped_and_may_come_back(new_office: NewOffice) -> None:
    office = new_office()
    call_id, _leg = office.incoming()
    office.desk.close()
    deaf = raw_line(office)
    body = to_plain(Attach())
    deaf.send_bytes(encode(Envelope(kind=Kind.COMMAND, name="Attach", token="t", body=body)))
    order = Envelope(
        kind=Kind.COMMAND, name="Hold", token="h" * 200, body=to_plain(cmd.Hold(call_id="no"))
    )
    raw = encode(order)
    deadline = time.monotonic() + 30
    with pytest.raises(OSError):
        while time.monotonic() < deadline:
            deaf.send_bytes(raw)
    deaf.close()
    desk = office.desk = DeskProbe(office.runtime)
    until(lambda: len(desk.heartbeats) >= 2, "a heartbeat")
    assert desk.snapshot.calls[0].call_id == call_id
    assert desk.snapshot.calls[0].phase is Phase.TALKING


def test_telemetry_is_at_most_five_a_second_and_heartbeats_come_each_second(
    office: Office,
) -> None:
    desk = office.desk
    office.incoming()
    before = len(desk.heartbeats)
    until(lambda: len(desk.heartbeats) >= before + 3, "three heartbeats")
    times = [beat.t_mono for beat in desk.heartbeats[before:]]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(gap > 0.9 for gap in gaps)


def test_nothing_personal_in_the_log(new_office: NewOffice) -> None:
    office = new_office()
    call_id, _leg = office.incoming("alice")
    office.desk.do(cmd.SendDtmf(call_id=call_id, digits="4711"))
    office.desk.send(cmd.TransferBlind(call_id=call_id, target="0049 30 1234567x"))
    office.desk.do(cmd.HangUp(call_id=call_id))
    office.desk.wait(ev.CallEnded, call_id)
    log = office.engine.log.read_text()
    for word in ("alice", "sip:", "4711", "1234567", "127.0.0.1"):
        assert word not in log
