"""Seeded mutations of messages: the engine stays the same process, a call beside them goes on, and
nothing of them comes into the log."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import sip_desk
from tests.support.sip_desk import until
from tests.support.sip_hostile import CANARY, METHODS, HandCall, Stranger, mutated, request
from tests.support.sip_live_call import LiveCall
from tests.support.sip_office import Office
from tests.support.sip_raw import SDP

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.text import MAX_CHARS
from ctidesk.sip.engine.guard import RequestGuard

TORTURE = os.environ.get("CTIDESK_SIP_TORTURE", "")
BATCH = 20
pytestmark = pytest.mark.timeout(150)

not_on_the_wheel = pytest.mark.skipif(
    not RequestGuard().native,
    reason="the development wheel aborts by an assertion when media and dialog do not match",
)

BAD_SDP = (
    "",
    "v=0\r\n",
    "\x00" * 500,
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio\r\n",
    SDP.replace("m=audio {port}", "m=audio 99999999999"),
    SDP.replace("m=audio {port}", "m=audio -1"),
    SDP.replace("m=audio {port}", "m=audio 0"),
    SDP.replace("RTP/AVP 8", "RTP/AVP " + " ".join(str(n % 128) for n in range(2000))),
    SDP.replace("IN IP4 127.0.0.1\r\nt", "IN IP4 999.999.999.999\r\nt"),
    SDP.replace("IN IP4 127.0.0.1\r\nt", "IN IP6 127.0.0.1\r\nt"),
    SDP.replace("c=IN IP4 127.0.0.1\r\n", ""),
    SDP.replace("a=rtpmap:8 PCMA/8000", "a=rtpmap:8 PCMA/0"),
    SDP.replace("a=rtpmap:8 PCMA/8000", "a=rtpmap:8 PCMA/99999999999999"),
    SDP.replace("a=rtpmap:8 PCMA/8000", "a=rtpmap:"),
    SDP.replace("a=rtpmap:8 PCMA/8000", "a=rtpmap:8 " + "P" * 5000 + "/8000"),
    SDP + "a=fmtp:8 " + ";".join(f"{CANARY}{n}=1" for n in range(300)) + "\r\n",
    SDP + "m=audio {port} RTP/AVP 8\r\n" * 40,
    SDP + "m=video {port} RTP/AVP 96\r\n" * 20,
    SDP + "a=sendrecv\r\n" * 400,
    SDP + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 3000 + "\r\n",
    SDP + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\r\na=crypto:-1\r\n",
    SDP + "a=candidate:1 1 UDP 99999999999 " + "9" * 300 + " 1 typ host\r\n",
    SDP + "a=ice-ufrag:" + "x" * 3000 + "\r\na=ice-pwd:\r\n",
    SDP + "a=rtcp:99999999 IN IP4 " + "1" * 500 + "\r\n",
    SDP + "a=rtcp-fb:* nack\r\n" * 200,
    SDP + "a=ptime:0\r\na=maxptime:-5\r\n",
    SDP + "b=AS:" + "9" * 100 + "\r\n",
)


@pytest.fixture
def target(
    new_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch, speech: Path
) -> Office:
    """An engine without limits, so that what is sent gets as deep as it can."""
    monkeypatch.setattr(sip_desk, "ENGINE_MODULE", "tests.support.sip_open_engine")
    return new_office("--mic-file", str(speech))


@pytest.fixture
def live(target: Office) -> Iterator[LiveCall]:
    call = LiveCall(target)
    yield call
    call.went_on()
    call.nothing_stays()
    call.call.close()


@pytest.fixture
def stranger(target: Office) -> Iterator[Stranger]:
    made = Stranger(target.port)
    yield made
    made.close()


def fire(live: LiveCall, stranger: Stranger, messages: Iterable[bytes]) -> None:
    """Send them; now and then the engine must answer, and what rings is declined."""
    for number, message in enumerate(messages):
        if len(message) < 65_000:
            stranger.send(message)
        if number % BATCH == BATCH - 1:
            assert stranger.is_answered_soon()
            live.decline_others()
    assert stranger.is_answered_soon()


def good(stranger: Stranger, method: str = "INVITE", body: str = "") -> bytes:
    via, port = stranger._via(), stranger.engine[1]
    sdp = body or (SDP.format(port=40_000) if method == "INVITE" else "")
    return request(method, via, port, body=sdp).encode()


@pytest.mark.skipif(not TORTURE, reason="CTIDESK_SIP_TORTURE names no folder with rfc4475/")
def test_mutations_of_the_torture_messages(live: LiveCall, stranger: Stranger) -> None:
    rng = random.Random(4475)
    messages = [path.read_bytes() for path in sorted(Path(TORTURE).glob("**/*.dat"))]
    assert len(messages) == 49
    fire(live, stranger, messages)
    fire(live, stranger, (mutated(each, rng) for each in messages for _ in range(6)))


@pytest.mark.parametrize("seed", [1, 2])
def test_mutations_of_good_requests(live: LiveCall, stranger: Stranger, seed: int) -> None:
    rng = random.Random(seed)
    methods = ("INVITE", *METHODS)
    fire(live, stranger, (mutated(good(stranger, rng.choice(methods)), rng) for _ in range(300)))


def test_bad_sdp_and_its_mutations(live: LiveCall, stranger: Stranger) -> None:
    rng = random.Random(4566)
    fire(live, stranger, (good(stranger, body=sdp.replace("{port}", "40000")) for sdp in BAD_SDP))
    offer = SDP.format(port=40_000).encode()

    def changed() -> bytes:
        body = mutated(offer, rng).decode("utf-8", "surrogateescape")
        return request("INVITE", stranger._via(), stranger.engine[1], body=body).encode(
            "utf-8", "surrogateescape"
        )

    fire(live, stranger, (changed() for _ in range(150)))


@not_on_the_wheel
def test_mutations_within_a_dialog(live: LiveCall, stranger: Stranger, target: Office) -> None:
    rng = random.Random(3261)
    victim: HandCall | None = None
    for number in range(240):
        if number % 40 == 0:
            if victim is not None:
                victim.close()
            victim = live.another()
        assert victim is not None
        method = rng.choice(("INVITE", "INVITE", "UPDATE", "BYE", "INFO", "NOTIFY", "ACK", "REFER"))
        body = victim.sdp if method in ("INVITE", "UPDATE", "ACK") else ""
        victim.send(mutated(victim.next(method, body).encode(), rng))
        if number % BATCH == 0:
            assert stranger.is_answered_soon()
    if victim is not None:
        victim.close()
    assert stranger.is_answered_soon()
    live.decline_others()


@not_on_the_wheel
def test_mutated_answers_to_our_own_call(stranger: Stranger, target: Office) -> None:
    rng = random.Random(200)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        for number in range(12):
            invite, peer, call_id = _dialled(target, far, number)
            for answer in _answers(invite, far.getsockname()[1]):
                for _ in range(5):
                    far.sendto(mutated(answer.encode(), rng), peer)
            assert stranger.is_answered_soon()
            target.desk.send(cmd.HangUp(call_id=call_id))
            _let_go(far, invite)
            target.desk.wait(ev.CallEnded, call_id)
    assert target.engine.process.poll() is None
    assert CANARY not in target.engine.log.read_text()


def _dialled(office: Office, far: socket.socket, number: int) -> tuple[str, Any, str]:
    """(the INVITE that reached us, where from, call_id). A far end that does not answer BYE keeps
    a line of the library for half a minute, so it may have to be tried again."""
    uri = f"sip:far@127.0.0.1:{far.getsockname()[1]}"
    tries = itertools.count()
    found: list[tuple[str, Any, str]] = []

    def reached() -> bool:
        call_id = f"dialled{number}-{next(tries)}"
        far.settimeout(1)
        if office.desk.send(cmd.Dial(call_id=call_id, account_id="line", target=uri)).code:
            return False
        with contextlib.suppress(TimeoutError):
            while not found:
                raw, peer = far.recvfrom(65536)
                if raw.startswith(b"INVITE"):
                    found.append((raw.decode(), peer, call_id))
        return bool(found)

    until(reached, "an INVITE of ours", patience_s=60)
    return found[0]


def _let_go(far: socket.socket, invite: str) -> None:
    """Answer CANCEL and BYE as they should be, so that no line is kept for half a minute."""
    far.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        while True:
            raw, peer = far.recvfrom(65536)
            if raw.startswith((b"CANCEL", b"BYE")):
                ok = f"SIP/2.0 200 OK\r\n{_kept(raw.decode())}Content-Length: 0\r\n\r\n"
                far.sendto(ok.encode(), peer)
            if raw.startswith(b"CANCEL"):
                gone = f"SIP/2.0 487 Gone\r\n{_kept(invite)}Content-Length: 0\r\n\r\n"
                far.sendto(gone.encode(), peer)


def _kept(request_text: str) -> str:
    return "".join(
        line + (f";tag={CANARY}" if line.startswith("To:") and "tag=" not in line else "") + "\r\n"
        for line in request_text.split("\r\n")
        if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))
    )


def _answers(invite: str, port: int) -> list[str]:
    kept = _kept(invite)
    sdp = SDP.format(port=40_000)
    typed = f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}"
    contact = f"Contact: <sip:{CANARY}@127.0.0.1:{port}>\r\n"
    challenge = f'WWW-Authenticate: Digest realm="{CANARY}", nonce="{CANARY}", algorithm=MD5\r\n'
    return [
        f"SIP/2.0 180 {CANARY}\r\n{kept}{contact}Content-Length: 0\r\n\r\n",
        f"SIP/2.0 183 {CANARY}\r\n{kept}{contact}{typed}",
        f"SIP/2.0 200 {CANARY}\r\n{kept}{contact}{typed}",
        f"SIP/2.0 302 {CANARY}\r\n{kept}{contact}Content-Length: 0\r\n\r\n",
        f"SIP/2.0 401 {CANARY}\r\n{kept}{challenge}Content-Length: 0\r\n\r\n",
        f"SIP/2.0 422 {CANARY}\r\n{kept}Min-SE: 99999999999\r\nContent-Length: 0\r\n\r\n",
        f"SIP/2.0 503 {CANARY}\r\n{kept}Retry-After: 99999999999\r\nContent-Length: 0\r\n\r\n",
    ]


def told_by_now(office: Office) -> None:
    """What the engine has offered so far has reached the desk: its reply comes after it."""
    office.desk.send(cmd.HangUp(call_id="nobody"))


@pytest.mark.parametrize(
    "headers",
    [
        f"X-Long: {'x' * 50_000}\r\n",
        f"X-{'n' * 5_000}: 1\r\n",
        "X-Many: 1\r\n" * 3_000,
        "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\n" * 500,
        "Route: <sip:127.0.0.1:9;lr>\r\n" * 300,
        "Record-Route: <sip:127.0.0.1:9;lr>\r\n" * 300,
        "Contact: " + ",".join(["<sip:a@127.0.0.1>"] * 500) + "\r\n",
        "Require: " + ",".join(f"x{n}" for n in range(2_000)) + "\r\n",
        "Allow: " + ",".join(f"M{n}" for n in range(2_000)) + "\r\n",
        "Authorization: Digest " + ",".join(f'p{n}="x"' for n in range(500)) + "\r\n",
        "P-Asserted-Identity: " + '"' * 3_000 + "\r\n",
        f'P-Asserted-Identity: "{CANARY}\u202e<b>\x00" <sip:{CANARY}@x>\r\n',
        "Session-Expires: 99999999999999999999\r\nMin-SE: -1\r\n",
        "Content-Length: 999999999\r\n",
        "Content-Length: -1\r\n",
    ],
    ids=lambda headers: headers[:12].strip(),
)
def test_huge_and_odd_headers(office: Office, headers: str) -> None:
    caller = Stranger(office.port)
    caller.ask("INVITE", headers=headers)
    assert caller.is_answered_soon()
    told_by_now(office)
    assert office.engine.process.poll() is None
    assert CANARY not in office.engine.log.read_text()
    caller.close()


@pytest.mark.skipif(not RequestGuard().native, reason="the wheel has no limit on headers")
def test_more_headers_than_anybody_needs_are_refused(office: Office) -> None:
    caller = Stranger(office.port)
    call_id = caller.ask("INVITE", headers="X: 1\r\n" * 200)
    assert caller.status(call_id) == 513
    caller.close()


def test_name_of_64_kb_over_udp_is_cut_or_refused(office: Office) -> None:
    caller = Stranger(office.port)
    sender = f'"{CANARY}{"n" * 64_000}" <sip:{CANARY}@127.0.0.1>'
    caller.invite(sender=sender)
    assert caller.is_answered_soon()
    long_name = f'"{CANARY}{"n" * 2_500}<b>\u202e" <sip:{CANARY}@127.0.0.1>'
    call_id = caller.invite(sender=long_name)
    assert caller.status(call_id) == 180
    offered = office.desk.wait(ev.CallOffered)
    assert len(offered.remote.display_name) <= MAX_CHARS
    assert "\u202e" not in offered.remote.display_name
    assert CANARY not in office.engine.log.read_text()
    caller.close()


@pytest.mark.parametrize("kilobytes", [10, 64, 1_000])
def test_endless_name_over_tcp_ends_its_connection_alone(
    new_office: Callable[..., Office], kilobytes: int
) -> None:
    office = new_office(transport="tcp")
    name = f'"{CANARY}{"n" * 1000 * kilobytes}"'
    with socket.create_connection(("127.0.0.1", office.port), timeout=10) as line:
        own = line.getsockname()
        via = f"SIP/2.0/TCP 127.0.0.1:{own[1]};rport;branch=z9hG4bKtcp"
        text = request("INVITE", via, office.port, body=SDP.format(port=40_000))
        text = text.replace(f'"{CANARY}"', name, 1)
        with contextlib.suppress(OSError):  # it has hung up on us, which is right
            line.sendall(text.encode())
    with socket.create_connection(("127.0.0.1", office.port), timeout=10) as line:
        via = f"SIP/2.0/TCP 127.0.0.1:{line.getsockname()[1]};rport;branch=z9hG4bKagain"
        line.sendall(request("OPTIONS", via, office.port).encode())
        assert line.recv(4096).startswith(b"SIP/2.0 200")
    assert office.engine.process.poll() is None
    assert CANARY not in office.engine.log.read_text()
    until(lambda: not office.live(), "no call of a sender who has gone", patience_s=40)
