"""What the desk asks for on a member's behalf: a refill, supplies. Somebody with the right to
decides; a desk only proposes.

Runs in: desk process, any thread. Pure. https://hl7.org/fhir/R4/medicationrequest.html,
https://hl7.org/fhir/R4/supplyrequest.html. Identifier and patient are filled in when it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ctidesk.crm.fhir.call_resources import instant

Resource = dict[str, Any]
_COPIED = ("medicationCodeableConcept", "medicationReference", "dosageInstruction", "insurance")


def refill(prescription: Mapping[str, Any], agent: str, asked_wall: float) -> Resource:
    """Of a MedicationRequest as the CRM has it."""
    found: Resource = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "proposal",
        "authoredOn": instant(asked_wall),
        "requester": {"display": agent},
        "priorPrescription": {"reference": f"MedicationRequest/{prescription['id']}"},
    }
    for name in _COPIED:
        if name in prescription:
            found[name] = prescription[name]
    if not any(name.startswith("medication") for name in found):
        found["medicationCodeableConcept"] = {"text": "As prescribed before"}
    return found


def supply(item: str, quantity: int, agent: str, asked_wall: float) -> Resource:
    """Of goods by name, such as "Test strips"; `quantity`: pieces or packs as the item says."""
    return {
        "resourceType": "SupplyRequest",
        "status": "active",
        "priority": "routine",
        "itemCodeableConcept": {"text": item},
        "quantity": {"value": quantity},
        "authoredOn": instant(asked_wall),
        "requester": {"display": agent},
    }
