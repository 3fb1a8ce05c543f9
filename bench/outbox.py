"""Saved calls on their way from the encrypted outbox into a FHIR server, beside only posting them.

The peer posts the same resources one after the other over one connection: no claim, no lease, no
second look, nothing written down. Both against the real FHIR router of the tests (Medplum on Node),
and against a server of ready answers, where the desk itself is what is measured.
"""

from __future__ import annotations

import dataclasses
import functools
import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.fhir_server import FhirServer, NoFhirServer
from tests.support.one_call import INTERACTION

from bench.report import Line, Report
from ctidesk.calls.codec import to_plain
from ctidesk.calls.ports import Interaction
from ctidesk.care.outgoing import OutgoingState
from ctidesk.crm import journal_sql
from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.fhir.call_resources import Whom, communication
from ctidesk.crm.fhir.connect import CrmPlace, connect_sending
from ctidesk.crm.fhir.sending import Sending
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

CALLS, QUICK_CALLS = 2_000, 300
MEMBERS = 400


def run(quick: bool = False) -> Report:
    count = QUICK_CALLS if quick else CALLS
    lines = []
    metrics: dict[str, float] = {"calls": float(count)}
    with _ready_answers() as base:
        drained, bare = _drain(base, count), _bare(base, count)
    metrics |= {"drain_s": drained, "bare_s": bare, "share": drained / bare}
    lines.append(Line("answers ready at once", drained, "calls/s", None, "only POST", bare))
    try:
        server = FhirServer()
    except NoFhirServer:
        pass
    else:
        real, real_bare = _drain(server.base, count), 0.0
        server.clear()
        real_bare = _bare(server.base, count)
        server.close()
        metrics |= {"real_drain_s": real, "real_bare_s": real_bare, "real_share": real / real_bare}
        lines.append(Line("a real FHIR server", real, "calls/s", None, "only POST", real_bare))
    return Report(
        title=f"{count:,} saved calls from the outbox to a FHIR server",
        lines=tuple(lines),
        metrics=metrics,
    )


def _calls(count: int) -> Iterator[Interaction]:
    for n in range(count):
        yield dataclasses.replace(INTERACTION, call_id=f"c{n}", member_id=f"M-{n % MEMBERS}")


def _drain(base: str, count: int) -> float:
    """Calls per second, from the first claim to the last confirmed."""
    empty = threading.Event()

    def told(state: OutgoingState) -> None:
        if state.sent == count and state.waiting == 0:
            empty.set()

    with tempfile.TemporaryDirectory() as folder:
        cache = SqlCipherCache(Path(folder) / "cache.db", lambda: bytes(32))
        store = StoreThread(cache, lambda function: function())
        store.start()
        saved = threading.Event()
        for each in _calls(count):
            store.submit(Lane.WRITE, functools.partial(_save, each))
        store.submit(Lane.WRITE, lambda _: None, lambda _: saved.set())
        saved.wait()
        place = CrmPlace(server=base, source="CRM", region="DE")
        sending = Sending(
            lambda stopped: connect_sending(place, lambda: "", store, lambda _: None, stopped),
            lambda function: function(),
            told,
        )
        began = time.perf_counter()
        sending.start()
        if not empty.wait(600):
            raise RuntimeError("the outbox was not emptied")
        took = time.perf_counter() - began
        sending.stop()
        store.close()
    return count / took


def _save(done: Interaction, connection: Any) -> None:
    journal_sql.save_interaction(connection, done)


def _bare(base: str, count: int) -> float:
    """Calls per second by POST alone, the answers read and parsed."""
    where = urlsplit(base)
    bodies = [
        json.dumps(communication(to_plain(each), Whom("", each.member_id))).encode()
        for each in _calls(count)
    ]
    began = time.perf_counter()
    connection = http.client.HTTPConnection(where.hostname or "", where.port)
    for body in bodies:
        headers = {"Content-Type": "application/fhir+json"}
        connection.request("POST", f"{where.path}/Communication", body, headers)
        json.loads(connection.getresponse().read())
    connection.close()
    return count / (time.perf_counter() - began)


class _Ready(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Nothing on stderr."""

    def do_GET(self) -> None:
        """Of /metadata alone."""
        self._answer("200 OK", b'{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1"}')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer("201 Created", b'{"id":"1","meta":{"versionId":"1"},' + body[1:])

    def _answer(self, status: str, body: bytes) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        self.wfile.write(head + body)


@contextmanager
def _ready_answers() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Ready)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/fhir/R4"
    server.shutdown()
    server.server_close()
