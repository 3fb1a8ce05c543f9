"""Hostile SIP: what is malformed is refused or ignored, the engine stays the same process."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.sip_desk import until
from tests.support.sip_office import Office
from tests.support.sip_raw import SDP, RawCaller

from ctidesk.calls import commands as cmd, events as ev

TORTURE = os.environ.get("CTIDESK_SIP_TORTURE", "")


@pytest.fixture
def caller(office: Office) -> Iterator[RawCaller]:
    caller = RawCaller(office.port)
    yield caller
    caller.close()


def still_there(office: Office, caller: RawCaller) -> None:
    # a burst may have filled the engine's socket, so ask again as every SIP client does
    assert any(caller.is_answered() for _ in range(20))
    assert office.engine.process.poll() is None


@pytest.mark.parametrize(
    "sdp",
    [
        "v=0\r\nm=audio nonsense\r\n",
        "\x00\x01\x02",
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
        SDP.replace("8 PCMA/8000", "97 nothing/8000").replace("AVP 8", "AVP 97"),
    ],
    ids=["broken", "binary", "no-media", "unknown-codec"],
)
def test_unusable_sdp_is_refused(office: Office, caller: RawCaller, sdp: str) -> None:
    call_id = caller.invite(sdp=sdp)
    assert 400 <= caller.status(call_id, above=199) < 700
    still_there(office, caller)


def test_unknown_codec_does_not_ring_but_a_good_call_does(
    office: Office, caller: RawCaller
) -> None:
    before = len(office.desk.events)
    sdp = SDP.replace("8 PCMA/8000", "97 nothing/8000").replace("AVP 8", "AVP 97")
    assert caller.status(caller.invite(sdp=sdp), above=199) in (415, 488)
    office.offered()
    names = [type(event).__name__ for _seq, event in office.desk.events[before:]]
    assert names.count("CallOffered") == 1


def test_garbage_does_not_disturb_a_call(office: Office, caller: RawCaller) -> None:
    call_id, _leg = office.incoming()
    rng = random.Random(7)
    for _ in range(300):
        caller.send(rng.randbytes(rng.randint(1, 1200)))
    good = b"INVITE sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n"
    for cut in range(1, len(good)):
        caller.send(good[:cut])
    still_there(office, caller)
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)


def test_huge_header_is_survived(office: Office, caller: RawCaller) -> None:
    caller.invite(headers=f"X-Long: {'x' * 50_000}\r\n")
    still_there(office, caller)


def test_storm_of_re_invites_of_the_peer(office: Office) -> None:
    call_id, leg = office.incoming()
    alice = office.phone("alice")
    for _ in range(30):
        alice("hold", leg=leg)
        alice("unhold", leg=leg)
    office.desk.do(cmd.Hold(call_id=call_id))
    held = {"CallHeld", "HoldFailed"}
    office.desk.wait(ev.HoldRequested, call_id)
    until(lambda: held & set(office.desk.story(call_id)), "an end of the hold")
    assert not office.call(call_id).ended


@pytest.mark.skipif(not TORTURE, reason="CTIDESK_SIP_TORTURE names no folder with rfc4475/")
def test_rfc_4475_torture_messages(office: Office, caller: RawCaller) -> None:
    messages = sorted(Path(TORTURE).glob("**/*.dat"))
    assert len(messages) >= 40
    for message in messages:
        caller.send(message.read_bytes())
        still_there(office, caller)
        for call in office.live():
            office.desk.send(cmd.HangUp(call_id=call.call_id))
    log = office.engine.log.read_text()
    assert "sip:" not in log
    assert "Traceback" not in log
