"""Everything that the cache knows about one member, as the card shows it.

Runs in: desk process, store thread.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, text

from ctidesk.calls.errors import KnownError
from ctidesk.care.member import (
    MOST_HISTORY,
    Appointment,
    Authorisation,
    Contact,
    Coverage,
    MemberCard,
    NetworkFact,
    Prescription,
    Provenance,
    Relation,
)
from ctidesk.crm import lookup_sql, schema
from ctidesk.crm.member_texts import MemberTexts
from ctidesk.crm.network_sql import Networks, listed, of_member
from ctidesk.crm.schema import Owner, facilities, members, numbers, relations
from ctidesk.crm.standing_schema import address_confirmations, authority_scopes, member_standings

DESK_SOURCE = "this desk"
MOST_FOUND = 20
"""Clinics and doctors that a look for one shows."""

_MEMBER = select(members).where(members.c.member_id == bindparam("member_id"))
_COVERAGES, _PRESCRIPTIONS, _AUTHORISATIONS = (
    select(table).where(table.c.member_ref == bindparam("ref")).order_by(table.c.id)
    for table in (schema.coverages, schema.prescriptions, schema.authorisations)
)
_APPOINTMENTS = (
    select(schema.appointments)
    .where(schema.appointments.c.member_ref == bindparam("ref"))
    .order_by(schema.appointments.c.starts_wall)
)
_CONTACTS = (
    select(schema.contacts)
    .where(schema.contacts.c.member_ref == bindparam("ref"))
    .order_by(schema.contacts.c.at_wall.desc())
    .limit(MOST_HISTORY)
)
_INTERACTIONS = (
    select(
        schema.calls.c.began_wall,
        schema.calls.c.direction,
        schema.interactions.c.code,
        schema.interactions.c.note,
        schema.interactions.c.saved_wall,
    )
    .join(schema.calls, schema.calls.c.call_id == schema.interactions.c.call_id)
    .where(schema.interactions.c.member_id == bindparam("member_id"))
    .order_by(schema.calls.c.began_wall.desc())
    .limit(MOST_HISTORY)
)
_LAST_NUMBER = (
    select(numbers.c.national)
    .where(numbers.c.owner_ref == bindparam("ref"), numbers.c.owner_kind == int(Owner.MEMBER))
    .order_by(numbers.c.preferred.desc(), numbers.c.id)
    .limit(1)
)
_HOUSEHOLD = (
    select(members.c.member_id, members.c.given, members.c.family)
    .where(
        members.c.household == bindparam("household"),
        members.c.household != "",
        members.c.id != bindparam("ref"),
    )
    .order_by(members.c.given)
    .limit(20)
)
_other = members.alias("other")
_RELATIONS = (
    select(
        relations,
        _other.c.member_id.label("other_id"),
        facilities.c.name.label("facility_name"),
        authority_scopes.c.scope,
    )
    .outerjoin(_other, _other.c.id == relations.c.other_ref)
    .outerjoin(facilities, facilities.c.id == relations.c.facility_ref)
    .outerjoin(authority_scopes, authority_scopes.c.relation_ref == relations.c.id)
    .where(relations.c.member_ref == bindparam("ref"))
    .order_by(relations.c.kind, relations.c.id)
)
_STANDING = select(member_standings).where(member_standings.c.member_ref == bindparam("ref"))
_CONFIRMED = select(address_confirmations.c.confirmed_on).where(
    address_confirmations.c.member_ref == bindparam("ref"),
    address_confirmations.c.address == bindparam("address"),
)
_CURRENT = text("SELECT kind, current_wall FROM fhir_cursors WHERE current_wall IS NOT NULL")

Current = Mapping[str, float]
"""Resource type → when the desk last knew all changes of it in the CRM (seconds, wall)."""


def card(connection: Connection, member_id: str) -> MemberCard:
    """The card of `member_id`. Raises `KnownError` member_unknown."""
    row = _member(connection, member_id)
    of = {"ref": row.id}
    number = connection.execute(_LAST_NUMBER, of).scalar()
    standing = connection.execute(_STANDING, of).first()
    current = _current(connection)
    texts = MemberTexts(connection, row.resource, current)
    prescriptions = tuple(
        _prescription(each, current) for each in connection.execute(_PRESCRIPTIONS, of)
    )
    return MemberCard(
        member_id=row.member_id,
        given=row.given,
        family=row.family,
        birth_date=_date(row.birth_date),
        postcode=row.postcode,
        address=row.address,
        policy_number=row.policy_number,
        phone_last4=(number or "")[-4:],
        language=row.language,
        channel_preference=row.channel_preference,
        crm_id=row.resource.partition("/")[2],
        deceased=standing.deceased if standing else "",
        merged_into=standing.merged_into if standing else "",
        restricted=bool(standing.restricted) if standing else False,
        flags=tuple(json.loads(row.flags)),
        coverages=tuple(_coverage(each, current) for each in connection.execute(_COVERAGES, of)),
        prescriptions=(*prescriptions, *texts.stopped(prescriptions)),
        authorisations=tuple(
            _authorisation(each, current) for each in connection.execute(_AUTHORISATIONS, of)
        ),
        appointments=tuple(
            _appointment(each, current) for each in connection.execute(_APPOINTMENTS, of)
        ),
        history=_history(connection, row, current),
        relations=_relations(connection, row, current),
        networks=of_member(
            _networks(connection, row, current),
            [*texts.care_team(), *listed(connection, row.id)],
        ),
        open_tasks=texts.open_tasks(),
        other_details=texts.other_details(row),
        address_confirmed=_date(
            connection.execute(_CONFIRMED, {**of, "address": row.address}).scalar() or ""
        ),
        provenance=_provenance(row, current),
    )


def check_network(connection: Connection, member_id: str, words: str) -> list[NetworkFact]:
    """Clinics and doctors with these words against the plan that covers the member today. Raises
    `KnownError` member_unknown."""
    member = _member(connection, member_id)
    networks = _networks(connection, member, _current(connection))
    return networks.facilities(lookup_sql.facilities(connection, words, MOST_FOUND))


def _member(connection: Connection, member_id: str) -> Row[Any]:
    row = connection.execute(_MEMBER, {"member_id": member_id}).first()
    if row is None:
        raise KnownError(
            "member_unknown",
            "This member is not in the member cache.",
            "Search by name or birth date, or import the newest member list.",
        )
    return row


def _current(connection: Connection) -> Current:
    return {each.kind: each.current_wall for each in connection.execute(_CURRENT)}


def _history(connection: Connection, member: Row[Any], current: Current) -> tuple[Contact, ...]:
    """Contacts of all channels, and what was just wrapped up at this desk, newest first."""
    found = [
        Contact(
            at=_instant(row.at_wall),
            channel=row.channel,
            direction=row.direction,
            summary=row.summary,
            code=row.code,
            provenance=_provenance(row, current),
        )
        for row in connection.execute(_CONTACTS, {"ref": member.id})
    ]
    found += [
        Contact(
            at=_instant(row.began_wall),
            channel="call",
            direction=row.direction,
            summary=row.note,
            code=row.code,
            provenance=Provenance(source=DESK_SOURCE, read_wall=row.saved_wall),
        )
        for row in connection.execute(_INTERACTIONS, {"member_id": member.member_id})
    ]
    found.sort(key=lambda contact: contact.at, reverse=True)
    return tuple(found[:MOST_HISTORY])


def _networks(connection: Connection, member: Row[Any], current: Current) -> Networks:
    return Networks(connection, member.id, current, datetime.now().astimezone().date())


def _relations(connection: Connection, member: Row[Any], current: Current) -> tuple[Relation, ...]:
    household = connection.execute(_HOUSEHOLD, {"household": member.household, "ref": member.id})
    found = [
        Relation(
            name=f"{row.given} {row.family}".strip(), kind="household", member_id=row.member_id
        )
        for row in household
    ]
    for row in connection.execute(_RELATIONS, {"ref": member.id}):
        found.append(
            Relation(
                name=row.name or row.facility_name or "",
                kind=row.kind,
                member_id=row.other_id or "",
                may_speak=row.may_speak,
                authority_until=_date(row.authority_until),
                scope=row.scope or "",
                provenance=_provenance(row, current),
            )
        )
    return tuple(found)


def _coverage(row: Row[Any], current: Current) -> Coverage:
    return Coverage(
        plan=row.plan,
        payer=row.payer,
        status=row.status,
        begins=_date(row.begins),
        ends=_date(row.ends),
        copay=row.copay,
        key=row.resource,
        provenance=_provenance(row, current),
    )


def _prescription(row: Row[Any], current: Current) -> Prescription:
    return Prescription(
        drug=row.drug,
        prescriber=row.prescriber,
        expires=_date(row.expires),
        refills_left=row.refills_left,
        last_dispensed=_date(row.last_dispensed),
        next_refill=_date(row.next_refill),
        key=row.resource,
        provenance=_provenance(row, current),
    )


def _authorisation(row: Row[Any], current: Current) -> Authorisation:
    return Authorisation(
        item=row.item,
        status=row.status,
        expires=_date(row.expires),
        units_left=row.units_left,
        key=row.resource,
        provenance=_provenance(row, current),
    )


def _appointment(row: Row[Any], current: Current) -> Appointment:
    return Appointment(
        starts=_instant(row.starts_wall),
        what=row.what,
        doctor=row.doctor,
        place=row.place,
        status=row.status,
        bring=row.bring,
        key=row.resource,
        provenance=_provenance(row, current),
    )


def _provenance(row: Row[Any], current: Current) -> Provenance:
    """A fact of the CRM that did not change is as fresh as the last pull that asked for changes."""
    asked = current.get(row.resource.partition("/")[0], 0.0)
    return Provenance(source=row.source, read_wall=max(row.read_wall, asked))


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _instant(wall: float) -> datetime:
    return datetime.fromtimestamp(wall, UTC)
