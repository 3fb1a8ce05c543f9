"""Readers of what happens when, and of what happened: appointments, contacts, tasks, documents.

Runs in: desk process, any thread. Pure. R4's Appointment, Slot, Schedule, Communication, Task and
DocumentReference.
"""

from __future__ import annotations

from ctidesk.crm.fhir.cover import MADE_IN_ERROR, fact, wants
from ctidesk.crm.fhir.people import patient_key
from ctidesk.crm.fhir.reading import Found, Resource
from ctidesk.crm.fhir.tree import NOWHERE, Node, Ref
from ctidesk.crm.records import FactKind

CALL_SYSTEM = "urn:ctidesk:call"
"""The system of the identifier of a Communication that a desk made of a call."""
_DOCTORS = ("Practitioner", "PractitionerRole")
_PLACES = ("Location", "HealthcareService", "Organization")


def appointment(node: Resource) -> Found:
    actors = [each.ref("actor") for each in node.all("participant")]
    doctor = _first(actors, _DOCTORS)
    place = _first(actors, _PLACES)
    found = Found(about=_first(actors, ("Patient",)).key, title=_what(node))
    starts = node.moment("start")
    if starts is None or node.word("status") in (MADE_IN_ERROR, "proposed", "waitlist"):
        return found
    found.row = fact(
        FactKind.APPOINTMENT,
        starts_wall=starts,
        what=_what(node) or "Appointment",
        doctor=doctor.display,
        place=place.display,
        status=node.word("status"),
        bring=node.text("patientInstruction"),
    )
    wants(found, "doctor", doctor)
    wants(found, "place", place)
    return found


def slot(node: Resource) -> Found:
    return Found(about=node.ref("schedule").key, title=node.concept("serviceType"))


def schedule(node: Resource) -> Found:
    actor = next(iter(node.refs("actor")), NOWHERE)
    return Found(about=actor.key, title=actor.display or node.concept("serviceType"))


def communication(node: Resource) -> Found:
    found = Found(about=patient_key(node, "subject", "sender", "recipient"))
    at = node.moment("sent") or node.moment("received")
    if at is None or node.word("status") in (MADE_IN_ERROR, "not-done"):
        return found
    told = [each.text("contentString") for each in node.all("payload")]
    notes = [each.text("text") for each in node.all("note")]
    said = [node.concept("topic"), *told, *notes]
    inbound = node.ref("sender").kind in ("Patient", "RelatedPerson")
    found.row = fact(
        FactKind.CONTACT,
        at_wall=at,
        channel=node.concept("medium") or node.concept("category") or "message",
        direction="inbound" if inbound else "outbound",
        summary="; ".join(each for each in said if each)[:400],
        code=node.concept("reasonCode"),
    )
    return found


def own_call(node: Node) -> str:
    """The call_id of a Communication that a desk made of a call, "" for all others."""
    for identifier in node.all("identifier"):
        if identifier.text("system") == CALL_SYSTEM:
            return identifier.text("value", 64)
    return ""


def task(node: Resource) -> Found:
    found = Found(about=patient_key(node, "for"), title=node.text("description"))
    at = node.moment("authoredOn") or node.moment("lastModified")
    if at is None or node.word("status") == MADE_IN_ERROR:
        return found
    what = node.text("description") or node.concept("code") or "Task"
    found.row = fact(
        FactKind.CONTACT,
        at_wall=at,
        channel="task",
        direction="",
        summary=f"{what} ({node.word('status')})" if node.has("status") else what,
        code=node.concept("code"),
    )
    return found


def document(node: Resource) -> Found:
    found = Found(about=patient_key(node, "subject"), title=node.concept("type"))
    at = node.moment("date")
    if at is None or node.word("status") == MADE_IN_ERROR:
        return found
    said = [node.concept("type") or "Document", node.text("description")]
    found.row = fact(
        FactKind.CONTACT,
        at_wall=at,
        channel="document",
        direction="",
        summary="; ".join(each for each in said if each)[:400],
        code="",
    )
    return found


def _what(node: Node) -> str:
    return (
        node.text("description")
        or node.concept("serviceType")
        or node.concept("appointmentType")
        or node.concept("specialty")
    )


def _first(refs: list[Ref], kinds: tuple[str, ...]) -> Ref:
    return next((ref for ref in refs if ref.kind in kinds), NOWHERE)
