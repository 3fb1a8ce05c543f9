"""Readers of prescriptions and what was handed out for them.

Runs in: desk process, any thread. Pure. https://hl7.org/fhir/R4/medicationrequest.html,
medicationdispense.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ctidesk.crm.fhir.cover import fact, wants
from ctidesk.crm.fhir.people import patient_key
from ctidesk.crm.fhir.reading import Found, Resource
from ctidesk.crm.fhir.tree import Node, Ref
from ctidesk.crm.records import FactKind, FactRecord

SHOWN = frozenset({"active", "on-hold", "unknown", ""})
MAX_DAYS = 3660


@dataclass(frozen=True, slots=True)
class Dispensed:
    """`day`: ISO text; `lasts_days`: how long it lasts, None when nobody says."""

    day: str | None
    lasts_days: int | None


def request(node: Resource) -> Found:
    """A prescription as it was written; `with_dispenses` adds what was handed out."""
    drug, medication = drug_of(node)
    doctor = node.ref("requester")
    order = node.one("dispenseRequest")
    found = Found(about=patient_key(node, "subject"), title=drug)
    if node.word("status") not in SHOWN or node.word("intent") in ("proposal", "plan"):
        return found
    allowed = order.number("numberOfRepeatsAllowed")
    found.row = fact(
        FactKind.PRESCRIPTION,
        drug=drug or "Medication",
        prescriber=doctor.display,
        expires=order.one("validityPeriod").day("end", end=True),
        refills_left=int(allowed) if allowed is not None and allowed > 0 else 0,
        last_dispensed=None,
        next_refill=None,
    )
    if not drug:
        wants(found, "drug", medication)
    wants(found, "prescriber", doctor)
    return found


def dispense(node: Resource) -> Found:
    """Tells something of its prescription; without one it is only kept."""
    prescription = node.ref("authorizingPrescription").key
    return Found(about=prescription or patient_key(node, "subject"), title=drug_of(node)[0])


def dispensed(node: Node) -> Dispensed | None:
    """None when nothing was handed out."""
    if node.word("status") not in ("completed", ""):
        return None
    supply = node.one("daysSupply")
    days = supply.number("value")
    by_day = supply.word("code") in ("d", "day", "days", "") and supply.word("unit") in (
        "d",
        "day",
        "days",
        "",
    )
    lasts = int(days) if days is not None and by_day and 0 < days < MAX_DAYS else None
    return Dispensed(node.day("whenHandedOver") or node.day("whenPrepared"), lasts)


def with_dispenses(written: FactRecord, dispenses: list[Dispensed]) -> FactRecord:
    """The prescription with the refills that are left. `numberOfRepeatsAllowed` does not count
    the first dispense."""
    if not dispenses:
        return written
    values = dict(written.values)
    values["refills_left"] = max(0, int(values["refills_left"]) - (len(dispenses) - 1))
    dated = [each for each in dispenses if each.day]
    if dated:
        last = max(dated, key=lambda each: each.day or "")
        values["last_dispensed"] = last.day
        if last.day and last.lasts_days and values["refills_left"]:
            again = date.fromisoformat(last.day) + timedelta(days=last.lasts_days)
            values["next_refill"] = again.isoformat()
    return FactRecord(member_id=written.member_id, kind=written.kind, values=values)


def drug_of(node: Node) -> tuple[str, Ref]:
    """The drug's name and the Medication that may know it better. Many servers send the
    Medication along as a contained resource."""
    ref = node.ref("medicationReference")
    said = node.concept("medicationCodeableConcept") or ref.display
    inside = node.one("medicationReference").text("reference")
    if not said and inside.startswith("#"):
        for contained in node.all("contained"):
            if contained.text("id") == inside[1:]:
                said = contained.concept("code")
    return said, ref
