"""What strangers send: requests of every kind by hand, a call by hand whose audio is watched, and
seeded mutations of messages.

Runs in: the test process; a `HandCall` reads on two threads of its own.
"""

from __future__ import annotations

import contextlib
import random
import re
import socket
import struct
import threading
import time
import uuid
from dataclasses import dataclass

from tests.support.sip_raw import SDP, RawCaller

CANARY = "Kanarienvogel"
"""Stands in every field of a hostile message, and must stand in no log."""
METHODS = ("INVITE", "OPTIONS", "SUBSCRIBE", "MESSAGE", "REFER", "NOTIFY")
_EXTRA = {
    "SUBSCRIBE": "Event: presence\r\nExpires: 60\r\n",
    "REFER": f"Refer-To: <sip:{CANARY}@127.0.0.1:9>\r\n",
    "NOTIFY": "Event: message-summary\r\nSubscription-State: active\r\n",
}


def request(
    method: str,
    via: str,
    port: int,
    *,
    call_id: str = "",
    cseq: int = 1,
    to_tag: str = "",
    from_tag: str = "",
    headers: str = "",
    body: str = "",
    user: str = CANARY,
) -> str:
    """A request with the canary in every field where a name or a number may stand."""
    call_id = call_id or f"{CANARY}{uuid.uuid4().hex}"
    tag = f";tag={to_tag}" if to_tag else ""
    host = via.split()[1].partition(";")[0]
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"{method} sip:{user}@127.0.0.1:{port} SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\n"
        f'From: "{CANARY}" <sip:{CANARY}@127.0.0.1>;tag={from_tag or uuid.uuid4().hex}\r\n'
        f"To: <sip:{CANARY}@127.0.0.1>{tag}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"
        f"Contact: <sip:{CANARY}@{host}>\r\nX-{CANARY}: {CANARY}\r\nSubject: {CANARY}\r\n"
        f"{headers}{_EXTRA.get(method, '')}{kind}"
        f"Content-Length: {len(body.encode('utf-8', 'surrogateescape'))}\r\n\r\n{body}"
    )


class Stranger(RawCaller):
    """A `RawCaller` that knows every method and hears nothing it does not ask for."""

    def ask(self, method: str, **fields: object) -> str:
        """Send a request outside of any dialog; returns its Call-ID."""
        call_id = f"{CANARY}{uuid.uuid4().hex}"
        body = str(fields.pop("body", SDP.format(port=40000) if method == "INVITE" else ""))
        message = request(
            method,
            self._via(),
            self.engine[1],
            call_id=call_id,
            body=body,
            **fields,  # type: ignore[arg-type]
        )
        self.send(message)
        return call_id

    def answers(self, seconds: float = 0.5) -> list[tuple[int, str]]:
        """Everything that arrives until nothing has come for `seconds`: (code, whole message)."""
        self.socket.settimeout(seconds)
        found = []
        with contextlib.suppress(TimeoutError):
            while True:
                text = self.socket.recv(65536).decode("utf-8", "replace")
                first = re.match(r"SIP/2\.0 (\d{3})", text)
                if first:
                    found.append((int(first.group(1)), text))
        self.socket.settimeout(10)
        return found

    def is_answered_soon(self) -> bool:
        """Whether OPTIONS gets its 200 within three seconds, asked again as every client does."""
        return any(self.is_answered() for _ in range(3))


@dataclass(slots=True)
class Heard:
    """Audio as the engine dated it: RTP sequence numbers and timestamps, never the clock here."""

    packets: int = 0
    largest_hole_ms: float = 0.0
    restarts: int = 0
    """How often the stream began anew: another SSRC."""


class HandCall:
    """A call to the engine made by hand, that acknowledges what must be and listens to the RTP.
    `echo`: what it hears it sends back."""

    def __init__(self, engine_port: int, echo: bool = False, user: str = CANARY) -> None:
        self._echo, self._user = echo, user
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind(("127.0.0.1", 0))
        self._port = self.sip.getsockname()[1]
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", 0))
        self.engine = ("127.0.0.1", engine_port)
        self.call_id, self.tag, self.to_tag = uuid.uuid4().hex, uuid.uuid4().hex, ""
        self.sdp = SDP.format(port=self.rtp.getsockname()[1])
        self.cseq = 1
        self.codes: list[tuple[int, int]] = []
        """(CSeq, status) of every final answer to an INVITE."""
        self.heard = Heard()
        self.ended = threading.Event()
        self.reinvites: list[int] = []
        """What the next re-INVITEs are answered with, in this order; then 488."""
        self.sdps: list[str] = []
        """Every SDP of the engine, offers and answers, in order."""
        self._last: tuple[int, int, int] | None = None
        self._closed = False
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._answer, self._listen)
        ]
        for thread in self._threads:
            thread.start()
        self.sip.sendto(self._own("INVITE", 1, self.sdp).encode(), self.engine)

    @property
    def via(self) -> str:
        return f"SIP/2.0/UDP 127.0.0.1:{self._port};rport;branch=z9hG4bK{uuid.uuid4().hex}"

    def _own(self, method: str, cseq: int, body: str = "") -> str:
        return request(
            method,
            self.via,
            self.engine[1],
            call_id=self.call_id,
            cseq=cseq,
            to_tag=self.to_tag,
            from_tag=self.tag,
            body=body,
            user=self._user,
        )

    def next(self, method: str, body: str = "") -> str:
        """The next request within the dialog, not sent."""
        self.cseq += 1
        return self._own(method, self.cseq, body)

    def send(self, message: str | bytes) -> None:
        raw = message if isinstance(message, bytes) else message.encode()
        self.sip.sendto(raw, self.engine)

    def _answer(self) -> None:
        while not self._closed:
            try:
                raw, peer = self.sip.recvfrom(65536)
            except OSError:
                return
            text = raw.decode("utf-8", "replace")
            if "\r\n\r\nv=0" in text:
                self.sdps.append(text.partition("\r\n\r\n")[2])
            first = re.match(r"SIP/2\.0 (\d{3})", text)
            cseq = re.search(r"^CSeq: (\d+) (\w+)", text, re.M | re.I)
            if first and cseq and cseq.group(2) == "INVITE" and int(first.group(1)) >= 200:
                self._acknowledge(text, int(cseq.group(1)), int(first.group(1)))
            elif not first and cseq and cseq.group(2) not in ("ACK", "CANCEL"):
                kept = [
                    line
                    for line in text.split("\r\n")
                    if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))
                ]
                code, body = 200, ""
                if cseq.group(2) == "INVITE":
                    # by itself, what we negotiated stays: our audio is being watched
                    code = self.reinvites.pop(0) if self.reinvites else 488
                    if code == 200:
                        body = self.sdp + "a=recvonly\r\n"
                        kept += [f"Contact: <sip:hand@127.0.0.1:{self._port}>"]
                        kept += ["Content-Type: application/sdp"]
                head = [f"SIP/2.0 {code} Said", *kept, f"Content-Length: {len(body)}", "", body]
                with contextlib.suppress(OSError):  # closed meanwhile
                    self.sip.sendto("\r\n".join(head).encode(), peer)
                if cseq.group(2) == "BYE":
                    self.ended.set()

    def _acknowledge(self, text: str, cseq: int, code: int) -> None:
        tag = re.search(r"^To:.*;tag=([^;\s>]+)", text, re.M | re.I)
        via = re.search(r"^Via: (.+?)\r$", text, re.M | re.I)
        if tag and not self.to_tag:
            self.to_tag = tag.group(1)
        ack = self._own("ACK", cseq)
        if code >= 300 and via:
            # RFC 3261 17.1.1.3: of a refusal it belongs to the transaction
            ack = ack.replace(ack.split("\r\n")[1], f"Via: {via.group(1)}", 1)
        self.codes.append((cseq, code))
        with contextlib.suppress(OSError):  # closed meanwhile
            self.sip.sendto(ack.encode(), self.engine)

    def _listen(self) -> None:
        heard = self.heard
        while not self._closed:
            try:
                raw, peer = self.rtp.recvfrom(65536)
                if self._echo and raw:
                    self.rtp.sendto(raw, peer)
            except OSError:
                return
            if len(raw) < 13:
                continue
            _flags, _type, seq, stamp, ssrc = struct.unpack("!BBHII", raw[:12])
            if self._last is not None:
                last_seq, last_stamp, last_ssrc = self._last
                steps = (seq - last_seq) & 0xFFFF
                if ssrc != last_ssrc:
                    heard.restarts += 1
                elif 0 < steps < 0x8000:
                    # 8 timestamps are a millisecond of PCMA; a packet holds 20 ms
                    hole = ((stamp - last_stamp) & 0xFFFFFFFF) / 8 - 20
                    lost = (steps - 1) * 20
                    heard.largest_hole_ms = max(heard.largest_hole_ms, hole, lost)
            self._last = (seq, stamp, ssrc)
            heard.packets += 1

    def close(self) -> None:
        if self.to_tag and not self.ended.is_set():
            self.send(self.next("BYE"))
        self._closed = True
        for each in (self.sip, self.rtp):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(10)


def paced(per_s: float, seconds: float) -> list[float]:
    """Moments (monotonic) to send at, so that a busy machine sends the same number in the end."""
    start = time.monotonic()
    return [start + n / per_s for n in range(round(per_s * seconds))]


def wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


_BOMBS = (
    b"\x00",
    b'"',
    b"\\",
    b"%",
    b"%00",
    b"<" * 200,
    b"(" * 200,
    b";" * 200,
    b"9" * 40,
    b"-1",
    b"4294967296",
    b"18446744073709551616",
    b"\r\n\t",
    b"\xff\xfe",
    b"[" * 50,
    b"%n%s",
    "\u202e".encode(),
)


def mutated(message: bytes, rng: random.Random) -> bytes:
    """One to three changes: flipped bits, cuts, doubled lines, huge numbers, open quotes."""
    for _ in range(rng.randint(1, 3)):
        message = rng.choice(_CHANGES)(message, rng) or b"x"
    return message


def _flip(message: bytes, rng: random.Random) -> bytes:
    raw = bytearray(message)
    for _ in range(rng.randint(1, 8)):
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(raw)


def _cut(message: bytes, rng: random.Random) -> bytes:
    return message[: rng.randrange(1, len(message) + 1)]


def _double(message: bytes, rng: random.Random) -> bytes:
    lines = message.split(b"\r\n")
    at = rng.randrange(len(lines))
    return b"\r\n".join(lines[:at] + [lines[at]] * rng.choice((2, 3, 40)) + lines[at + 1 :])


def _lose(message: bytes, rng: random.Random) -> bytes:
    lines = message.split(b"\r\n")
    del lines[rng.randrange(len(lines))]
    return b"\r\n".join(lines)


def _huge_number(message: bytes, rng: random.Random) -> bytes:
    places = list(re.finditer(rb"\d+", message))
    if not places:
        return message
    place = rng.choice(places)
    number = rng.choice((b"0", b"-1", b"65536", b"2147483648", b"4294967295", b"9" * 30, b""))
    return message[: place.start()] + number + message[place.end() :]


def _bomb(message: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(message))
    return message[:at] + rng.choice(_BOMBS) + message[at:]


def _open_quote(message: bytes, rng: random.Random) -> bytes:
    places = [m.start() for m in re.finditer(rb'["<>]', message)]
    if not places:
        return message
    at = rng.choice(places)
    return message[:at] + rng.choice((b"", b"\\", b'\\"')) + message[at + 1 :]


def _long_line(message: bytes, rng: random.Random) -> bytes:
    lines = message.split(b"\r\n")
    at = rng.randrange(len(lines))
    lines[at] += b"A" * rng.choice((100, 1000, 8000))
    return b"\r\n".join(lines)


_CHANGES = (_flip, _cut, _double, _lose, _huge_number, _bomb, _open_quote, _long_line)
