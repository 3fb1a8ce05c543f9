"""SIP by hand over a UDP socket: a caller that sends whatever bytes a test wants, and a registrar.

Runs in: the test process; the registrar on a thread of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import ssl
import threading
import uuid
import warnings
from pathlib import Path

from tests.support.sip_certificates import Certificate

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)


class RawCaller:
    """One UDP socket that speaks SIP without any stack behind it."""

    def __init__(self, engine_port: int, address: str = "127.0.0.1") -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.settimeout(10)
        self.address, self.port = self.socket.getsockname()
        self.engine = ("127.0.0.1", engine_port)

    def invite(
        self,
        *,
        sender: str = '"Raw" <sip:raw@127.0.0.1>',
        headers: str = "",
        sdp: str = SDP,
        call_id: str = "",
    ) -> str:
        """Send an INVITE; `headers` are whole lines. Returns the SIP Call-ID."""
        call_id = call_id or uuid.uuid4().hex
        body = sdp.format(port=40000)
        self.send(
            f"INVITE sip:agent@127.0.0.1:{self.engine[1]} SIP/2.0\r\n"
            f"Via: {self._via()}\r\n"
            "Max-Forwards: 70\r\n"
            f"From: {sender};tag=raw{call_id[:6]}\r\n"
            f"To: <sip:agent@127.0.0.1>\r\n"
            f"Call-ID: {call_id}\r\nCSeq: 1 INVITE\r\n"
            f"Contact: <sip:raw@{self.address}:{self.port}>\r\n{headers}"
            f"Content-Type: application/sdp\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}"
        )
        return call_id

    def answer(self, call_id: str) -> str:
        """The 200 OK to the INVITE `call_id`, whole."""
        while True:
            text = self.socket.recv(65536).decode("utf-8", "replace")
            if text.startswith("SIP/2.0 200") and call_id in text and " INVITE" in text:
                return text

    def ack(self, answer: str) -> None:
        """Confirm a 200 OK."""
        self._within(answer, "ACK", 1, "")

    def reinvite(self, answer: str, sdp: str) -> None:
        """Offer `sdp` anew in the call that the 200 OK `answer` began."""
        self._within(answer, "INVITE", 2, sdp.format(port=40000))

    def _within(self, answer: str, method: str, cseq: int, body: str) -> None:
        field = dict(re.findall(r"^(From|To|Call-ID|Contact): (.+?)\r$", answer, re.M))
        target = re.sub(r"^.*<([^>]+)>.*$", r"\1", field["Contact"])
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self.send(
            f"{method} {target} SIP/2.0\r\nVia: {self._via()}\r\nMax-Forwards: 70\r\n"
            f"From: {field['From']}\r\nTo: {field['To']}\r\nCall-ID: {field['Call-ID']}\r\n"
            f"CSeq: {cseq} {method}\r\nContact: <sip:raw@{self.address}:{self.port}>\r\n{kind}"
            f"Content-Length: {len(body.encode())}\r\n\r\n{body}"
        )

    def options(self) -> None:
        """Ask whether somebody is there."""
        self.send(
            f"OPTIONS sip:agent@127.0.0.1:{self.engine[1]} SIP/2.0\r\n"
            f"Via: {self._via()}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:raw@127.0.0.1>;tag=o\r\nTo: <sip:a@127.0.0.1>\r\n"
            f"Call-ID: opt{uuid.uuid4().hex}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        )

    def is_answered(self) -> bool:
        """Whether OPTIONS gets a 200 within a second."""
        self.socket.settimeout(1)
        try:
            self.options()
            return self.status(call_id="opt") == 200
        except TimeoutError:
            return False
        finally:
            self.socket.settimeout(10)

    def _via(self) -> str:
        return f"SIP/2.0/UDP {self.address}:{self.port};rport;branch=z9hG4bK{uuid.uuid4().hex}"

    def send(self, message: str | bytes) -> None:
        raw = message if isinstance(message, bytes) else message.encode("utf-8", "surrogateescape")
        self.socket.sendto(raw, self.engine)

    def status(self, call_id: str = "", above: int = 100) -> int:
        """The next status code above `above` (of the call). TimeoutError after 10 s."""
        while True:
            text = self.socket.recv(65536).decode("utf-8", "replace")
            first = re.match(r"SIP/2\.0 (\d{3})", text)
            if first and call_id in text and int(first.group(1)) > above:
                return int(first.group(1))

    def close(self) -> None:
        self.socket.close()


class RawRegistrar:
    """Answers REGISTER over UDP. `mode`: "digest" checks the password, a number answers with this
    code, "silent" with nothing."""

    def __init__(
        self,
        mode: str = "digest",
        password: str = "secret",
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        self.mode = mode
        self.password = password
        self.registers = 0
        self.granted = 0
        self._branches: set[str] = set()
        """How many of them were taken and lasted; those without a proof and farewells are not."""
        self.headers = ""
        """Whole lines that go into each 200."""
        self.contacts: list[str] = []
        """Contact of each REGISTER, in order."""
        self.host = host
        self.unregistered = threading.Event()
        self.kept_alive = 0
        """Datagrams that only hold the way through address translators open (RFC 5626, 3.5.1)."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.port = int(self.socket.getsockname()[1])
        self.peer: tuple[str, int] | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                raw, peer = self.socket.recvfrom(65536)
            except OSError:
                return
            text = raw.decode("utf-8", "replace")
            if raw == b"stop":
                return
            if raw == b"\r\n" and peer[:2] == self.peer:
                self.kept_alive += 1
            if text.startswith("REGISTER"):
                self.peer = peer[:2]
                self.registers += 1
                self.contacts += re.findall(r"^Contact:\s*(.+?)\r$", text, re.M)[:1]
                self._answer(text, peer)

    def _answer(self, text: str, peer: tuple[str, int]) -> None:
        # RFC 3581: where it came from, whatever the sender believes
        seen = f";received={peer[0]};rport={peer[1]};"
        answer = self.answer_to(text.replace(";rport;", seen, 1))
        if answer:
            self.socket.sendto(answer, peer)

    def answer_to(self, text: str) -> bytes:
        """The response to a REGISTER, b"" for none."""
        if self.mode == "silent":
            return b""
        code, extra = 200, ""
        if self.mode.isdigit():
            code = int(self.mode)
        elif not self._proven(text):
            code = 401
            extra = 'WWW-Authenticate: Digest realm="house", nonce="n1", algorithm=MD5\r\n'
        if code == 200:
            contact = re.search(r"^Contact:\s*(.+?)\r$", text, re.M)
            expires = re.search(r"^Expires:\s*(\d+)", text, re.M)
            if expires and expires.group(1) == "0":
                self.unregistered.set()
            else:
                # sent again is asked once (RFC 3261 17.2.3): a machine under load answers late
                branch = re.search(r"branch=([^;\s]+)", text)
                self.granted += branch is None or branch.group(1) not in self._branches
                if branch is not None:
                    self._branches.add(branch.group(1))
                extra = f"Contact: {contact.group(1)};expires=300\r\n" if contact else ""
                extra += self.headers
        copied = "".join(
            line + ("" if not line.startswith("To:") or "tag=" in line else ";tag=reg") + "\r\n"
            for line in text.split("\r\n")
            if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))
        )
        return f"SIP/2.0 {code} Said\r\n{copied}{extra}Content-Length: 0\r\n\r\n".encode()

    def _proven(self, text: str) -> bool:
        """RFC 2617 digest without qop."""
        field = dict(re.findall(r'(\w+)="([^"]*)"', text.partition("Authorization:")[2]))
        if "response" not in field:
            return False
        one = hashlib.md5(f"{field['username']}:house:{self.password}".encode()).hexdigest()
        two = hashlib.md5(f"REGISTER:{field['uri']}".encode()).hexdigest()
        expected = hashlib.md5(f"{one}:{field['nonce']}:{two}".encode()).hexdigest()
        return bool(field["response"] == expected)

    def close(self) -> None:
        # from its own socket: another one may be in another network namespace
        self.socket.sendto(b"stop", (self.host, self.port))
        self._thread.join(10)
        self.socket.close()


def make_old(context: ssl.SSLContext) -> None:
    """Nothing better than TLS 1.1 (RFC 8996 forbids it)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")


class StreamRegistrar:
    """A `RawRegistrar` over TCP, or TLS with `certificate`; one thread per connection. `clients`:
    the authority whose certificates telephones must show; `old`: speaks TLS 1.1 at
    the best; `least`: no version below it."""

    def __init__(
        self,
        certificate: Certificate | None = None,
        clients: Path | None = None,
        old: bool = False,
        least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
        port: int = 0,
    ) -> None:
        self.rules = RawRegistrar()
        self.accepted = 0
        self.bytes_read = 0
        self.handshakes_failed = 0
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.minimum_version = least
            self._context.load_cert_chain(certificate.cert, certificate.key)
            if clients is not None:
                self._context.verify_mode = ssl.CERT_REQUIRED
                self._context.load_verify_locations(clients)
            if old:
                make_old(self._context)
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                line, _peer = self._listener.accept()
            except OSError:
                return
            self._open.append(line)
            self.accepted += 1
            thread = threading.Thread(target=self._serve, args=(line,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        try:
            if self._context is not None:
                line = self._context.wrap_socket(line, server_side=True)
                self._open.append(line)
        except OSError:
            self.handshakes_failed += 1
            return
        waiting = b""
        while True:
            try:
                piece = line.recv(65536)
            except OSError:
                return
            if not piece:
                return
            self.bytes_read += len(piece)
            waiting = (waiting + piece).lstrip(b"\r\n")
            while b"\r\n\r\n" in waiting:
                head, _, waiting = waiting.partition(b"\r\n\r\n")
                text = head.decode("utf-8", "replace") + "\r\n"
                if text.startswith("REGISTER"):
                    self.rules.registers += 1
                    line.sendall(self.rules.answer_to(text))

    def hang_up(self) -> None:
        """Close every connection, as an exchange that is restarted does."""
        for line in self._open:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.rules.close()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._open:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        for thread in self._threads:
            thread.join(10)
