"""A far end of bare UDP: takes any call as PCMU and sends every RTP packet back at once."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from types import TracebackType

_COPIED = ("via", "from", "call-id", "cseq", "record-route")


class Reflector:
    def __init__(self) -> None:
        self._sip, self._rtp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for each in (self._sip, self._rtp):
            each.bind(("127.0.0.1", 0))
        self._port: int = self._rtp.getsockname()[1]
        self._at: int = self._sip.getsockname()[1]
        self.reflected = 0
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._answer, self._reflect)
        ]
        self._over = False

    @property
    def uri(self) -> str:
        return f"sip:echo@127.0.0.1:{self._at}"

    def __enter__(self) -> Reflector:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        for each in (self._sip, self._rtp):
            with contextlib.suppress(OSError):
                each.sendto(b"", each.getsockname())
        for thread in self._threads:
            thread.join()
        for each in (self._sip, self._rtp):
            each.close()

    def _reflect(self) -> None:
        while not self._over:
            packet, sender = self._rtp.recvfrom(4096)
            if packet:
                self._rtp.sendto(packet, sender)
                self.reflected += 1

    def _answer(self) -> None:
        while not self._over:
            raw, sender = self._sip.recvfrom(65536)
            text = raw.decode("utf-8", "replace")
            method = text.partition(" ")[0]
            if method in ("INVITE", "BYE", "CANCEL", "OPTIONS"):
                self._sip.sendto(self._ok(text, method).encode(), sender)

    def _ok(self, request: str, method: str) -> str:
        lines = ["SIP/2.0 200 OK"]
        for line in request.partition("\r\n\r\n")[0].split("\r\n")[1:]:
            name = line.partition(":")[0].strip().lower()
            if name in _COPIED:
                lines.append(line)
            elif name == "to":
                lines.append(line if re.search(r";\s*tag=", line) else f"{line};tag=reflector")
        body = ""
        if method == "INVITE":
            lines += [f"Contact: <{self.uri}>", "Content-Type: application/sdp"]
            body = (
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio {self._port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n"
                "a=sendrecv\r\n"
            )
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])
