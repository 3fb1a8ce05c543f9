"""The client against a real server, through everything that can happen on the way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import fhir_proxy as faults
from tests.support.fhir_proxy import Fault, FaultProxy
from tests.support.fhir_server import FhirServer
from tests.support.sip_certificates import Authority

from ctidesk.crm.fhir import problems
from ctidesk.crm.fhir.client import FhirClient
from ctidesk.crm.fhir.tokens import FixedToken, NoToken
from ctidesk.crm.fhir.transport import Http, is_safe

CANARY = "Canarywoman"
PATIENT = {"resourceType": "Patient", "name": [{"family": CANARY}], "multipleBirthInteger": 2}
CALL = {
    "resourceType": "Communication",
    "status": "completed",
    "identifier": [{"system": "urn:ctidesk:call", "value": "c-1"}],
}
ONCE = "identifier=urn:ctidesk:call|c-1"


@pytest.fixture
def http() -> Iterator[Http]:
    line = Http(read_s=20)
    yield line
    line.close()


@pytest.fixture
def client(proxy: FaultProxy, http: Http) -> FhirClient:
    return FhirClient(http, proxy.base, NoToken())


def problem_of(ask: object) -> problems.CrmProblem:
    with pytest.raises(problems.CrmProblem) as caught:
        ask()  # type: ignore[operator]
    assert caught.value.text and caught.value.remedy
    assert CANARY not in f"{caught.value.text}{caught.value.remedy}{caught.value!r}"
    return caught.value


def test_a_search_comes_in_pages_with_the_text_as_it_was_sent(
    server: FhirServer, client: FhirClient
) -> None:
    server.load({"resourceType": "Patient", "id": f"p{at}"} for at in range(5))
    page = client.search("Patient", {"_count": "2", "_total": "accurate"})
    seen = [entry.resource["id"] for entry in page.entries]
    assert (page.total, page.odd) == (5, 0)
    while page.next_url:
        page = client.page(page.next_url)
        seen += [entry.resource["id"] for entry in page.entries]
    assert seen == [f"p{at}" for at in range(5)]
    assert page.entries[0].raw.startswith('{"resourceType":"Patient","id":"p4"')


def test_a_create_is_repeated_without_a_second_effect(
    server: FhirServer, proxy: FaultProxy, client: FhirClient
) -> None:
    proxy.then(faults.LOST, "Communication")
    assert problem_of(lambda: client.create(CALL, ONCE)).passing
    assert server.count("Communication") == 1
    again = client.create(CALL, ONCE)
    assert (again.created, server.count("Communication")) == (False, 1)
    other = client.create({**CALL, "identifier": [{"value": "c-2"}]}, "identifier=c-2")
    assert other.created
    assert client.read("Communication", again.fhir_id).version == again.version


def test_an_update_keeps_unknown_fields_and_never_overwrites(
    server: FhirServer, client: FhirClient
) -> None:
    strange = {"url": "http://example.org/x", "valueDecimal": 1.10}
    server.load([{**PATIENT, "id": "p1", "extension": [strange]}])
    mine = client.read("Patient", "p1")
    theirs = server.put({**dict(mine.resource), "active": True})
    conflict = problem_of(
        lambda: client.update({**mine.resource, "gender": "female"}, mine.version)
    )
    assert isinstance(conflict, problems.Conflict)
    assert not conflict.passing
    assert "gender" not in server.get("Patient/p1")
    fresh = client.read("Patient", "p1")
    kept = client.update({**fresh.resource, "gender": "female"}, fresh.version)
    now = server.get("Patient/p1")
    assert (now["gender"], now["active"], now["extension"]) == ("female", True, [strange])
    assert kept.version == now["meta"]["versionId"] != theirs["meta"]["versionId"]
    assert isinstance(
        problem_of(lambda: client.update(PATIENT | {"id": "p1"}, "")), problems.Conflict
    )
    assert isinstance(problem_of(lambda: client.read("Patient", "nobody")), problems.Gone)
    assert isinstance(problem_of(lambda: client.read("Patient", "../x")), problems.Gone)


@pytest.mark.parametrize(
    ("fault", "code", "passing"),
    [
        (faults.status(500), "crm_server_fault", True),
        (faults.status(503, Retry_After="7"), "crm_server_fault", True),
        (faults.status(429, Retry_After="7"), "crm_too_many", True),
        (faults.status(401), "crm_not_signed_in", False),
        (faults.outcome(403, "forbidden", CANARY), "crm_scopes", False),
        (faults.outcome(422, "business-rule", CANARY), "crm_refused", False),
        (faults.status(404), "crm_gone", False),
        (faults.html(), "crm_not_fhir", False),
        (faults.bad_json(), "crm_unreadable", True),
        (faults.status(200, b"\xff\xfe"), "crm_unreadable", True),
        (faults.status(200, b"[" * 100_000), "crm_unreadable", True),
        (faults.status(200, b'{"resourceType":"Patient"}'), "crm_unreadable", True),
        (faults.cut(), "crm_cut", True),
        (faults.LOST, "crm_cut", True),
        (faults.huge(100 * 1024 * 1024), "crm_too_big", False),
        (faults.status(200, b"no gzip", Content_Encoding="gzip"), "crm_cut", True),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else None,
)
def test_each_fault_has_its_sentence(
    server: FhirServer,
    proxy: FaultProxy,
    client: FhirClient,
    fault: Fault,
    code: str,
    passing: bool,
) -> None:
    server.load([PATIENT])
    proxy.then(fault, "Patient")
    problem = problem_of(lambda: client.search("Patient", {}))
    assert (problem.code, problem.passing) == (code, passing)
    if "429" in fault.name or "503" in fault.name:
        assert problem.retry_after_s == 7.0
    if code == "crm_refused":
        assert "business-rule" in problem.text
    assert client.search("Patient", {}).entries  # and it works again afterwards


def test_a_silent_server_is_given_up(server: FhirServer, proxy: FaultProxy) -> None:
    proxy.then(faults.SILENT)
    http = Http(read_s=0.3)
    client = FhirClient(http, proxy.base, NoToken())
    assert problem_of(lambda: client.search("Patient", {})).code == "crm_silent"
    proxy.release()
    http.close()


def test_a_server_that_is_not_there(proxy: FaultProxy, http: Http) -> None:
    proxy.close()
    client = FhirClient(http, proxy.base, NoToken())
    assert problem_of(client.server).code == "crm_unreachable"


def test_the_token_never_follows_to_another_host(
    server: FhirServer, proxy: FaultProxy, http: Http
) -> None:
    server.load([PATIENT])
    stranger = FaultProxy(f"http://127.0.0.1:{server.port}")
    proxy.token = "very-secret"
    client = FhirClient(http, proxy.base, FixedToken(lambda: "very-secret"))
    for code in (301, 302, 307, 308):
        proxy.then(faults.redirect(f"{stranger.base}/Patient", code))
        assert problem_of(lambda: client.search("Patient", {})).code == "crm_redirected"
    proxy.then(faults.redirect(f"{stranger.base}/Communication"))
    assert problem_of(lambda: client.create(CALL, ONCE)).code == "crm_redirected"

    def elsewhere(bundle: dict[str, object]) -> None:
        bundle["link"] = [{"relation": "next", "url": f"{stranger.base}/Patient"}]

    proxy.then(faults.of_bundle("next elsewhere", elsewhere))
    page = client.search("Patient", {})
    assert problem_of(lambda: client.page(page.next_url)).code == "crm_redirected"
    assert stranger.seen == []
    proxy.then(faults.redirect("/fhir/R4/Patient?_count=1"))
    assert client.search("Patient", {}).entries  # on the same host it is followed
    stranger.close()


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (faults.html(), "crm_not_fhir", "not a FHIR server"),
        (faults.status(404, b"nothing here"), "crm_not_fhir", "not a FHIR server"),
        (
            faults.status(200, b'{"resourceType":"CapabilityStatement","fhirVersion":"5.0.0"}'),
            "crm_wrong_version",
            "FHIR R5, ctidesk needs R4",
        ),
        (
            faults.status(200, b'{"resourceType":"CapabilityStatement","fhirVersion":["x"]}'),
            "crm_wrong_version",
            "of another version",
        ),
    ],
)
def test_what_is_no_r4_server_is_told(
    proxy: FaultProxy, client: FhirClient, fault: Fault, code: str, said: str
) -> None:
    assert client.server().tells_deletions
    proxy.then(fault, "metadata")
    problem = problem_of(client.server)
    assert problem.code == code
    assert said in problem.text


def test_a_certificate_that_nobody_trusts_and_one_of_its(
    server: FhirServer, tmp_path: Path
) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    target = f"http://127.0.0.1:{server.port}"
    cases = {
        "vouches": (theirs.issue("strange"), ours.ca),
        "expired": (ours.issue("old", days=-1), ours.ca),
        "not for": (ours.issue("named", host="crm.example"), ours.ca),
        "": (ours.issue("good"), ours.ca),
    }
    for said, (issued, roots) in cases.items():
        proxy = FaultProxy(target, (str(issued.cert), str(issued.key)))
        http = Http(str(roots))
        client = FhirClient(http, proxy.base, FixedToken(lambda: "very-secret"))
        if said:
            problem = problem_of(client.server)
            assert (problem.code, said in problem.text) == ("crm_certificate", True)
            assert proxy.seen == []
        else:
            assert client.server().version == "4.0.1"
        http.close()
        proxy.close()


def test_nothing_of_content_reaches_a_log(
    server: FhirServer, proxy: FaultProxy, client: FhirClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.load([PATIENT | {"id": CANARY}])
    client.read("Patient", CANARY)
    proxy.then(faults.outcome(500, "exception", CANARY))
    problem_of(lambda: client.read("Patient", CANARY))
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://crm.example/fhir", True),
        ("http://127.0.0.1:8080/fhir", True),
        ("http://[::1]/fhir", True),
        ("http://localhost/fhir", True),
        ("http://crm.example/fhir", False),
        ("http://127.0.0.1.evil.example/", False),
        ("https://user:word@crm.example/", False),
        ("ftp://crm.example/", False),
        ("crm.example", False),
        ("https://", False),
        ("http://[::1", False),
    ],
)
def test_plain_http_is_only_for_this_computer(address: str, safe: bool) -> None:
    assert is_safe(address) is safe
