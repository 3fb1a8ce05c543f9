"""A called party whose 200 cannot be confirmed: the call ends, and nothing else does."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import uuid
from collections.abc import Callable, Iterator

import pytest
from tests.support.sip_office import ACCOUNT, Office
from tests.support.sip_raw import SDP

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.sip.engine_choice import VARIABLE, wanted_folder

pytestmark = pytest.mark.skipif(
    wanted_folder() is None, reason=f"the development wheel aborts; own build: {VARIABLE}=own"
)
NewOffice = Callable[..., Office]
KEPT = ("Via:", "From:", "To:", "Call-ID:", "CSeq:")


class Callee:
    """Answers every INVITE with 200 and the given header lines, CANCEL and BYE with 200 as well."""

    def __init__(self, headers: str) -> None:
        self._headers = headers
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.uri = f"sip:callee@127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                raw, peer = self._socket.recvfrom(65536)
                if not raw:
                    return
                text = raw.decode("utf-8", "replace")
                if text.startswith(("INVITE", "BYE", "CANCEL")):
                    self._socket.sendto(self._answer(text).encode(), peer)

    def _answer(self, text: str) -> str:
        kept = "".join(
            re.sub(r"^(To: (?!.*tag=).*)$", r"\1;tag=callee", line) + "\r\n"
            for line in text.split("\r\n")
            if line.startswith(KEPT)
        )
        if not text.startswith("INVITE"):
            return f"SIP/2.0 200 OK\r\n{kept}Content-Length: 0\r\n\r\n"
        sdp = SDP.format(port=40_000)
        return (
            f"SIP/2.0 200 OK\r\n{kept}{self._headers.format(port=self.port)}"
            f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}"
        )

    def close(self) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join(20)
        self._socket.close()


@pytest.fixture
def callee() -> Iterator[Callable[[str], Callee]]:
    made: list[Callee] = []

    def make(headers: str) -> Callee:
        made.append(Callee(headers))
        return made[-1]

    yield make
    for each in made:
        each.close()


def dialled(office: Office, far: Callee) -> str:
    call_id = uuid.uuid4().hex
    office.desk.do(cmd.Dial(call_id=call_id, account_id=ACCOUNT, target=far.uri))
    return call_id


@pytest.mark.parametrize(
    "headers",
    [
        "Contact: <tel:+15551234>\r\n",
        "Contact: <sips:callee@127.0.0.1:{port}>\r\n",
        "Contact: <sip:callee@127.0.0.1:{port}>\r\nRecord-Route: <tel:+1555>\r\n",
    ],
    ids=["no address", "encrypted only", "no address on the way"],
)
def test_an_answer_from_nowhere_ends_the_call_and_nothing_else(
    new_office: NewOffice, callee: Callable[[str], Callee], headers: str
) -> None:
    office = new_office()
    talking, leg = office.incoming()
    call_id = dialled(office, callee(headers))
    assert office.desk.wait(ev.CallEnded, call_id).code == 502
    assert "CallAnswered" not in office.desk.story(call_id)
    assert not office.call(talking).ended
    office.phone("alice")("hangup", leg=leg)
    office.desk.wait(ev.CallEnded, talking)


@pytest.mark.parametrize(
    "headers",
    [
        "Contact: <sip:callee@no-such-host.invalid>\r\n",
        "Contact: <sip:callee@127.0.0.1:{port};transport=pigeon>\r\n",
        f"Contact: <sip:{'c' * 14_000}@127.0.0.1:{{port}}>\r\n",
        "Contact: <sip:callee@127.0.0.1:{port}>\r\n"
        + f"Record-Route: <sip:127.0.0.1:{{port}};lr;x={'y' * 500}>\r\n" * 26,
        "",
    ],
    ids=["unknown name", "unknown transport", "long contact", "long way", "no contact"],
)
def test_an_answer_from_a_strange_place_leaves_a_call_that_can_be_ended(
    new_office: NewOffice, callee: Callable[[str], Callee], headers: str
) -> None:
    office = new_office()
    call_id = dialled(office, callee(headers))
    office.desk.wait(ev.CallAnswered, call_id)
    office.desk.do(cmd.HangUp(call_id=call_id))
    office.desk.wait(ev.CallEnded, call_id, patience_s=60)
