"""Clinics and doctors against a member's own plan, as the cache knows them.

Runs in: desk process, store thread. Reads the CRM's own texts (roles, affiliations, plans) when it
is asked: a member has a handful of them, and what they say is never a copy that has grown old.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from ctidesk.care.member import NetworkFact, Provenance, Standing
from ctidesk.care.network import Network, OwnPlan, standing_of_contracts, standing_of_words
from ctidesk.crm.fhir import pages
from ctidesk.crm.fhir.care_team import networks_of
from ctidesk.crm.fhir.tree import Node, Ref

MOST_OF_MEMBER = 12
MOST_PLANS = 300
"""Plans of a CRM whose texts are read to find one by its number."""

_ROW = "SELECT key, title, source, read_wall, body FROM fhir_resources WHERE key = ?"
_ABOUT = (
    "SELECT key, title, source, read_wall, body FROM fhir_resources"
    " WHERE about = ? AND about != '' AND +key GLOB ? LIMIT 50"
)
# "0" comes right after "/"
_PLANS = (
    "SELECT key, title, source, read_wall, body FROM fhir_resources"
    " WHERE key > 'InsurancePlan/' AND key < 'InsurancePlan0' LIMIT ?"
)
_FACILITY = "SELECT name, kind, network_status, source, read_wall, resource FROM facilities"
_RELATED = (
    "SELECT f.name, f.kind, f.resource FROM relations r JOIN facilities f ON f.id = r.facility_ref"
    " WHERE r.member_ref = ? ORDER BY r.id LIMIT 20"
)
_VISITS = (
    "SELECT * FROM (SELECT doctor, place FROM appointments WHERE member_ref = ? AND resource = ''"
    " ORDER BY starts_wall DESC LIMIT 20) UNION ALL SELECT DISTINCT prescriber, '' FROM"
    " prescriptions WHERE member_ref = ? AND resource = ''"
)
_COVERS = (
    "SELECT plan, resource FROM coverages WHERE member_ref = ?1 AND (begins IS NULL OR begins <="
    " ?2) AND (ends IS NULL OR ends >= ?2) AND lower(status) NOT IN"
    " ('cancelled', 'canceled', 'expired', 'terminated', 'inactive', 'ended', 'not eligible',"
    " 'draft')"
)


@dataclass(frozen=True, slots=True)
class Own:
    """A clinic or doctor that a member goes to. `key`: of the CRM's record, "" without one. `at`:
    the organisation where she sees the doctor."""

    key: str
    name: str
    at: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class _Text:
    """A resource of the CRM."""

    key: str
    title: str
    source: str
    read_wall: float
    node: Node

    @property
    def kind(self) -> str:
        return self.key.partition("/")[0]


class Networks:
    """`current`: resource type → when all changes of it were known last (seconds, wall)."""

    def __init__(
        self, connection: Connection, member_ref: int, current: Mapping[str, float], today: date
    ) -> None:
        self._connection = connection
        self._current = current
        self._today = today.isoformat()
        self._member_ref = member_ref
        self.plan = self._own_plan()

    def of_key(self, key: str, shown: str = "", at: str = "") -> list[NetworkFact]:
        """Of a resource: a clinic, a place of it, a doctor, or a doctor's role at one place. `at`:
        only the doctor's role at this organisation, where there is one."""
        text = self._text(key)
        if text is None:
            return [_unknown(shown, _kind_of(key))] if shown else []
        if text.kind == "Location":
            clinic = text.node.ref("managingOrganization")
            return self.of_key(clinic.key, shown or text.title or clinic.display)
        if text.kind == "Practitioner":
            return self._doctor(text, shown, at)
        if text.kind == "PractitionerRole":
            return [self._role(text, shown)]
        return [self._clinic(text, shown)] if text.kind == "Organization" else []

    def of_facility(self, row: Any) -> list[NetworkFact]:
        """Of a row of the directory."""
        name, kind, words, source, read_wall, resource = row
        if resource:
            return self.of_key(resource, name)
        provenance = Provenance(source=source, read_wall=read_wall)
        standing = standing_of_words(self.plan, words)
        said = () if standing is Standing.NOT_KNOWN or not words else (words,)
        return [
            NetworkFact(
                name=name, kind=kind, standing=standing, networks=said, provenance=provenance
            )
        ]

    def named(self, name: str, kind: str) -> list[NetworkFact]:
        """Of a name in a list without records: a facility of just that name, else not known."""
        rows = self._facilities(name)
        return self.of_facility(rows[0]) if len(rows) == 1 else [_unknown(name, kind)]

    def facilities(self, refs: Iterable[int]) -> list[NetworkFact]:
        """Of rows of the directory; a doctor's entry of another place says that place."""
        found: list[NetworkFact] = []
        for ref in refs:
            row = self._connection.exec_driver_sql(f"{_FACILITY} WHERE id = ?", (ref,)).first()
            found += self.of_facility(row) if row is not None else []
        return list(dict.fromkeys(found))

    # ----------------------------------------------------------------- private

    def _own_plan(self) -> OwnPlan:
        covers = self._rows(_COVERS, self._member_ref, self._today)
        names = {plan for plan, _ in covers if plan}
        numbers: set[str] = set()
        for _, resource in covers:
            text = self._text(resource) if resource.startswith("Coverage/") else None
            if text is None:
                continue
            names |= {said for said in [text.node.text("network", 120)] if said}
            for each in text.node.all("class"):
                if {"plan", "subplan", "group"} & each.codes("type"):
                    names |= {said for said in [each.text("name", 120)] if said}
                    numbers |= {said for said in [each.text("value", 120)] if said}
        networks = [one for text in self._plans(names, numbers) for one in self._named(text)]
        return OwnPlan(frozenset(names), tuple(dict.fromkeys(networks)))

    def _plans(self, names: set[str], numbers: set[str]) -> Iterator[_Text]:
        """The CRM's records of the plans with these names or numbers."""
        if not names and not numbers:
            return
        wanted = {name.casefold() for name in names}
        for row in self._rows(_PLANS, MOST_PLANS):
            text = _text_of(row)
            parts = (text.node, *text.node.all("plan"))
            known = {each.text("value") for part in parts for each in part.all("identifier")}
            called = {
                text.title.casefold(),
                *(each.casefold() for each in text.node.texts("alias")),
            }
            if called & wanted or known & numbers:
                yield text

    def _named(self, plan: _Text) -> list[Network]:
        parts = (plan.node, *plan.node.all("plan"))
        return self._as_networks([ref for part in parts for ref in part.refs("network")])

    def _doctor(self, who: _Text, shown: str, at: str) -> list[NetworkFact]:
        roles = [_text_of(row) for row in self._rows(_ABOUT, who.key, "PractitionerRole/*")]
        roles = [role for role in roles if role.node.flag("active") is not False]
        here = [role for role in roles if at and role.node.ref("organization").key == at]
        found = [self._role(role, shown or who.title) for role in here or roles]
        return found or [_unknown(shown or who.title, "doctor", self._told(who))]

    def _role(self, role: _Text, shown: str) -> NetworkFact:
        place = role.node.ref("organization")
        clinic = self._text(place.key) if place.key and not place.display else None
        contracts = self._as_networks(networks_of(role.node))
        who = role.node.ref("practitioner")
        person = self._text(who.key) if not shown and not who.display else None
        return NetworkFact(
            name=shown or who.display or (person.title if person else ""),
            kind="doctor",
            standing=standing_of_contracts(self.plan, contracts),
            place=place.display or (clinic.title if clinic else ""),
            networks=tuple(one.name for one in contracts if one.name),
            provenance=self._told(role),
        )

    def _clinic(self, clinic: _Text, shown: str) -> NetworkFact:
        """By its affiliations; one that has ended says nothing any more."""
        refs: list[Ref] = []
        told = clinic
        for row in self._rows(_ABOUT, clinic.key, "OrganizationAffiliation/*"):
            tie = _text_of(row)
            ends = tie.node.one("period").day("end", end=True)
            if tie.node.flag("active") is False or (ends and ends < self._today):
                continue
            told = tie
            refs += tie.node.refs("network")
        contracts = self._as_networks(refs)
        rows = self._rows(f"{_FACILITY} WHERE resource = ? LIMIT 1", clinic.key)
        return NetworkFact(
            name=clinic.title or shown,
            kind=rows[0][1] if rows else "clinic",
            standing=standing_of_contracts(self.plan, contracts),
            networks=tuple(one.name for one in contracts if one.name),
            provenance=self._told(told),
        )

    def _as_networks(self, refs: Sequence[Ref]) -> list[Network]:
        found = []
        for ref in refs:
            text = self._text(ref.key) if ref.key and not ref.display else None
            found.append(Network(ref.key, ref.display or (text.title if text else "")))
        return list(dict.fromkeys(found))

    def _told(self, text: _Text) -> Provenance:
        asked = self._current.get(text.kind, 0.0)
        return Provenance(source=text.source, read_wall=max(text.read_wall, asked))

    def _facilities(self, name: str) -> Sequence[Any]:
        quoted = "".join(char if char.isalnum() else " " for char in name).strip()
        if not quoted:
            return []
        match = "SELECT rowid / 4 FROM directory_fts WHERE directory_fts MATCH ? AND rowid % 4 = 1"
        query = f"{_FACILITY} WHERE id IN ({match} LIMIT 20) AND name = ? COLLATE NOCASE"
        return self._rows(query, f'name: "{quoted}"', name)

    def _text(self, key: str) -> _Text | None:
        row = self._connection.exec_driver_sql(_ROW, (key,)).first() if key else None
        return None if row is None else _text_of(row)

    def _rows(self, query: str, *values: Any) -> Sequence[Any]:
        return self._connection.exec_driver_sql(query, values).fetchall()


def of_member(networks: Networks, own: Iterable[Own]) -> tuple[NetworkFact, ...]:
    """Her clinics, then her doctors, each once; of very many those that come first."""
    found: list[NetworkFact] = []
    for one in own:
        if one.key:
            facts = networks.of_key(one.key, one.name, one.at)
        else:
            facts = networks.named(one.name, one.kind)
        found += [fact for fact in facts if fact.name and not _has(found, fact)]
        if len(found) >= MOST_OF_MEMBER:
            break
    return tuple(sorted(found[:MOST_OF_MEMBER], key=lambda fact: fact.is_doctor))


def listed(connection: Connection, member_ref: int) -> list[Own]:
    """Clinics and doctors of a member's relations, and of what came in lists without records."""
    found = []
    for name, kind, resource in connection.exec_driver_sql(_RELATED, (member_ref,)):
        found.append(Own(resource, name, kind=kind))
    for doctor, place in connection.exec_driver_sql(_VISITS, (member_ref, member_ref)):
        found += [Own("", place, kind="clinic")] if place else []
        found += [Own("", doctor, kind="doctor")] if doctor else []
    return list(dict.fromkeys(found))


# -------------------------------------------------------------------- private


def _has(found: Sequence[NetworkFact], one: NetworkFact) -> bool:
    return (one.name, one.place) in {(each.name, each.place) for each in found}


def _text_of(row: Any) -> _Text:
    key, title, source, read_wall, body = row
    return _Text(key, title, source, read_wall, Node(pages.parse(body), []))


def _kind_of(key: str) -> str:
    return "doctor" if key.startswith("Practitioner") else "clinic"


def _unknown(name: str, kind: str, told: Provenance | None = None) -> NetworkFact:
    nobody = Provenance(source="unknown", read_wall=0.0)
    return NetworkFact(name=name, kind=kind, standing=Standing.NOT_KNOWN, provenance=told or nobody)
