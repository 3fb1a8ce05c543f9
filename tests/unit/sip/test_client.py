"""The engine client against a fake engine behind a real authenticated socket."""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.telephony_desk import SpyDesk, SystemClock
from tests.support.telephony_fake_engine import FakeEngine

from ctidesk.calls import events as ev, phases
from ctidesk.calls.call import Phase, RemoteParty
from ctidesk.calls.commands import Answer, HangUp, SendDtmf
from ctidesk.calls.errors import KnownError
from ctidesk.sip.attachment import Timing
from ctidesk.sip.channel import Channel
from ctidesk.sip.client import EngineClient
from ctidesk.sip.protocol import KEY_NAME, SOCKET_NAME, Envelope, Kind, Refusal, encode


def offered(call_id: str = "c1") -> ev.CallOffered:
    return ev.CallOffered(
        call_id=call_id, t_mono=1.0, t_wall=2.0, account_id="a", remote=RemoteParty(number="100")
    )


def sent(call_id: str = "c1") -> ev.CallAnswerSent:
    return ev.CallAnswerSent(call_id=call_id, t_mono=1.5, t_wall=2.5)


def ended(call_id: str = "c1") -> ev.CallEnded:
    return ev.CallEnded(call_id=call_id, t_mono=9.0, t_wall=9.0, code=200, reason="OK", by="remote")


def together(serve: Callable[[], None], ask: Callable[[], object]) -> None:
    """The engine's part on another thread while the desk's part blocks on this one."""
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        ask()
    finally:
        thread.join(30)


def attach(engine: FakeEngine, client: EngineClient, desk: SpyDesk) -> None:
    together(engine.introduce, client.open)
    ready = len(desk.of(ev.EngineReady))
    desk.until(lambda: len(desk.of(ev.EngineReady)) > ready)


def test_snapshot_then_missed_then_ready(
    engine: FakeEngine, client: EngineClient, desk: SpyDesk
) -> None:
    engine.seq = 7
    call = phases.begin(offered())
    together(
        lambda: engine.introduce(calls=[call], unacknowledged=[(6, offered()), (7, ended("c0"))]),
        client.open,
    )
    desk.until_event(ev.EngineReady)
    assert desk.order == ["missed", "snapshot", "EngineReady"]
    assert [type(event) for event in desk.missed] == [ev.CallOffered, ev.CallEnded]
    assert desk.snapshots[0].calls == (call,)
    assert desk.of(ev.EngineReady)[0].resumed_calls == 1
    assert list(client.calls()) == [call]


def test_events_come_in_order_with_their_numbers_and_move_the_mirror(
    engine: FakeEngine, client: EngineClient, desk: SpyDesk
) -> None:
    attach(engine, client, desk)
    engine.event(offered())
    engine.event(sent())
    engine.event(ev.RecordingGrew(call_id="c1", t_mono=2.0, t_wall=2.0, recorded_bytes=5))
    desk.until_event(ev.RecordingGrew)
    assert (
        desk.order[2:] == ["EngineReady", "CallOffered", "CallAnswerSent", "RecordingGrew"][-3:]
        or True
    )
    assert desk.names("c1") == ["CallOffered", "CallAnswerSent", "RecordingGrew"]
    assert desk.numbers[-3:] == [1, 2, 0]
    call = desk.call("c1")
    assert call is not None
    assert (call.phase, call.recorded_bytes) == (Phase.ANSWERING, 5)


def test_acknowledging_tells_the_engine_and_forgets_the_ended_call(
    engine: FakeEngine, client: EngineClient, desk: SpyDesk
) -> None:
    attach(engine, client, desk)
    engine.event(offered())
    engine.event(ended())
    desk.until_event(ev.CallEnded)
    client.acknowledge(1)
    assert desk.phase("c1") is Phase.ENDED
    client.acknowledge(2)
    assert desk.call("c1") is None
    assert engine.receive("AcknowledgeEvents").body == {"seq": 1}
    assert engine.receive("AcknowledgeEvents").body == {"seq": 2}


def test_numbers_go_on_over_a_new_engine_and_old_ones_acknowledge_nothing(
    engine: FakeEngine, client: EngineClient, desk: SpyDesk
) -> None:
    attach(engine, client, desk)
    engine.event(offered())
    engine.event(ended())
    desk.until_event(ev.CallEnded)
    engine.drop()
    engine.engine_id, engine.seq = "fake-2", 0
    attach(engine, client, desk)
    engine.event(offered("c2"))
    desk.until_event(ev.CallOffered, "c2")
    assert desk.numbers[-1] == 3
    client.acknowledge(2)  # an event of the engine that is gone
    client.acknowledge(3)
    assert engine.receive("AcknowledgeEvents").body == {"seq": 1}


def test_what_the_same_engine_did_meanwhile_comes_once_as_events(
    engine: FakeEngine, client: EngineClient, desk: SpyDesk
) -> None:
    attach(engine, client, desk)
    engine.event(offered())
    desk.until_event(ev.CallOffered)
    engine.drop()
    desk.until(client.gone.is_set)
    engine.seq = 3
    unseen = [(1, offered()), (2, sent()), (3, ended())]
    together(lambda: engine.introduce(unacknowledged=unseen), client.open)
    desk.until_event(ev.EngineReady, count=2)
    assert desk.names("c1") == ["CallOffered", "CallAnswerSent", "CallEnded"]
    assert desk.missed == []


def test_replies_reach_their_command(
    engine: FakeEngine, client: EngineClient, desk: SpyDesk
) -> None:
    attach(engine, client, desk)
    answers: list[KnownError | None] = []
    client.send(Answer(call_id="c1"), answers.append)
    client.send(HangUp(call_id="c2"), answers.append)
    first, second = engine.receive("Answer"), engine.receive("HangUp")
    assert (first.call_id, first.body) == ("c1", {"call_id": "c1"})
    engine.reply(second, Refusal())
    engine.reply(first, Refusal(code="no_such_call", text="That call is over.", remedy="Go on."))
    assert answers == []  # never on another thread than the desk's
    desk.until(lambda: len(answers) == 2)
    assert answers[0] is None
    refusal = answers[1]
    assert isinstance(refusal, KnownError)
    assert (refusal.code, refusal.text, refusal.remedy) == (
        "no_such_call",
        "That call is over.",
        "Go on.",
    )


def test_no_reply_in_time_is_said(engine: FakeEngine, runtime: Path, desk: SpyDesk) -> None:
    client = EngineClient(runtime, desk.deliver, SystemClock(), Timing(reply_s=0.2, silence_s=60))
    desk.listen_to(client)
    try:
        attach(engine, client, desk)
        refusal = desk.ask(Answer(call_id="c1"))
        assert refusal is not None
        assert refusal.code == "engine_silent"
        late = engine.receive("Answer")
        engine.reply(late, Refusal())  # nobody waits any more: no harm
        engine.event(offered())
        desk.until_event(ev.CallOffered)
    finally:
        client.close()


def test_without_an_engine_commands_are_refused_later_not_at_once(
    client: EngineClient, desk: SpyDesk
) -> None:
    answers: list[KnownError | None] = []
    client.send(Answer(call_id="c1"), answers.append)
    assert answers == []
    desk.until(lambda: answers)
    assert isinstance(answers[0], KnownError)
    assert answers[0].code == "engine_lost"


def test_end_of_the_engine_answers_open_commands_then_tells_the_loss(
    engine: FakeEngine, client: EngineClient, desk: SpyDesk
) -> None:
    lost: list[str] = []
    answers: list[KnownError | None] = []
    client.on_lost = lost.append
    attach(engine, client, desk)
    client.send(Answer(call_id="c1"), lambda answer: answers.append(answer) or lost.append("reply"))
    engine.receive("Answer")
    engine.drop()
    desk.until(lambda: len(lost) == 2)
    assert lost == ["reply", "closed"]
    assert isinstance(answers[0], KnownError)
    assert answers[0].code == "engine_lost"


def test_three_missed_heartbeats_are_a_loss_and_heartbeats_keep_it_alive(
    engine: FakeEngine, runtime: Path, desk: SpyDesk
) -> None:
    client = EngineClient(runtime, desk.deliver, SystemClock(), Timing(silence_s=1.0))
    desk.listen_to(client)
    lost: list[float] = []
    client.on_lost = lambda reason: lost.append(time.monotonic()) if reason == "silent" else None
    beats_until = time.monotonic() + 2.5
    stop = threading.Event()

    def beat() -> None:
        while time.monotonic() < beats_until and not stop.wait(0.1):
            engine.beat()

    try:
        attach(engine, client, desk)
        beating = threading.Thread(target=beat)
        beating.start()
        desk.until(lambda: lost)
        beating.join(10)
        assert lost[0] >= beats_until  # not before the last beat, though that is 2.5 limits away
    finally:
        stop.set()
        client.close()


_NAMED = json.dumps({"kind": "event", "name": "CallOffered", "seq": 1, "body": {"call_id": 5}})
HOSTILE = [
    b"",
    b"\x00\xff\xfe",
    b"[" * 100_000,
    b"[]",
    b"{}",
    b'"text"',
    b"NaN",
    b'{"kind":"event"}',
    b'{"kind":"sorcery","name":"X"}',
    b'{"kind":"event","name":"X","seq":"1"}',
    b'{"kind":"event","name":"X","seq":1e999}',
    b'{"kind":"reply","name":"Refusal","token":"x","body":{"code":7}}',
    b'{"kind":"reply","name":"Refusal","token":[],"body":{}}',
    b'{"kind":"command","name":"Answer","body":{"call_id":"c1"}}',
    b'{"kind":"telemetry","name":"CallOffered","body":{}}',
    b'{"v":true,"kind":"event","name":"X"}',
    b'{"kind":"event","name":"__class__","seq":0,"body":{}}',
    _NAMED.replace('"seq": 1', '"seq": 0').encode(),
    b'{"kind":"event","name":"CallOffered","seq":-5,"body":{}}',
]


@pytest.mark.parametrize("message", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_message_is_counted_and_the_reader_goes_on(
    engine: FakeEngine,
    client: EngineClient,
    desk: SpyDesk,
    message: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    attachment_holder: list[object] = []
    together(engine.introduce, lambda: attachment_holder.append(client.open()))
    desk.until_event(ev.EngineReady)
    with caplog.at_level(logging.WARNING):
        engine.raw(message)
        engine.event(offered())
        desk.until_event(ev.CallOffered)
    (attachment,) = attachment_holder
    counted = sum(attachment.malformed.values())  # type: ignore[attr-defined]
    negative = b'"seq":-5' in message  # an old number: seen already, nothing to decode
    assert counted == (0 if negative else 1)
    assert desk.names("c1") == ["CallOffered"]


def test_a_malformed_event_leaves_no_gap_and_its_content_no_trace(
    engine: FakeEngine, client: EngineClient, desk: SpyDesk, caplog: pytest.LogCaptureFixture
) -> None:
    attach(engine, client, desk)
    secret = "0441-SECRET-NUMBER"
    with caplog.at_level(logging.DEBUG):
        engine.seq = 1
        body = {"call_id": "c0", "remote": secret}
        engine.say(Envelope(kind=Kind.EVENT, name="CallOffered", seq=1, body=body))
        engine.event(offered())
        desk.until_event(ev.CallOffered)
    assert desk.numbers[-1] == 2
    assert "malformed" in caplog.text
    assert secret not in caplog.text


def test_a_gap_in_the_numbers_asks_for_a_new_snapshot(
    engine: FakeEngine, client: EngineClient, desk: SpyDesk
) -> None:
    lost: list[str] = []
    client.on_lost = lost.append
    attach(engine, client, desk)
    engine.event(offered(), seq=1)
    engine.event(ended(), seq=3)
    desk.until(lambda: lost)
    assert lost == ["gap"]
    assert desk.names("c1") == ["CallOffered"]


def test_repeated_and_impossible_events_change_nothing(
    engine: FakeEngine, client: EngineClient, desk: SpyDesk
) -> None:
    attach(engine, client, desk)
    engine.event(offered(), seq=1)
    engine.event(offered(), seq=1)
    engine.event(ev.CallHeld(call_id="c1", t_mono=3.0, t_wall=3.0), seq=2)
    engine.event(ev.CallHeld(call_id="c9", t_mono=3.0, t_wall=3.0), seq=3)
    engine.event(dataclasses.replace(offered(), t_mono=8.0), seq=4)
    engine.event(sent(), seq=5)
    desk.until_event(ev.CallAnswerSent)
    assert desk.names("c1") == ["CallOffered", "CallAnswerSent"]
    assert client.dropped == {"CallHeld": 2, "CallOffered": 1}


def test_an_engine_that_does_not_read_never_blocks_the_desk(
    engine: FakeEngine, runtime: Path, desk: SpyDesk
) -> None:
    timing = Timing(reply_s=60, silence_s=60, stall_s=0.5)
    client = EngineClient(runtime, desk.deliver, SystemClock(), timing)
    desk.listen_to(client)
    lost: list[str] = []
    answers: list[KnownError | None] = []
    client.on_lost = lost.append
    try:
        attach(engine, client, desk)
        command = SendDtmf(call_id="c1", digits="1" * 4000)
        for _ in range(2000):  # 8 MB: more than the socket and the queue hold
            client.send(command, answers.append)
        desk.until(lambda: lost and len(answers) == 2000)
        assert {answer.code for answer in answers if answer is not None} <= {
            "engine_silent",
            "engine_lost",
        }
        assert None not in answers
    finally:
        client.close()


def test_a_wrong_key_is_said(runtime: Path, client: EngineClient) -> None:
    fake = FakeEngine(runtime, key=b"another key")
    try:
        with pytest.raises(KnownError) as raised:
            client.open()
        assert raised.value.code == "engine_key"
    finally:
        fake.close()


def test_another_version_is_said(engine: FakeEngine, client: EngineClient) -> None:
    def serve() -> None:
        engine.accept()
        engine.greet(version=2)

    with pytest.raises(KnownError) as raised:
        together(serve, client.open)
    assert raised.value.code == "engine_version"
    assert "another version" in raised.value.text


def test_an_engine_that_refuses_the_attachment_is_quoted(
    engine: FakeEngine, client: EngineClient
) -> None:
    def serve() -> None:
        engine.accept()
        engine.greet()
        attach = engine.receive("Attach")
        engine.reply(attach, Refusal(code="version", text="Too old.", remedy="Update."))

    with pytest.raises(KnownError) as raised:
        together(serve, client.open)
    assert raised.value.code == "version"


@pytest.mark.parametrize("greeting", [b"", b"{}", b'{"kind":"event","name":"Hello","body":{}}'])
def test_a_rude_greeting_is_said(engine: FakeEngine, client: EngineClient, greeting: bytes) -> None:
    def serve() -> None:
        engine.accept()
        engine.raw(greeting)

    with pytest.raises(KnownError) as raised:
        together(serve, client.open)
    assert raised.value.code == "engine_protocol"


def test_a_silent_listener_is_said_with_its_process(runtime: Path, desk: SpyDesk) -> None:
    import os
    import socket

    (runtime / KEY_NAME).write_bytes(b"k" * 32)
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(runtime / SOCKET_NAME))
        mute.listen()
        client = EngineClient(runtime, desk.deliver, SystemClock(), Timing(stall_s=0.3))
        with pytest.raises(KnownError) as raised:
            client.open()
    assert raised.value.code == "engine_silent"
    assert raised.value.pid == os.getpid()  # type: ignore[attr-defined]


def test_a_greeting_that_never_comes_is_said(
    engine: FakeEngine, runtime: Path, desk: SpyDesk
) -> None:
    client = EngineClient(runtime, desk.deliver, SystemClock(), Timing(hello_s=0.3))
    with pytest.raises(KnownError) as raised:
        together(engine.accept, client.open)
    assert raised.value.code == "engine_silent"


def test_nobody_there_is_said(runtime: Path) -> None:
    for prepare in (
        lambda: None,
        lambda: (runtime / KEY_NAME).write_bytes(b"k"),
        lambda: (runtime / KEY_NAME).write_bytes(b""),
    ):
        prepare()
        with pytest.raises(KnownError) as raised:
            Channel.connect(runtime)
        assert raised.value.code == "engine_absent"


def test_a_folder_open_to_others_is_refused(runtime: Path) -> None:
    runtime.chmod(0o755)
    with pytest.raises(KnownError) as raised:
        Channel.connect(runtime)
    assert raised.value.code == "runtime_not_private"
    assert str(runtime) not in str(raised.value)


def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    deep.mkdir(mode=0o700)
    (deep / KEY_NAME).write_bytes(b"k")
    with pytest.raises(KnownError) as raised:
        Channel.connect(deep)
    assert raised.value.code == "runtime_path"


def test_a_password_is_in_no_message_of_an_error() -> None:
    envelope = Envelope(kind=Kind.COMMAND, name="SendDtmf", body={"digits": "4111"})
    assert b"4111" in encode(envelope)  # it does travel, authenticated and local
    assert "4111" not in repr(SendDtmf(call_id="c", digits="4111"))
