"""The server and the proxy of these tests are what the tests take them for."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from tests.support import fhir_proxy as faults
from tests.support.fhir_proxy import FaultProxy
from tests.support.fhir_server import FhirServer

DATES = [f"2026-01-0{day}T00:00:00.000Z" for day in range(1, 6)]


def ask(method: str, url: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_the_server_pages_dedupes_and_guards_versions(server: FhirServer) -> None:
    server.load(
        {"resourceType": "Patient", "id": f"p{at}", "meta": {"lastUpdated": date}}
        for at, date in enumerate(DATES)
    )
    page = server.get("Patient?_sort=_lastUpdated&_count=2&_lastUpdated=ge" + DATES[1])
    assert [each["resource"]["id"] for each in page["entry"]] == ["p1", "p2"]
    assert any(link["relation"] == "next" for link in page["link"])
    task = {"resourceType": "Task", "identifier": [{"system": "urn:t", "value": "1"}]}
    for expected in (201, 200):
        code, kept = ask("POST", f"{server.base}/Task", task, If_None_Exist="identifier=urn:t|1")
        assert code == expected
    old = kept["meta"]["versionId"]
    assert ask("PUT", f"{server.base}/Task/{kept['id']}", kept, If_Match=f'W/"{old}"')[0] == 200
    assert ask("PUT", f"{server.base}/Task/{kept['id']}", kept, If_Match=f'W/"{old}"')[0] == 412
    assert server.count("Task") == 1
    server.delete("Patient", "p3")
    assert "p3" in json.dumps(server.get("Patient/_history"))


def test_the_proxy_does_to_answers_what_it_is_told(server: FhirServer, proxy: FaultProxy) -> None:
    server.load({"resourceType": "Patient", "id": f"p{at}"} for at in range(3))
    url = f"{proxy.base}/Patient?_count=2&_total=accurate"
    assert ask("GET", url)[1]["total"] == 3
    proxy.then(faults.status(429, Retry_After="7"))
    assert ask("GET", url)[0] == 429
    proxy.then(faults.duplicated())
    assert len(ask("GET", url)[1]["entry"]) == 4
    proxy.then(faults.reordered())
    assert ask("GET", url)[1]["entry"][0]["resource"]["id"] == "p1"
    proxy.then(faults.cyclic())
    own, following = ask("GET", url)[1]["link"]
    assert own["url"] == following["url"]
    proxy.then(faults.bad_json())
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
        ask("GET", url)
    for fault in (faults.cut(), faults.LOST):
        proxy.then(fault)
        with pytest.raises(OSError, match=r"(?i)remote|incomplete|closed|read"):
            _read_whole(url)
    proxy.then(faults.LOST, "Task")
    with pytest.raises(OSError, match=r"(?i)remote|closed"):
        ask("POST", f"{proxy.base}/Task", {"resourceType": "Task"})
    assert server.count("Task") == 1  # the effect was there before the answer was lost
    proxy.token = "right"
    assert ask("GET", url)[0] == 401
    assert ask("GET", url, Authorization="Bearer right")[0] == 200


def _read_whole(url: str) -> None:
    import http.client

    try:
        ask("GET", url)
    except http.client.IncompleteRead as error:
        raise OSError("incomplete") from error
