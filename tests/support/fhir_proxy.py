"""A proxy of our own before a real FHIR server: it does to answers what networks and servers do.

Runs in: the test process, a thread per connection.
"""

from __future__ import annotations

import json
import ssl
import threading
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any

FHIR_JSON = "application/fhir+json"
HELD_S = 120.0
"""The longest that a silent answer is held back when nobody releases it."""


@dataclass
class Answer:
    """What the server said, on its way to the client."""

    status: int
    headers: dict[str, str]
    body: bytes


Change = Callable[[Answer], Answer]


@dataclass(frozen=True)
class Fault:
    """What happens to one request. `before` answers instead of the server; `change` gets the
    server's answer; `lost`: the server has done it, but the connection ends without an answer;
    `silent`: nothing comes until the proxy is released; `cut`: so many bytes of the body come;
    `dead`: the connection ends before the server heard of it."""

    name: str
    before: Answer | None = None
    change: Change | None = None
    lost: bool = False
    silent: bool = False
    cut: int | None = None
    huge_bytes: int = 0
    dead: bool = False


def status(code: int, body: bytes = b"", **headers: str) -> Fault:
    """An answer of the proxy's own. Header names with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(f"status {code}", before=Answer(code, named, body))


def outcome(code: int, issue: str, text: str = "") -> Fault:
    """An OperationOutcome with one issue."""
    issues = [{"severity": "error", "code": issue, "diagnostics": text}]
    body = json.dumps({"resourceType": "OperationOutcome", "issue": issues}).encode()
    return status(code, body, Content_Type=FHIR_JSON)


def html(code: int = 200) -> Fault:
    return status(code, b"<!doctype html><title>Welcome</title>", Content_Type="text/html")


def bad_json() -> Fault:
    return Fault(
        "bad JSON", change=lambda a: Answer(a.status, a.headers, a.body[: len(a.body) // 2])
    )


def redirect(url: str, code: int = 302) -> Fault:
    return status(code, b"", Location=url)


def skewed(seconds: float) -> Fault:
    """The server's clock is wrong."""
    return Fault("clock", change=lambda a: Answer(a.status, _dated(a.headers, seconds), a.body))


def of_bundle(name: str, change: Callable[[dict[str, Any]], None]) -> Fault:
    """`change` alters the bundle in place."""

    def changed(answer: Answer) -> Answer:
        bundle = json.loads(answer.body)
        change(bundle)
        return Answer(answer.status, answer.headers, json.dumps(bundle).encode())

    return Fault(name, change=changed)


def duplicated() -> Fault:
    return of_bundle("duplicated", lambda b: b["entry"].extend(list(b["entry"])))


def reordered() -> Fault:
    return of_bundle("reordered", lambda b: b["entry"].reverse())


def cyclic() -> Fault:
    """`next` leads back to this very page."""

    def turn(bundle: dict[str, Any]) -> None:
        own = next(each["url"] for each in bundle["link"] if each["relation"] == "self")
        bundle["link"] = [{"relation": "self", "url": own}, {"relation": "next", "url": own}]

    return of_bundle("cyclic", turn)


LOST = Fault("lost answer", lost=True)
SILENT = Fault("silence", silent=True)


def cut(after: int = 100) -> Fault:
    return Fault("cut body", cut=after)


def huge(size: int) -> Fault:
    """A bundle that does not end before `size` bytes."""
    return Fault("huge bundle", huge_bytes=size)


@dataclass
class _Wanted:
    fault: Fault
    path: str
    times: int
    method: str


@dataclass
class Seen:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)


class FaultProxy:
    """Listens on loopback and forwards to `target` ("http://127.0.0.1:PORT"). `token`: what must
    come as bearer token, "" for none. `tls`: (certificate, key) files to serve https.
    `routes`: further answers of its own by path, such as a token endpoint."""

    def __init__(self, target: str, tls: tuple[str, str] | None = None) -> None:
        self.target = target
        self.token = ""
        self.seen: list[Seen] = []
        self.always: list[tuple[str, Fault]] = []
        """Faults of each request whose path begins so."""
        self.routes: dict[str, Callable[[str, bytes, dict[str, str]], Answer]] = {}
        self.drops: set[str] = set()
        """Headers of requests that the server never sees."""
        self.chokes_on = b""
        """A request with this in its body makes the server fail (500)."""
        self._wanted: deque[_Wanted] = deque()
        self._lock = threading.Lock()
        self._released = threading.Event()
        self.silent_now = threading.Event()
        """Set while somebody waits in silence."""
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        scheme = "http"
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            scheme = "https"
        self.port = int(self._server.server_address[1])
        self.origin = f"{scheme}://127.0.0.1:{self.port}"
        self.base = f"{self.origin}/fhir/R4"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def then(self, fault: Fault, path: str = "", times: int = 1, method: str = "") -> None:
        """The next `times` requests whose path (below the base) begins with `path` meet it; with
        `method` only those."""
        with self._lock:
            self._wanted.append(_Wanted(fault, path, times, method))

    def calm(self) -> None:
        """No more faults."""
        with self._lock:
            self._wanted.clear()
        self.always.clear()

    def release(self) -> None:
        """End all silences."""
        self._released.set()

    def requests(self, path: str = "") -> list[Seen]:
        with self._lock:
            return [each for each in self.seen if each.path.startswith(f"/fhir/R4/{path}")]

    def close(self) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)

    # ---- connections' threads

    def fault_of(self, path: str, method: str) -> Fault | None:
        below = path.removeprefix("/fhir/R4/")
        with self._lock:
            for wanted in self._wanted:
                if below.startswith(wanted.path) and wanted.method in ("", method):
                    wanted.times -= 1
                    if wanted.times == 0:
                        self._wanted.remove(wanted)
                    return wanted.fault
        return next((fault for prefix, fault in self.always if below.startswith(prefix)), None)

    def note(self, seen: Seen) -> None:
        with self._lock:
            self.seen.append(seen)

    def hold(self) -> None:
        self.silent_now.set()
        self._released.wait(HELD_S)
        self.silent_now.clear()


class _Handler(BaseHTTPRequestHandler):
    owner: FaultProxy
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Nothing on stderr."""

    def _serve(self) -> None:
        owner = self.owner
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        owner.note(Seen(self.command, self.path, headers))
        route = owner.routes.get(self.path.partition("?")[0])
        if route is not None:
            self._send(route(self.command, body, headers))
            return
        if owner.token and headers.get("authorization") != f"Bearer {owner.token}":
            self._send(Answer(401, {"WWW-Authenticate": "Bearer"}, b""))
            return
        fault = owner.fault_of(self.path, self.command) or Fault("none")
        if owner.chokes_on and owner.chokes_on in body:
            self._send(Answer(500, {}, b""))
        elif fault.dead:
            self.close_connection = True
        elif fault.silent:
            owner.hold()
            self.close_connection = True
        elif fault.before is not None:
            self._send(fault.before)
        elif fault.huge_bytes:
            self._stream(fault.huge_bytes)
        else:
            answer = self._forward(body, headers)
            if fault.lost:
                self.close_connection = True
                return
            self._send(fault.change(answer) if fault.change else answer, fault.cut)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def _forward(self, body: bytes, headers: dict[str, str]) -> Answer:
        passed = {
            name: value
            for name, value in headers.items()
            if name not in ("connection", "content-length", "accept-encoding", "authorization")
            and name not in self.owner.drops
        }
        request = urllib.request.Request(
            self.owner.target + self.path,
            data=body if self.command in ("POST", "PUT") else None,
            method=self.command,
            headers=passed,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return Answer(response.status, _kept(response.headers), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _kept(error.headers), error.read())

    def _send(self, answer: Answer, cut_after: int | None = None) -> None:
        self.send_response_only(answer.status)
        for name, value in {"Date": formatdate(time(), usegmt=True), **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        try:
            self.wfile.write(answer.body[:cut_after])
        except OSError:
            self.close_connection = True
        if cut_after is not None:
            self.close_connection = True

    def _stream(self, size: int) -> None:
        """Chunked, so that no length is told ahead."""
        self.send_response_only(200)
        self.send_header("Content-Type", FHIR_JSON)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chunk = b" " * 65_536
        sent = 0
        try:
            self._chunk(b'{"resourceType":"Bundle","type":"searchset","entry":[')
            while sent < size:
                self._chunk(chunk)
                sent += len(chunk)
            self._chunk(b"]}")
            self._chunk(b"")
        except OSError:
            pass  # the client has had enough
        self.close_connection = True

    def _chunk(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))


def _kept(headers: Any) -> dict[str, str]:
    names = ("content-type", "etag", "location")
    return {name: headers[name] for name in names if headers[name]}


def _dated(headers: dict[str, str], seconds: float) -> dict[str, str]:
    return {**headers, "Date": formatdate(time() + seconds, usegmt=True)}
