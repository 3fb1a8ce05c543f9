"""Made-up resources of a FHIR server, short.

Runs in: tests.
"""

from __future__ import annotations

import itertools
from typing import Any

_versions = itertools.count(1)


def resource(kind: str, fhir_id: str, **elements: Any) -> dict[str, Any]:
    """With a version that no other has. `_` at the end of a name is cut off (`class_`)."""
    named = {name.rstrip("_"): value for name, value in elements.items()}
    meta = {"versionId": f"v{next(_versions)}", "lastUpdated": "2026-02-01T10:00:00.000Z"}
    return {"resourceType": kind, "id": fhir_id, "meta": meta, **named}


def patient(fhir_id: str, family: str, number: str = "", **more: Any) -> dict[str, Any]:
    telecom = [{"system": "phone", "value": number, "use": "mobile"}] if number else []
    return resource(
        "Patient",
        fhir_id,
        name=[{"family": family, "given": ["Ann"]}],
        birthDate="1960-05-04",
        telecom=telecom,
        **more,
    )


def refers(kind: str, fhir_id: str) -> dict[str, str]:
    return {"reference": f"{kind}/{fhir_id}"}


def concept(text: str, code: str = "") -> dict[str, Any]:
    return {"text": text, "coding": [{"code": code}] if code else []}


def coverage(fhir_id: str, of: str, plan: str = "Plan A", **more: Any) -> dict[str, Any]:
    return resource(
        "Coverage",
        fhir_id,
        status="active",
        beneficiary=refers("Patient", of),
        type_=concept(plan),
        payor=[refers("Organization", "ins")],
        **more,
    )
