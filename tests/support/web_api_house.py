"""A web API server on a free port with made-up listeners, and raw clients of any manners.

Runs in: the test process; the server on its own thread.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from tests.support.sip_desk import until

from ctidesk.demo.free_port import free_port
from ctidesk.web_api.messages import Message, Request, done
from ctidesk.web_api.policy import Policy
from ctidesk.web_api.secret import digest_of
from ctidesk.web_api.server import WebApiServer
from ctidesk.web_api.status import Answer, Listeners, Status

PAGE = "https://crm.example"
TOKEN = "right-token-of-this-test"
WELCOME = {"type": "welcome", "version": 1, "calls": []}


class House:
    """The server with everything that it said. `deliver` runs at once, on the server's thread,
    unless `held`: then the welcome waits for `release`."""

    def __init__(
        self, again_s: float = 0.05, port: int = 0, held: bool = False, **policy: Any
    ) -> None:
        self.held: list[Answer] = []
        self._holds = held
        self.port = port or free_port()
        self.statuses: list[Status] = []
        self.requests: list[Request] = []
        wanted: dict[str, Any] = {"origins": frozenset({PAGE}), **policy}
        self.server = WebApiServer(
            Policy(port=self.port, **wanted),
            digest_of(TOKEN),
            lambda fn: fn(),
            Listeners(
                on_status=self.statuses.append, on_entered=self._entered, on_request=self._request
            ),
            again_s,
        )
        self.server.start()

    def _entered(self, answer: Answer) -> None:
        if self._holds:
            self.held.append(answer)
        else:
            answer(dict(WELCOME))

    def release(self) -> None:
        for answer in self.held:
            answer(dict(WELCOME))

    def _request(self, request: Request, answer: Answer) -> None:
        self.requests.append(request)
        answer(done(request))

    def listening(self) -> House:
        self.until(lambda status: status.listening, "a server that listens")
        return self

    def until(self, true: Callable[[Status], bool], what: str) -> Status:
        until(lambda: bool(self.statuses) and true(self.statuses[-1]), what)
        return self.statuses[-1]

    def guest(self, **manners: Any) -> Guest:
        return Guest(self.port, **manners)

    def inside(self) -> Guest:
        """A guest who was let in."""
        guest = self.guest()
        guest.hello()
        assert guest.hears() == WELCOME
        return guest

    def close(self) -> None:
        self.server.stop(10)
        assert "web-api" not in {thread.name for thread in threading.enumerate()}


class Guest:
    """A WebSocket client by hand (RFC 6455), so that it can misbehave. `status`: what it got."""

    def __init__(
        self,
        port: int,
        *,
        path: str = "/v1",
        host: str = "",
        origins: tuple[str, ...] = (PAGE,),
        more: str = "",
        receive_bytes: int = 0,
        address: str = "127.0.0.1",
    ) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family)
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(20)
        self.socket.connect((address, port))
        lines = [
            f"GET {path} HTTP/1.1",
            *([] if host == "-" else [f"Host: {host or f'127.0.0.1:{port}'}"]),
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            *(f"Origin: {origin}" for origin in origins),
        ]
        self.socket.sendall(("\r\n".join(lines) + "\r\n" + more + "\r\n").encode("latin-1"))
        self._file = self.socket.makefile("rb")
        first = self._line().split()
        self.status = int(first[1]) if len(first) > 1 else 0
        while self._line():
            pass
        self.close_code = 0

    def _line(self) -> str:
        try:
            return self._file.readline().decode("latin-1").strip()
        except ConnectionError:
            return ""

    def __enter__(self) -> Guest:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self.socket.close()

    def frame(self, opcode: int, content: bytes, length: int | None = None) -> bytes:
        """A masked frame; `length` may lie."""
        size = len(content) if length is None else length
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65536:
            head += bytes([0x80 | 126]) + struct.pack("!H", size)
        else:
            head += bytes([0x80 | 127]) + struct.pack("!Q", size)
        return head + b"\0\0\0\0" + content  # a mask of zeros leaves it as it is

    def send(self, opcode: int, content: bytes, length: int | None = None) -> None:
        self.socket.sendall(self.frame(opcode, content, length))

    def says(self, message: Message | str) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        self.send(1, text.encode())

    def hello(self, token: str = TOKEN) -> None:
        self.says({"type": "hello", "version": 1, "token": token})

    def hears(self) -> Any:
        """The next message, None once the connection is closed (`close_code` says how)."""
        while True:
            try:
                head = self._file.read(2)
                if len(head) < 2:
                    return None
                size = head[1] & 0x7F
                if size == 126:
                    size = struct.unpack("!H", self._file.read(2))[0]
                elif size == 127:
                    size = struct.unpack("!Q", self._file.read(8))[0]
                content = self._file.read(size)
            except (ConnectionError, struct.error):
                return None
            if len(content) < size:
                return None  # cut off within a message
            opcode = head[0] & 0x0F
            if opcode == 8:
                self.close_code = struct.unpack("!H", content[:2])[0] if content else 1005
                return None
            if opcode == 1:
                return json.loads(content)
