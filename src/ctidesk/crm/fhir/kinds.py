"""The resource types that the desk reads, in the order of their first load, and their readers.

Runs in: desk process, any thread. Pure.
"""

from __future__ import annotations

from ctidesk.crm.fhir import care_team, cover, medication, people, schedule
from ctidesk.crm.fhir.reading import Reader

READERS: dict[str, Reader] = {
    # whose names the others show come first, then who calls
    "Organization": care_team.organization,
    "Location": care_team.location,
    "Practitioner": care_team.practitioner,
    "PractitionerRole": care_team.practitioner_role,
    "OrganizationAffiliation": care_team.affiliation,
    "InsurancePlan": care_team.insurance_plan,
    "Patient": people.patient,
    "RelatedPerson": people.related_person,
    "Consent": people.consent,
    "Coverage": cover.coverage,
    "CoverageEligibilityResponse": cover.eligibility,
    "Appointment": schedule.appointment,
    "MedicationDispense": medication.dispense,
    "MedicationRequest": medication.request,
    "ClaimResponse": cover.claim_response,
    "SupplyRequest": cover.supply_request,
    "DeviceRequest": cover.device_request,
    "Communication": schedule.communication,
    "Task": schedule.task,
    "DocumentReference": schedule.document,
    "Schedule": schedule.schedule,
    "Slot": schedule.slot,
}
KINDS = tuple(READERS)
