"""Writes records of an import into the cache: new ones added, known ones replaced.

Runs in: desk process, store thread.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.dml import ReturningInsert

from ctidesk.crm import schema
from ctidesk.crm.content_sql import content
from ctidesk.crm.import_tally import BatchTally
from ctidesk.crm.lookup_sql import birth_token
from ctidesk.crm.matching import PARTY_OF_FACILITY, tail_of
from ctidesk.crm.records import (
    CarerRecord,
    ColleagueRecord,
    FacilityRecord,
    FactKind,
    FactRecord,
    MemberRecord,
    Phone,
    Record,
)
from ctidesk.crm.schema import Owner, colleagues, facilities, members, numbers, relations
from ctidesk.crm.standing_schema import ADD_SCOPE, ADD_STANDING, DROP_STANDING

_FTS = text(
    "INSERT OR REPLACE INTO directory_fts(rowid, name, ident) VALUES (:rowid, :name, :ident)"
)
_FTS_DELETE = text("DELETE FROM directory_fts WHERE rowid = :rowid")
_ADD_NUMBER = insert(numbers)
_KNOWN_NUMBERS = select(numbers.c.e164, numbers.c.national).where(
    numbers.c.owner_ref == bindparam("ref"), numbers.c.owner_kind == bindparam("kind")
)
_FORGET_NUMBERS = delete(numbers).where(
    numbers.c.owner_ref == bindparam("ref"), numbers.c.owner_kind == bindparam("kind")
)
_FORGET_FACTS = tuple(
    delete(table).where(table.c.member_ref == bindparam("ref"), table.c.source == bindparam("of"))
    for table in (schema.metadata.tables[kind.value] for kind in FactKind)
)
_CARERS = select(relations.c.id).where(
    relations.c.member_ref == bindparam("ref"), relations.c.source == bindparam("of")
)
_MEMBER_REF = select(members.c.id, members.c.import_ref).where(
    members.c.member_id == bindparam("member_id")
)


class UnknownMember(Exception):
    """A fact or a carer of a member whom the cache does not have. Carries no id."""


class Writer:
    """Writes the records of one import. `source` and `read_wall` become each fact's provenance;
    what the same source said about a member before is replaced when the member is met first.
    `tally` counts members, facilities and colleagues, each once per import."""

    def __init__(
        self, connection: Connection, *, source: str, read_wall: float, import_ref: int
    ) -> None:
        self.connection = connection
        self._fact = {"source": source, "read_wall": read_wall}
        self._import_ref = import_ref
        self.tally = BatchTally()

    def put(self, record: Record) -> None:
        """Raises `UnknownMember` for a fact or carer of nobody."""
        if isinstance(record, MemberRecord):
            self._member(record)
        elif isinstance(record, FacilityRecord):
            self._facility(record)
        elif isinstance(record, ColleagueRecord):
            self._colleague(record)
        elif isinstance(record, CarerRecord):
            self._carer(record)
        else:
            self._fact_of(record)

    def _member(self, record: MemberRecord) -> None:
        known = self._ref_of(record.member_id)
        if known is None:
            self.tally.added += 1
        else:
            self._meet(Owner.MEMBER, known[0], known[1] != self._import_ref)
        ref = self._upsert(
            members,
            "member_id",
            {
                "member_id": record.member_id,
                "given": record.given,
                "family": record.family,
                "birth_date": record.birth_date,
                "postcode": record.postcode,
                "address": record.address,
                "policy_number": record.policy_number,
                "language": record.language,
                "channel_preference": record.channel_preference,
                "flags": json.dumps(record.flags, ensure_ascii=False),
                "household": record.household,
                "import_ref": self._import_ref,
            },
        )
        if known is not None and known[1] != self._import_ref:
            self._forget_facts(ref)
        self._standing(ref, record, known is not None)
        self._add_phones(Owner.MEMBER, ref, record.phones)
        ident = f"{record.member_id} {record.policy_number} {birth_token(record.birth_date)}"
        self._index(Owner.MEMBER, ref, f"{record.given} {record.family}", ident)

    def _standing(self, ref: int, record: MemberRecord, was_known: bool) -> None:
        if was_known:
            self.connection.exec_driver_sql(DROP_STANDING, (ref,))
        if record.deceased or record.merged_into or record.restricted:
            values = (ref, record.deceased, record.merged_into, record.restricted)
            self.connection.exec_driver_sql(ADD_STANDING, values)

    def _facility(self, record: FacilityRecord) -> None:
        self._count(Owner.FACILITY, facilities, "facility_id", record.facility_id)
        ref = self._upsert(
            facilities,
            "facility_id",
            {
                "facility_id": record.facility_id,
                "name": record.name,
                "kind": record.kind,
                "party": PARTY_OF_FACILITY[record.kind].value,
                "address": record.address,
                "network_status": record.network_status,
            },
        )
        self._forget_phones(Owner.FACILITY, ref)
        self._add_phones(Owner.FACILITY, ref, record.phones)
        self._index(Owner.FACILITY, ref, record.name, record.facility_id)

    def _colleague(self, record: ColleagueRecord) -> None:
        self._count(Owner.COLLEAGUE, colleagues, "extension", record.extension)
        ref = self._upsert(
            colleagues,
            "extension",
            {"extension": record.extension, "name": record.name, "team": record.team},
        )
        self._forget_phones(Owner.COLLEAGUE, ref)
        self._add_phones(Owner.COLLEAGUE, ref, record.phones)
        self._index(Owner.COLLEAGUE, ref, f"{record.name} {record.team}", record.extension)

    def _carer(self, record: CarerRecord) -> None:
        member_ref = self._touched(record.member_id)
        other = self._ref_of(record.other_id) if record.other_id else None
        values = {
            "member_ref": member_ref,
            "other_ref": other[0] if other else None,
            "name": record.name,
            "kind": record.kind,
            "may_speak": record.may_speak,
            "authority_until": record.authority_until,
        }
        added = insert(relations).values(**values, **self._fact).returning(relations.c.id)
        ref = int(self.connection.execute(added).scalar_one())
        if record.scope:
            self.connection.exec_driver_sql(ADD_SCOPE, (ref, record.scope))
        self._add_phones(Owner.RELATION, ref, record.phones)
        self._index(Owner.RELATION, ref, record.name, "")

    def _fact_of(self, record: FactRecord) -> None:
        table = schema.metadata.tables[record.kind.value]
        self.connection.execute(
            insert(table).values(
                member_ref=self._touched(record.member_id), **record.values, **self._fact
            )
        )

    def _touched(self, member_id: str) -> int:
        """The member's row; at the first touch by this import, older facts of the source go."""
        known = self._ref_of(member_id)
        if known is None:
            raise UnknownMember
        ref, import_ref = known
        self._meet(Owner.MEMBER, ref, import_ref != self._import_ref)
        if import_ref != self._import_ref:
            self._forget_facts(ref, keep_phones=True)
            self.connection.execute(
                members.update().where(members.c.id == ref).values(import_ref=self._import_ref)
            )
        return ref

    def _count(self, owner: Owner, table: Table, key: str, value: str) -> None:
        """Of a facility or colleague, before it is written: their provenance tells the import."""
        wanted = select(table.c.id, table.c.source, table.c.read_wall).where(table.c[key] == value)
        known = self.connection.execute(wanted).first()
        if known is None:
            self.tally.added += 1
        else:
            own = (self._fact["source"], self._fact["read_wall"])
            self._meet(owner, known.id, (known.source, known.read_wall) != own)

    def _meet(self, owner: Owner, ref: int, first: bool) -> None:
        """One that was there, before it is written to; `first` by this import."""
        entity = ref * 4 + int(owner)
        if first:
            self.tally.before[entity] = content(self.connection, owner, ref)
        self.tally.touched.add(entity)

    def _ref_of(self, member_id: str) -> tuple[int, int | None] | None:
        row = self.connection.execute(_MEMBER_REF, {"member_id": member_id}).first()
        return (row.id, row.import_ref) if row else None

    def _upsert(self, table: Table, key: str, values: dict[str, Any]) -> int:
        statement = _upsert_into(table, key, tuple(values))
        return int(self.connection.execute(statement, {**values, **self._fact}).scalar_one())

    def _forget_facts(self, ref: int, *, keep_phones: bool = False) -> None:
        what = {"ref": ref, "of": self._fact["source"]}
        for forget in _FORGET_FACTS:
            self.connection.execute(forget, what)
        for carer in self.connection.execute(_CARERS, what).scalars().all():
            self._forget_phones(Owner.RELATION, carer)
            self.connection.execute(_FTS_DELETE, {"rowid": carer * 4 + Owner.RELATION})
            self.connection.execute(delete(relations).where(relations.c.id == carer))
        if not keep_phones:
            self._forget_phones(Owner.MEMBER, ref)

    def _forget_phones(self, owner: Owner, ref: int) -> None:
        self.connection.execute(_FORGET_NUMBERS, {"ref": ref, "kind": int(owner)})

    def _add_phones(self, owner: Owner, ref: int, phones: tuple[Phone, ...]) -> None:
        if not phones:
            return
        has = self.connection.execute(_KNOWN_NUMBERS, {"ref": ref, "kind": int(owner)})
        known = {tuple(row) for row in has}
        for phone in phones:
            if (phone.e164, phone.national) not in known:
                known.add((phone.e164, phone.national))
                self.connection.execute(_ADD_NUMBER, number_row(owner, ref, phone))

    def _index(self, owner: Owner, ref: int, name: str, ident: str) -> None:
        self.connection.execute(_FTS, {"rowid": ref * 4 + int(owner), "name": name, "ident": ident})


@functools.cache
def _upsert_into(table: Table, key: str, columns: tuple[str, ...]) -> ReturningInsert[int]:
    """Built once: building a statement takes several times as long as running it."""
    statement = insert(table)
    new = {name: statement.excluded[name] for name in (*columns, "source", "read_wall")}
    return statement.on_conflict_do_update(index_elements=[key], set_=new).returning(table.c.id)


def number_row(owner: Owner, ref: int, phone: Phone) -> dict[str, Any]:
    """A row of `numbers`."""
    return {
        "owner_kind": int(owner),
        "owner_ref": ref,
        "e164": phone.e164,
        "national": phone.national,
        "tail": tail_of(phone.national),
        "kind": phone.kind,
        "preferred": phone.preferred,
    }
