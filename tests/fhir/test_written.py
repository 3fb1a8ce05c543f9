"""What the desk writes is valid FHIR R4: judged by R4's own structure definitions."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.fhir_sending import SEALED
from tests.support.fhir_server import FhirServer, NoFhirServer
from tests.support.one_call import INTERACTION

from ctidesk.calls.codec import to_plain
from ctidesk.crm.fhir import call_resources as made, request_resources
from ctidesk.crm.fhir.call_resources import Whom

KNOWN, NUMBERED, NOBODY = Whom("Patient/p1", "M-1"), Whom("", "M-1", "urn:members"), Whom("", "")
TOLD = {
    "call_id": "c1",
    "agent": "agent7",
    "text": "call back",
    "authored_wall": 1.0,
    "saved_wall": 1.0,
}
OUTBOUND = replace(INTERACTION, direction="outbound", note="", code="", party="provider", agent="")
PRESCRIPTION = {"id": "m1", "dosageInstruction": [{"text": "1-0-1"}]}
CHECKPOINT = {"seq": 7, "hash": "ab" * 32, "t_wall": 1.0, "desk": "desk-1"}
WRITTEN: dict[str, dict[str, Any]] = {
    "a call": made.communication(to_plain(INTERACTION), KNOWN),
    "a call about nobody": made.communication(to_plain(OUTBOUND), NOBODY),
    "a follow-up": made.follow_up(TOLD, KNOWN, "Communication/1"),
    "a follow-up about nobody": made.follow_up(TOLD, NOBODY, ""),
    "a recording": made.document(TOLD, NUMBERED, "Communication/1", SEALED),
    "a lost recording": made.document(TOLD, NUMBERED, "", None),
    "a checkpoint": made.checkpoint(CHECKPOINT, "key"),
    "a refill": {
        **request_resources.refill(PRESCRIPTION, "agent7", 1.0),
        "subject": KNOWN.reference,
    },
    "supplies": request_resources.supply("Test strips", 50, "agent7", 1.0),
}


@pytest.fixture(scope="module")
def strict() -> Iterator[FhirServer]:
    try:
        running = FhirServer(FHIR_VALIDATE="1")
    except NoFhirServer as why:
        pytest.skip(f"no FHIR server here: {why}")
    yield running
    running.close()


def answer(server: FhirServer, resource: dict[str, Any]) -> tuple[int, str]:
    request = urllib.request.Request(
        f"{server.base}/{resource['resourceType']}",
        data=json.dumps(resource).encode(),
        headers={"Content-Type": "application/fhir+json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize("name", WRITTEN)
def test_it_is_valid(strict: FhirServer, name: str) -> None:
    assert answer(strict, WRITTEN[name]) == (201, "")


def test_the_judge_is_strict(strict: FhirServer) -> None:
    broken = {**WRITTEN["a call"], "status": None, "sent": "yesterday"}
    assert answer(strict, broken)[0] == 400
