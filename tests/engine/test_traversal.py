"""Ways through address translation: off by default, and then nobody is asked anything."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest
from tests.support.network_space import DESK, EXCHANGE, Cable, inside
from tests.support.sip_desk import until
from tests.support.sip_office import ACCOUNT, Office

from ctidesk.calls import commands as cmd, events as ev

NewOffice = Callable[..., Office]
OUTER = "198.51.100.7"
_COOKIE = 0x2112A442


class StunServer:
    """Answers Binding requests (RFC 8489) as if everybody came from `OUTER`."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((EXCHANGE, 0))
        self.port = int(self.socket.getsockname()[1])
        self.address = f"{EXCHANGE}:{self.port}"
        self.kinds: list[int] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            raw, peer = self.socket.recvfrom(2048)
            if raw == b"stop":
                return
            kind, _length, cookie = struct.unpack("!HHI", raw[:8])
            self.kinds.append(kind)
            if kind != 0x0001:
                continue
            address = struct.unpack("!I", socket.inet_aton(OUTER))[0] ^ cookie
            mapped = struct.pack("!BBHI", 0, 1, peer[1] ^ (_COOKIE >> 16), address)
            attribute = struct.pack("!HH", 0x0020, len(mapped)) + mapped
            head = struct.pack("!HHI", 0x0101, len(attribute), cookie) + raw[8:20]
            self.socket.sendto(head + attribute, peer)

    def close(self) -> None:
        self.socket.sendto(b"stop", (EXCHANGE, self.port))
        self._thread.join(10)
        self.socket.close()


@pytest.fixture
def server(cable: Cable) -> Iterator[StunServer]:
    with inside(cable.exchange):
        server = StunServer()
    yield server
    server.close()


@pytest.fixture
def office_of(cable: Cable, new_office: NewOffice) -> NewOffice:
    """Makes offices in the desk's network; ICE leaves loopback addresses out."""

    def make(**account: object) -> Office:
        with inside(cable.desk):
            office = new_office(bind_address=DESK, **account)
        office.agent = f"sip:agent@{DESK}:{office.port}"
        return office

    return make


def offer_of(office: Office, cable: Cable) -> str:
    """The SDP of an INVITE that the engine sends."""
    with inside(cable.exchange):
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with peer:
        peer.bind((EXCHANGE, 0))
        peer.settimeout(20)
        target = f"sip:peer@{EXCHANGE}:{peer.getsockname()[1]}"
        office.desk.do(cmd.Dial(call_id="nat", account_id=ACCOUNT, target=target))
        while True:
            text = peer.recv(65536).decode()
            if text.startswith("INVITE"):
                break
    office.desk.do(cmd.HangUp(call_id="nat"))
    office.desk.wait(ev.CallEnded, "nat")
    return text.partition("\r\n\r\n")[2]


def candidates(sdp: str) -> set[tuple[str, str]]:
    """(kind, address) of each ICE candidate (RFC 8839)."""
    return {
        (kind, address)
        for address, kind in re.findall(r"a=candidate:\S+ \d+ \S+ \d+ (\S+) \d+ typ (\w+)", sdp)
    }


def test_by_default_no_candidate_and_no_question_to_anybody(
    office_of: NewOffice, cable: Cable, server: StunServer
) -> None:
    sdp = offer_of(office_of(), cable)
    assert candidates(sdp) == set()
    assert "ice-" not in sdp


def test_ice_offers_its_candidates(office_of: NewOffice, cable: Cable) -> None:
    sdp = offer_of(office_of(ice=True), cable)
    assert candidates(sdp) == {("host", DESK)}
    assert "a=ice-ufrag:" in sdp


def test_a_stun_server_tells_the_outer_address(
    office_of: NewOffice, cable: Cable, server: StunServer
) -> None:
    office = office_of(ice=True, stun=server.address)
    until(lambda: server.kinds, "a question to the server")
    assert candidates(offer_of(office, cable)) == {("host", DESK), ("srflx", OUTER)}


def test_a_turn_server_is_asked_for_a_relay(
    office_of: NewOffice, cable: Cable, server: StunServer
) -> None:
    office = office_of(ice=True, turn_server=server.address, turn_user="u", turn_password="p")
    order = cmd.Dial(call_id="t", account_id=ACCOUNT, target=f"sip:peer@{EXCHANGE}:9")
    office.desk.do(order)
    # RFC 8656 7: Allocate
    until(lambda: 0x0003 in server.kinds, "a request for an allocation")
    office.desk.send(cmd.HangUp(call_id="t"))


def test_an_ice_call_is_held_and_resumed(office_of: NewOffice, cable: Cable) -> None:
    office = office_of(ice=True)
    with inside(cable.exchange):
        alice = office.phone("alice", address=EXCHANGE)
    call_id, leg = office.incoming("alice")
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    assert alice.wait("media", leg=leg)["status"] == "active"
