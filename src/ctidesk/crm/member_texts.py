"""What of the CRM's own texts the card shows beside its rows: tasks, stopped prescriptions, clinics
and doctors, and where the CRM's record and a newer import disagree.

Runs in: desk process, store thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from ctidesk.care.member import OpenTask, OtherDetail, Prescription, Provenance
from ctidesk.crm.fhir import medication, pages
from ctidesk.crm.fhir.people import address, birth_date
from ctidesk.crm.fhir.tree import Node, Ref
from ctidesk.crm.network_sql import Own

_OPEN = frozenset({"draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold"})
_STOPPED = frozenset({"cancelled", "stopped"})
_DOCTORS = ("Practitioner", "PractitionerRole")
_PLACES = ("Location", "Organization")
MOST = 200

_ABOUT = (
    "SELECT r.key, r.source, r.read_wall, r.body FROM fhir_resources r WHERE r.about IN"
    " (SELECT ?1 UNION SELECT key FROM fhir_merges WHERE instead = ?1) AND r.about != ''"
    " AND +r.key GLOB ?2 ORDER BY r.id DESC LIMIT ?3"
)
_OWN = "SELECT key, source, read_wall, body FROM fhir_resources WHERE key = ?"


class MemberTexts:
    """The CRM's texts about one Patient. `key`: "Patient/1", "" for a member of a file: then there
    is nothing."""

    def __init__(self, connection: Connection, key: str, current: Mapping[str, float]) -> None:
        self._connection = connection
        self._key = key
        self._current = current

    def open_tasks(self) -> tuple[OpenTask, ...]:
        found = []
        for key, source, read_wall, body in self._about("Task"):
            node = _node(body)
            status = node.word("status")
            if status not in _OPEN:
                continue
            due = node.one("restriction").one("period").day("end", end=True)
            what = node.text("description", 200) or node.concept("code") or "Task"
            words = f"{node.concept('code')} {what} {' '.join(node.codes('code'))}".lower()
            found.append(
                OpenTask(
                    what=what,
                    status=status,
                    due=date.fromisoformat(due) if due else None,
                    is_complaint="complain" in words or "grievance" in words,
                    provenance=self._told(key, source, read_wall),
                )
            )
        return tuple(found)

    def stopped(self, active: Iterable[Prescription]) -> tuple[Prescription, ...]:
        """Prescriptions that the CRM says were stopped, of drugs that the card shows as active."""
        drugs = {_word(one.drug) for one in active}
        found = []
        for key, source, read_wall, body in self._about("MedicationRequest") if drugs else ():
            node = _node(body)
            drug = medication.drug_of(node)[0]
            if node.word("status") not in _STOPPED or _word(drug) not in drugs:
                continue
            found.append(
                Prescription(
                    drug=drug,
                    prescriber=node.ref("requester").display,
                    expires=None,
                    refills_left=0,
                    last_dispensed=None,
                    next_refill=None,
                    status=node.word("status"),
                    provenance=self._told(key, source, read_wall),
                )
            )
        return tuple(found)

    def other_details(self, row: Any) -> tuple[OtherDetail, ...]:
        """`row`: of the member. An import that came after the CRM wrote over it: what the CRM says
        still is the other side."""
        if not self._key:
            return ()
        own = self._connection.exec_driver_sql(_OWN, (self._key,)).first()
        if own is None or own[1] == row.source:
            return ()
        node = _node(own[3])
        told = self._told(own[0], own[1], own[2])
        street, postcode = address(node)
        theirs = {
            "birth_date": (birth_date(node), row.birth_date),
            "address": (
                f"{street}, {postcode}".strip(", "),
                f"{row.address}, {row.postcode}".strip(", "),
            ),
        }
        return tuple(
            OtherDetail(detail=detail, value=said, provenance=told)
            for detail, (said, shown) in theirs.items()
            if said and shown and _word(said) != _word(shown)
        )

    def care_team(self) -> list[Own]:
        """Whom the member goes to: of the appointments, the prescriptions, the record itself; the
        newest first."""
        found: dict[str, Own] = {}

        def take(refs: Iterable[Ref], at: str = "") -> None:
            for ref in refs:
                if ref.key:
                    found.setdefault(ref.key, Own(ref.key, ref.display, at))

        for _, _, _, body in self._about("Appointment"):
            actors = [each.ref("actor") for each in _node(body).all("participant")]
            places = [ref for ref in actors if ref.kind in _PLACES]
            clinics = [self._organisation(ref) for ref in places]
            take(places)
            take((r for r in actors if r.kind in _DOCTORS), next((c for c in clinics if c), ""))
        for _, _, _, body in self._about("MedicationRequest"):
            take([ref for ref in [_node(body).ref("requester")] if ref.kind != "Patient"])
        own = self._connection.exec_driver_sql(_OWN, (self._key,)).first() if self._key else None
        if own is not None:
            take(_node(own[3]).refs("generalPractitioner"))
        return list(found.values())

    # ----------------------------------------------------------------- private

    def _organisation(self, place: Ref) -> str:
        if place.kind == "Organization":
            return place.key
        row = self._connection.exec_driver_sql(_OWN, (place.key,)).first()
        return _node(row[3]).ref("managingOrganization").key if row is not None else ""

    def _about(self, kind: str) -> Any:
        if not self._key:
            return ()
        return self._connection.exec_driver_sql(_ABOUT, (self._key, f"{kind}/*", MOST)).fetchall()

    def _told(self, key: str, source: str, read_wall: float) -> Provenance:
        asked = self._current.get(key.partition("/")[0], 0.0)
        return Provenance(source=source, read_wall=max(read_wall, asked))


def _node(body: str) -> Node:
    return Node(pages.parse(body), [])


def _word(text: str) -> str:
    return " ".join(text.casefold().split())
