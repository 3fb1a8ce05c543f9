"""From a number or search hit to the person or facility behind it.

Runs in: desk process, store thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select

from ctidesk.care.member import Candidate, Party
from ctidesk.crm.matching import PARTY_OF_FACILITY, SPEAKS_FOR
from ctidesk.crm.schema import Owner, colleagues, facilities, members, numbers, relations

_REFS: BindParameter[Any] = bindparam("refs", expanding=True)
_MEMBERS = select(
    members.c.id,
    members.c.member_id,
    members.c.given,
    members.c.family,
    members.c.birth_date,
    members.c.household,
).where(members.c.id.in_(_REFS))
_FACILITIES = select(facilities).where(facilities.c.id.in_(_REFS))
_COLLEAGUES = select(colleagues).where(colleagues.c.id.in_(_REFS))
_AT_EXTENSION = select(colleagues.c.id).where(colleagues.c.extension == bindparam("extension"))
_SPOKEN_FOR = select(
    relations.c.id,
    relations.c.other_ref,
    relations.c.name,
    relations.c.kind,
    relations.c.authority_until,
    members.c.member_id,
    members.c.given,
    members.c.family,
    members.c.birth_date,
).join(members, members.c.id == relations.c.member_ref)
_RELATIONS = _SPOKEN_FOR.where(relations.c.id.in_(_REFS))
_RELATIONS_OF = _SPOKEN_FOR.where(
    relations.c.other_ref.in_(_REFS), relations.c.kind.in_(sorted(SPEAKS_FOR))
)
_NUMBERS = (
    select(numbers.c.e164, numbers.c.national)
    .where(numbers.c.owner_ref == bindparam("ref"), numbers.c.owner_kind == bindparam("kind"))
    .order_by(numbers.c.preferred.desc(), numbers.c.id)
)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something of the directory that was found. `kind`: of the number, e.g. "mobile"."""

    owner: Owner
    ref: int
    kind: str = ""
    certainty: str = "exact"


def resolve(
    connection: Connection, hits: Sequence[Hit], *, searched: bool = False
) -> list[Candidate]:
    """The candidates of `hits`. By number, a carer who is a member too comes as both; `searched`
    names ids as the reason, where a number's kind would say nothing."""
    by_owner: dict[Owner, dict[int, list[Hit]]] = {}
    for hit in hits:
        by_owner.setdefault(hit.owner, {}).setdefault(hit.ref, []).append(hit)
    found: list[Candidate] = []
    if of_members := by_owner.get(Owner.MEMBER):
        found += _members(connection, of_members, searched)
        if not searched:
            found += _speaking(connection, of_members, by_person=True)
    if of_relations := by_owner.get(Owner.RELATION):
        found += _speaking(connection, of_relations, by_person=False)
    if of_facilities := by_owner.get(Owner.FACILITY):
        found += _facilities(connection, of_facilities)
    if of_colleagues := by_owner.get(Owner.COLLEAGUE):
        found += _colleagues(connection, of_colleagues)
    return found


def colleagues_at(connection: Connection, extension: str) -> list[Candidate]:
    """The colleague with this extension, if any."""
    refs = connection.execute(_AT_EXTENSION, {"extension": extension}).scalars()
    return resolve(connection, [Hit(Owner.COLLEAGUE, ref) for ref in refs])


def dialable_numbers(connection: Connection, key: str) -> list[str]:
    """What can be dialled for the candidate with `key`: E.164, else national digits; preferred
    first, a colleague's extension before all."""
    owner, ref = _owner_of(key)
    if owner is None:
        return []
    found: list[str] = []
    if owner is Owner.COLLEAGUE:
        row = connection.execute(_COLLEAGUES, {"refs": [ref]}).first()
        found += [row.extension] if row else []
    rows = connection.execute(_NUMBERS, {"ref": ref, "kind": int(owner)})
    found += [row.e164 or row.national for row in rows]
    return list(dict.fromkeys(number for number in found if number))


def key_of(owner: Owner, ref: int) -> str:
    return f"{owner.name.lower()}:{ref}"


def _owner_of(key: str) -> tuple[Owner | None, int]:
    name, _, ref = key.partition(":")
    owner = Owner.__members__.get(name.upper())
    return (owner, int(ref)) if owner is not None and ref.isdecimal() else (None, 0)


def _members(
    connection: Connection, hits: dict[int, list[Hit]], searched: bool
) -> Iterable[Candidate]:
    rows = list(connection.execute(_MEMBERS, {"refs": list(hits)}))
    households = {row.household for row in rows}
    shared = len(rows) > 1 and not searched
    shared_as = "household number" if len(households) == 1 and "" not in households else "number"
    for row in rows:
        candidate = Candidate(
            key=key_of(Owner.MEMBER, row.id),
            party=Party.MEMBER,
            name=f"{row.given} {row.family}".strip(),
            member_id=row.member_id,
            birth_year=int(row.birth_date[:4]) if row.birth_date else None,
        )
        for hit in hits[row.id]:
            reason = f"shared {shared_as}" if shared else _kind(hit)
            yield _match(candidate, hit, row.member_id if searched else reason)


def _speaking(
    connection: Connection, hits: dict[int, list[Hit]], *, by_person: bool
) -> Iterable[Candidate]:
    """Carers and guardians: one candidate for each member that they speak for."""
    query = _RELATIONS_OF if by_person else _RELATIONS
    rows = list(connection.execute(query, {"refs": list(hits)}))
    today = date.today().isoformat()
    for row in rows:
        member = f"{row.given} {row.family}".strip()
        expired = bool(row.authority_until) and row.authority_until < today
        candidate = Candidate(
            key=key_of(Owner.RELATION, row.id),
            party=Party.CARER,
            name=row.name,
            member_id=row.member_id,
            birth_year=int(row.birth_date[:4]) if row.birth_date else None,
        )
        reason = f"{row.kind} of {member}" + (", authority expired" if expired else "")
        for hit in hits[row.other_ref if by_person else row.id]:
            yield _match(candidate, hit, reason)


def _facilities(connection: Connection, hits: dict[int, list[Hit]]) -> Iterable[Candidate]:
    for row in connection.execute(_FACILITIES, {"refs": list(hits)}):
        candidate = Candidate(
            key=key_of(Owner.FACILITY, row.id),
            party=PARTY_OF_FACILITY.get(row.kind, Party.UNKNOWN),
            name=row.name,
            facility_id=row.facility_id,
        )
        for hit in hits[row.id]:
            yield _match(candidate, hit, row.kind.replace("_", " "))


def _colleagues(connection: Connection, hits: dict[int, list[Hit]]) -> Iterable[Candidate]:
    for row in connection.execute(_COLLEAGUES, {"refs": list(hits)}):
        candidate = Candidate(
            key=key_of(Owner.COLLEAGUE, row.id), party=Party.UNKNOWN, name=row.name
        )
        for hit in hits[row.id]:
            yield _match(candidate, hit, f"colleague, extension {row.extension}")


def _kind(hit: Hit) -> str:
    return f"{hit.kind} number" if hit.kind else "number"


def _match(candidate: Candidate, hit: Hit, reason: str) -> Candidate:
    return replace(candidate, reason=reason, certainty=hit.certainty)
