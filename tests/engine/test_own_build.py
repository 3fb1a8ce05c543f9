"""What our own build of the engine has and the development wheel lacks, each really used."""

from __future__ import annotations

import base64
import contextlib
import json
import resource
import secrets
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.support.sip_certificates import Authority
from tests.support.sip_desk import python_environment, until
from tests.support.sip_hostile import request
from tests.support.sip_office import ACCOUNT, Office
from tests.support.sip_raw import RawCaller, StreamRegistrar

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.commands import Srtp
from ctidesk.calls.events import Registration
from ctidesk.diagnostics.checkup import engine_findings, fit
from ctidesk.sip.engine_choice import VARIABLE, wanted_folder

pytestmark = pytest.mark.skipif(
    wanted_folder() is None, reason=f"on the development wheel; own build: {VARIABLE}=own"
)
NewOffice = Callable[..., Office]
OPUS = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n"
)


def answer_of(office: Office, caller: RawCaller, sdp: str) -> str:
    """The 200 that an offer with `sdp` gets once the agent answers."""
    caller.invite(sdp=sdp)
    offered = office.desk.wait(ev.CallOffered)
    office.desk.do(cmd.Answer(call_id=offered.call_id))
    text = ""
    while not text.startswith("SIP/2.0 200"):
        text = caller.socket.recv(65536).decode("utf-8", "replace")
        assert not text.startswith(("SIP/2.0 4", "SIP/2.0 5", "SIP/2.0 6")), text[:40]
    return text


def test_a_call_offers_sound_and_nothing_else(office: Office) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as callee:
        callee.bind(("127.0.0.1", 0))
        callee.settimeout(20)
        target = f"sip:callee@127.0.0.1:{callee.getsockname()[1]}"
        office.desk.do(cmd.Dial(call_id="sound-only", account_id=ACCOUNT, target=target))
        offer = callee.recv(65536).decode()
        office.desk.do(cmd.HangUp(call_id="sound-only"))
    assert [line.split()[0] for line in offer.splitlines() if line[:2] == "m="] == ["m=audio"]


def test_it_lacks_nothing_that_work_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ctidesk.sip.engine.report"],
        env=python_environment(),
        capture_output=True,
        text=True,
        timeout=50,
    )
    findings = engine_findings(json.loads(done.stdout.splitlines()[-1]))
    assert fit(findings), findings


def test_an_exchange_that_speaks_only_tls_1_3_is_reached(
    new_office: NewOffice, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    registrar = StreamRegistrar(authority.issue("server"), least=ssl.TLSVersion.TLSv1_3)
    office = new_office(
        registrar=f"127.0.0.1:{registrar.port}",
        password="secret",
        transport="tls",
        tls_ca_file=str(authority.ca),
    )
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert told.transport == "tls"
    registrar.close()


def test_a_caller_with_a_name_of_ten_kilobytes_gets_an_answer(office: Office) -> None:
    caller = RawCaller(office.port)
    call_id = caller.invite(sender=f'"{"A" * 10_000}" <sip:raw@127.0.0.1>')
    assert caller.status(call_id) == 180
    office.desk.wait(ev.CallOffered)
    caller.close()


def test_opus_is_spoken(new_office: NewOffice) -> None:
    # not the shared office: a caller that never answers our BYE keeps a slot for half a minute
    office = new_office()
    caller = RawCaller(office.port)
    answer = answer_of(office, caller, OPUS)
    assert "opus/48000/2" in answer
    caller.close()


def test_srtp_is_keyed_for_aes_gcm(new_office: NewOffice) -> None:
    office = new_office(srtp=Srtp.OPTIONAL)
    caller = RawCaller(office.port)
    key = base64.b64encode(secrets.token_bytes(44)).decode()
    offer = OPUS.replace("RTP/AVP", "RTP/SAVP")
    answer = answer_of(office, caller, f"{offer}a=crypto:1 AEAD_AES_256_GCM inline:{key}\r\n")
    assert "AEAD_AES_256_GCM inline:" in answer
    caller.close()


def test_sixteen_calls_ring_at_once_and_one_of_them_is_answered(new_office: NewOffice) -> None:
    office = new_office()
    callers = [RawCaller(office.port) for _ in range(16)]
    calls = [caller.invite() for caller in callers]
    for caller, call_id in zip(callers, calls, strict=True):
        assert caller.status(call_id) == 180
    until(lambda: len(office.live()) == 16, "sixteen offered calls")
    last = office.live()[-1].call_id
    office.desk.do(cmd.Answer(call_id=last))
    office.desk.wait(ev.CallAnswerSent, last)
    for caller in callers:
        caller.close()


@pytest.fixture
def few_handles() -> Iterator[None]:
    """What a process may open where nobody asked for more; this one may have what it wants."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4096:
        pytest.skip(f"at most {hard} open files here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def handles(office: Office) -> int:
    return len(list(Path(f"/proc/{office.engine.process.pid}/fd").iterdir()))


def has_open(office: Office, count: int) -> bool:
    return handles(office) >= count


def test_more_than_a_thousand_connections_do_not_keep_another_out(
    few_handles: None, new_office: NewOffice
) -> None:
    office = new_office(transport="tcp")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before = handles(office)
    with contextlib.ExitStack() as lines:
        for number in range(1, 1101):
            line = socket.create_connection(("127.0.0.1", office.port), timeout=20)
            lines.enter_context(line)
            if number % 4 == 0:  # as many as may wait to be accepted
                until(partial(has_open, office, before + number), "accepted connections")
        line.settimeout(20)
        via = f"SIP/2.0/TCP 127.0.0.1:{line.getsockname()[1]};rport;branch=z9hG4bKlast"
        line.sendall(request("OPTIONS", via, office.port).encode())
        assert line.recv(4096).startswith(b"SIP/2.0 200")
