"""A server of made-up patients for the benchmark of the pull: pages are joined from ready bytes.

Run as a process of its own: `python -m bench.fhir_pages COUNT` prints "ready PORT". So quick that
the client is what is measured; a real FHIR server takes many times as long for each page.
"""

from __future__ import annotations

import bisect
import json
import sys
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def instant_of(index: int) -> str:
    """When the patient with this index was changed: one after the other."""
    at = FIRST + timedelta(milliseconds=index * 10)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number_of(index: int) -> str:
    return f"+49152{index:08d}"


def patient(index: int) -> dict[str, object]:
    """About 1 kB, as servers write them."""
    return {
        "resourceType": "Patient",
        "id": f"b{index}",
        "meta": {"versionId": "1", "lastUpdated": instant_of(index), "source": "urn:bench"},
        "text": {"status": "generated", "div": f"<div>Given{index} Family{index}</div>"},
        "identifier": [
            {
                "use": "usual",
                "type": {"coding": [{"system": "http://hl7.org/v2-0203", "code": "MB"}]},
                "system": "urn:bench:member",
                "value": f"B-{index}",
            }
        ],
        "active": True,
        "name": [{"use": "official", "family": f"Family{index}", "given": [f"Given{index}"]}],
        "telecom": [
            {"system": "phone", "value": number_of(index), "use": "mobile", "rank": 1},
            {"system": "email", "value": f"b{index}@example.org"},
        ],
        "gender": "female",
        "birthDate": f"19{index % 90 + 10:02d}-0{index % 9 + 1}-1{index % 9}",
        "address": [
            {
                "use": "home",
                "line": [f"Street {index % 200}"],
                "city": "Town",
                "postalCode": f"{10_000 + index % 89_999}",
            }
        ],
        "communication": [{"language": {"coding": [{"code": "de"}]}, "preferred": True}],
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    entries: ClassVar[list[bytes]] = []
    instants: ClassVar[list[str]] = []

    def log_message(self, *args: object) -> None:
        """Nothing on stderr."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.endswith("/metadata"):
            self._send(b'{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1"}')
            return
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        after = query.get("_lastUpdated", "ge").removeprefix("ge")
        begin = bisect.bisect_left(self.instants, after)
        end = begin + int(query.get("_count", "200"))
        about: dict[str, object] = {"resourceType": "Bundle", "type": "searchset"}
        if "_total" in query:
            about["total"] = len(self.entries) - begin
        if end < len(self.entries):
            host = self.headers["Host"]
            following = f"http://{host}{url.path}?_count=200&_lastUpdated=ge{self.instants[end]}"
            about["link"] = [{"relation": "next", "url": following}]
        head = json.dumps(about)[:-1].encode()
        self._send(head + b',"entry":[' + b",".join(self.entries[begin:end]) + b"]}")

    def _send(self, body: bytes) -> None:
        self.send_response_only(200)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    count = int(sys.argv[1])
    _Handler.instants = [instant_of(index) for index in range(count)]
    _Handler.entries = [
        json.dumps({"fullUrl": f"urn:b{index}", "resource": patient(index)}).encode()
        for index in range(count)
    ]
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    sys.stdout.write(f"ready {server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
