"""A finished call as FHIR R4 resources: Communication, Task, DocumentReference, AuditEvent.

Runs in: desk process, the CRM's sending thread. Pure. https://hl7.org/fhir/R4/communication.html
and neighbours. Instants are UTC; durations are seconds (UCUM "s"). What R4 has no element for is in
an extension of ours, all under one URN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ctidesk.crm.fhir.schedule import CALL_SYSTEM

Resource = dict[str, Any]

TASK_SYSTEM = "urn:ctidesk:follow-up"
RECORDING_SYSTEM = "urn:ctidesk:recording"
MESSAGE_SYSTEM = "urn:ctidesk:message"
CODE_SYSTEM = "urn:ctidesk:wrap-up-code"
AUDIT_SYSTEM = "urn:ctidesk:audit"
DETAILS = "urn:ctidesk:call-details"
_MODES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"
_UCUM = "http://unitsofmeasure.org"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_SPEAKS_AS_PATIENT = ("member", "")
_DURATIONS = ("dial_s", "talk_s", "hold_s", "wrap_up_s")


@dataclass(frozen=True, slots=True)
class Whom:
    """The member a resource is about. `key`: "Patient/1", "" for one that the CRM does not have,
    who is then named by number alone; `system`: that of the number."""

    key: str
    member_id: str
    system: str = ""

    @property
    def reference(self) -> Resource | None:
        """None for a call about nobody."""
        if self.key:
            return {"reference": self.key}
        if not self.member_id:
            return None
        number = {"system": self.system, "value": self.member_id}
        return {"type": "Patient", "identifier": {k: v for k, v in number.items() if v}}


@dataclass(frozen=True, slots=True)
class Sealed:
    """The manifest of a recording: its length in bytes, SHA-1 (base64, as R4's Attachment wants
    it) and SHA-256 (hex). It names and signs the hash of each encrypted segment."""

    size: int
    sha1: str
    sha256: str


def communication(call: Mapping[str, Any], whom: Whom) -> Resource:
    """`call`: an `Interaction` in plain values."""
    patient = whom.reference
    agent = {"display": str(call["agent"]) or "ctidesk"}
    other = patient if patient and call["party"] in _SPEAKS_AS_PATIENT else None
    other = other or {"display": str(call["party"] or "unknown caller")}
    inbound = call["direction"] == "inbound"
    found: Resource = {
        "resourceType": "Communication",
        "extension": [_details(call)],
        "identifier": [{"system": CALL_SYSTEM, "value": call["call_id"]}],
        "status": "completed",
        "medium": [{"coding": [{"system": _MODES, "code": "PHONE", "display": "telephone"}]}],
        "sent": instant(call["began_wall"]),
        "received": instant(call["ended_wall"]),
        "sender": other if inbound else agent,
        "recipient": [agent if inbound else other],
    }
    if patient:
        found["subject"] = patient
    if call["code"]:
        coding = {"system": CODE_SYSTEM, "code": call["code"]}
        found["reasonCode"] = [{"coding": [coding]}]
    if note := str(call["note"]).strip():
        saved = instant(call["saved_wall"])
        found["note"] = [{"authorString": agent["display"], "time": saved, "text": note}]
    return found


def follow_up(told: Mapping[str, Any], whom: Whom, communication_key: str) -> Resource:
    """What is to be done next, as a Task that nobody took yet."""
    found: Resource = {
        "resourceType": "Task",
        "identifier": [{"system": TASK_SYSTEM, "value": told["call_id"]}],
        "status": "requested",
        "intent": "order",
        "priority": "routine",
        "code": {"text": "Follow-up of a call"},
        "description": str(told["text"]).strip(),
        "authoredOn": instant(told["authored_wall"]),
        "requester": {"display": str(told["agent"]) or "ctidesk"},
    }
    if patient := whom.reference:
        found["for"] = patient
    if communication_key:
        found["focus"] = {"reference": communication_key}
    return found


def document(
    told: Mapping[str, Any], whom: Whom, communication_key: str, sealed: Sealed | None
) -> Resource:
    """Where the recording is and what proves it; never its sound."""
    attachment: Resource = {
        "contentType": "application/json",
        "url": f"{RECORDING_SYSTEM}:{told['call_id']}",
        "title": "Signed manifest of the encrypted recording",
    }
    if sealed is not None:
        attachment |= {"size": sealed.size, "hash": sealed.sha1}
        hash_ = {"url": "urn:ctidesk:sha256", "valueString": sealed.sha256}
        attachment["extension"] = [hash_]
    found: Resource = {
        "resourceType": "DocumentReference",
        "identifier": [{"system": RECORDING_SYSTEM, "value": told["call_id"]}],
        "status": "current",
        "type": {"text": "Call recording"},
        "date": instant(told["saved_wall"]),
        "author": [{"display": str(told["agent"]) or "ctidesk"}],
        "content": [{"attachment": attachment}],
    }
    if patient := whom.reference:
        found["subject"] = patient
    if communication_key:
        found["context"] = {"related": [{"reference": communication_key}]}
    return found


def checkpoint(told: Mapping[str, Any], key: str) -> Resource:
    """The head of the desk's audit trail, noted where the desk cannot change it. AuditEvent has no
    identifier; `key` as a tag makes it findable."""
    what = {"identifier": {"system": AUDIT_SYSTEM, "value": str(told["seq"])}}
    details = [{"type": "SHA-256", "valueString": told["hash"]}]
    return {
        "resourceType": "AuditEvent",
        "meta": {"tag": [{"system": MESSAGE_SYSTEM, "code": key}]},
        "type": {"system": _DICOM, "code": "110101", "display": "Audit Log Used"},
        "action": "R",
        "recorded": instant(told["t_wall"]),
        "outcome": "0",
        "agent": [{"who": {"display": told["desk"]}, "requestor": False}],
        "source": {"observer": {"display": "ctidesk"}},
        "entity": [{"what": what, "name": "Audit trail of the desk", "detail": details}],
    }


def instant(t_wall: float) -> str:
    """Seconds since the epoch as FHIR's instant, to the millisecond."""
    at = datetime.fromtimestamp(float(t_wall), UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# -------------------------------------------------------------------- private


def _details(call: Mapping[str, Any]) -> Resource:
    texts = {name: str(call[name]) for name in ("direction", "number", "queue", "party")}
    parts: list[Resource] = [_part(name, valueString=said) for name, said in texts.items() if said]
    parts.append(_part("verified", valueBoolean=bool(call["verified"])))
    parts.append(_part("coded-by", valueString=str(call["coded_by"])))
    for name in _DURATIONS:
        quantity = {"value": round(float(call[name]), 1), "unit": "s", "system": _UCUM, "code": "s"}
        parts.append(_part(name.replace("_", "-"), valueDuration=quantity))
    line = call.get("line")
    if isinstance(line, Mapping) and isinstance(line.get("mos_mean"), int | float):
        parts.append(_part("mos", valueDecimal=round(float(line["mos_mean"]), 2)))
    return {"url": DETAILS, "extension": parts}


def _part(name: str, **value: Any) -> Resource:
    return {"url": name, **value}
