"""A caller of bare UDP: sends an INVITE, sees the 180, hangs up, with the time of each datagram.

It is no SIP stack, so that nothing but the program under test takes time between the two stamps.
"""

from __future__ import annotations

import itertools
import socket
import time
import uuid
from dataclasses import dataclass

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 9 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)


@dataclass(frozen=True)
class Rung:
    """One INVITE and its 180: times in seconds of the monotonic clock."""

    number: str
    sent_mono: float
    rang_mono: float

    @property
    def rang_ms(self) -> float:
        return (self.rang_mono - self.sent_mono) * 1000


class Unanswered(Exception):
    """The program under test did not ring."""


class BareCaller:
    def __init__(self, target_port: int, user: str = "agent") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.connect(("127.0.0.1", target_port))
        self.port: int = self._socket.getsockname()[1]
        self._target = f"sip:{user}@127.0.0.1:{target_port}"
        self._numbers = itertools.count(1)
        self._dialog: dict[str, str] = {}

    def close(self) -> None:
        self._socket.close()

    def ring(self, number: str, timeout_s: float = 5.0) -> Rung:
        """Send an INVITE from `number` and wait for its 180."""
        self._dialog = {
            "call": uuid.uuid4().hex,
            "tag": uuid.uuid4().hex[:10],
            "branch": "z9hG4bK" + uuid.uuid4().hex,
            "number": number,
            "to": f"<{self._target}>",
        }
        body = SDP.format(port=self.port)
        message = self._request("INVITE", body)
        sent = time.monotonic()
        self._socket.send(message)
        deadline = sent + timeout_s
        while time.monotonic() < deadline:
            status, at = self._receive(deadline)
            if status >= 180:
                if status != 180:
                    raise Unanswered(f"answered {status} instead of 180")
                return Rung(number, sent, at)
        raise Unanswered("no 180")

    def cancel(self, timeout_s: float = 5.0) -> None:
        """End the ringing call: CANCEL, 200, 487, ACK."""
        self._socket.send(self._request("CANCEL"))
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            status, _ = self._receive(deadline)
            if status >= 300:
                self._socket.send(self._request("ACK"))
                return
        raise Unanswered("CANCEL was not answered")

    def _receive(self, deadline: float) -> tuple[int, float]:
        self._socket.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            raw = self._socket.recv(65536)
        except TimeoutError:
            raise Unanswered("no answer") from None
        at = time.monotonic()
        if not raw.startswith(b"SIP/2.0 "):
            return 0, at
        if self._dialog["call"].encode() not in raw:
            return 0, at  # a late retransmission of an earlier call
        for line in raw.decode("utf-8", "replace").split("\r\n"):
            if line.lower().startswith("to:"):
                self._dialog["to"] = line[3:].strip()
        status = int(raw[8:11])
        return (status if b" INVITE\r\n" in raw else 0), at

    def _request(self, method: str, body: str = "") -> bytes:
        d = self._dialog
        to = f"<{self._target}>" if method in ("INVITE", "CANCEL") else d["to"]
        return (
            f"{method} {self._target} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={d['branch']};rport\r\n"
            "Max-Forwards: 70\r\n"
            f"From: <sip:{d['number']}@127.0.0.1:{self.port}>;tag={d['tag']}\r\n"
            f"To: {to}\r\n"
            f"Call-ID: {d['call']}\r\n"
            f"CSeq: 1 {method}\r\n"
            f"Contact: <sip:{d['number']}@127.0.0.1:{self.port}>\r\n"
            + ("Content-Type: application/sdp\r\n" if body else "")
            + f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
