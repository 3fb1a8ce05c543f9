"""Rows of the directory from the CRM: members, carers, facilities, with their numbers.

Runs in: desk process, store thread. Plain statements on SQLite's own cursor: a pull writes 100,000
of them between look-ups, and building each through SQLAlchemy would cost more than writing it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ctidesk.crm.lookup_sql import birth_token
from ctidesk.crm.matching import PARTY_OF_FACILITY, tail_of
from ctidesk.crm.records import CarerRecord, FacilityRecord, MemberRecord, Phone
from ctidesk.crm.schema import Owner
from ctidesk.crm.standing_schema import ADD_SCOPE, ADD_STANDING, DROP_STANDING

MAX_HOPS = 8
"""Of merges of merges; a longer chain is a circle or no patient any more."""

_MEMBER_OF = "SELECT id FROM members WHERE resource = ? AND resource != ''"
_INSTEAD = "SELECT instead FROM fhir_merges WHERE key = ?"
_ADD_NUMBER = (
    "INSERT INTO numbers(owner_kind, owner_ref, e164, national, tail, kind, preferred)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_DROP_NUMBERS = "DELETE FROM numbers WHERE owner_ref = ? AND owner_kind = ?"
_FTS = "INSERT OR REPLACE INTO directory_fts(rowid, name, ident) VALUES (?, ?, ?)"
_ADD_FTS = "INSERT INTO directory_fts(rowid, name, ident) VALUES (?, ?, ?)"
_DROP_FTS = "DELETE FROM directory_fts WHERE rowid = ?"
_SET_MEMBER = (
    "UPDATE members SET member_id = ?, given = ?, family = ?, birth_date = ?, postcode = ?,"
    " address = ?, language = ?, channel_preference = ?, flags = ?, source = ?, read_wall = ?,"
    " resource = ? WHERE id = ?"
)
_ADD_MEMBER = (
    "INSERT INTO members(member_id, given, family, birth_date, postcode, address, language,"
    " channel_preference, flags, source, read_wall, resource)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SET_FACILITY = (
    "INSERT INTO facilities(facility_id, name, kind, party, address, network_status, source,"
    " read_wall, resource) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT(facility_id) DO UPDATE SET name = excluded.name, kind = excluded.kind,"
    " party = excluded.party, address = excluded.address,"
    " network_status = excluded.network_status, source = excluded.source,"
    " read_wall = excluded.read_wall, resource = excluded.resource RETURNING id"
)
_ADD_CARER = (
    "INSERT INTO relations(member_ref, name, kind, may_speak, authority_until, source,"
    " read_wall, resource) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class From:
    """Where rows come from. `read_wall`: seconds since the epoch."""

    source: str
    read_wall: float


class DirectoryRows:
    """Writes and removes the directory's rows of resources, by their keys."""

    def __init__(self, cursor: Any, origin: From) -> None:
        self._cursor = cursor
        self._origin = origin

    def member_ref(self, patient: str) -> int | None:
        """The row of a Patient, or of the one that took its place."""
        for _ in range(MAX_HOPS):
            if not patient:
                return None
            row = self._one(_MEMBER_OF, patient)
            if row is not None:
                return int(row[0])
            instead = self._one(_INSTEAD, patient)
            patient = instead[0] if instead else ""
        return None

    def put_member(self, key: str, record: MemberRecord) -> bool:
        """True when the member was not there before."""
        own = self._one(
            "SELECT id, member_id FROM members WHERE resource = ? AND resource != ''", key
        )
        ref, member_id = self._place_of(key, record.member_id, own)
        values = (
            member_id,
            record.given,
            record.family,
            record.birth_date,
            record.postcode,
            record.address,
            record.language,
            record.channel_preference,
            json.dumps(record.flags, ensure_ascii=False),
            self._origin.source,
            self._origin.read_wall,
            key,
        )
        is_new = ref is None
        if ref is None:
            ref = int(self._cursor.execute(_ADD_MEMBER, values).lastrowid)
            policy = ""
        else:
            self._cursor.execute(_SET_MEMBER, (*values, ref))
            self._cursor.execute(_DROP_NUMBERS, (ref, int(Owner.MEMBER)))
            policy = self._one("SELECT policy_number FROM members WHERE id = ?", ref)[0]
        if not is_new:
            self._cursor.execute(DROP_STANDING, (ref,))
        if record.deceased or record.restricted:
            standing = (ref, record.deceased, record.merged_into, record.restricted)
            self._cursor.execute(ADD_STANDING, standing)
        self._add_numbers(Owner.MEMBER, ref, record.phones)
        ident = f"{member_id} {policy} {birth_token(record.birth_date)}"
        self._index(Owner.MEMBER, ref, f"{record.given} {record.family}", ident, is_new=is_new)
        return own is None

    def drop_member(self, key: str) -> None:
        """With all that is known of them; what agents did is kept under the member's id."""
        row = self._one(_MEMBER_OF, key)
        if row is None:
            return
        carers = "SELECT id FROM relations WHERE member_ref = ?"
        for (carer,) in self._cursor.execute(carers, (row[0],)).fetchall():
            self._forget(Owner.RELATION, carer)
        self._forget(Owner.MEMBER, row[0])
        self._cursor.execute("DELETE FROM members WHERE id = ?", (row[0],))

    def set_policy_number(self, member_ref: int, number: str) -> None:
        row = self._one(
            "SELECT policy_number, member_id, given, family, birth_date FROM members WHERE id = ?",
            member_ref,
        )
        if row[0] == number:
            return
        self._cursor.execute(
            "UPDATE members SET policy_number = ? WHERE id = ?", (number, member_ref)
        )
        ident = f"{row[1]} {number} {birth_token(row[4])}"
        self._index(Owner.MEMBER, member_ref, f"{row[2]} {row[3]}", ident)

    def put_facility(self, key: str, record: FacilityRecord) -> None:
        row = self._one(
            _SET_FACILITY,
            record.facility_id,
            record.name,
            record.kind,
            PARTY_OF_FACILITY[record.kind].value,
            record.address,
            record.network_status,
            self._origin.source,
            self._origin.read_wall,
            key,
        )
        self._cursor.execute(_DROP_NUMBERS, (row[0], int(Owner.FACILITY)))
        self._add_numbers(Owner.FACILITY, row[0], record.phones)
        self._index(Owner.FACILITY, row[0], record.name, "")

    def drop_facility(self, key: str) -> None:
        row = self._one("SELECT id FROM facilities WHERE resource = ? AND resource != ''", key)
        if row is not None:
            self._forget(Owner.FACILITY, row[0])
            self._cursor.execute("DELETE FROM facilities WHERE id = ?", (row[0],))

    def put_carer(self, key: str, member_ref: int, record: CarerRecord) -> None:
        values = (
            member_ref,
            record.name,
            record.kind,
            record.may_speak,
            record.authority_until,
            self._origin.source,
            self._origin.read_wall,
            key,
        )
        ref = int(self._cursor.execute(_ADD_CARER, values).lastrowid)
        if record.scope:
            self._cursor.execute(ADD_SCOPE, (ref, record.scope))
        self._add_numbers(Owner.RELATION, ref, record.phones)
        self._index(Owner.RELATION, ref, record.name, "", is_new=True)

    def drop_carer(self, key: str) -> None:
        found = "SELECT id FROM relations WHERE resource = ? AND resource != ''"
        for (ref,) in self._cursor.execute(found, (key,)).fetchall():
            self._forget(Owner.RELATION, ref)
            self._cursor.execute("DELETE FROM relations WHERE id = ?", (ref,))

    # ----------------------------------------------------------------- private

    def _place_of(self, key: str, wanted: str, own: Any) -> tuple[int | None, str]:
        """(row, member id). A member of an import with the same number is the same member; two
        Patients of the CRM are never made one, whatever numbers they carry."""
        for member_id in (wanted, key.partition("/")[2], key):
            held = self._one("SELECT id, resource FROM members WHERE member_id = ?", member_id)
            if own is not None and (held is None or held[0] == own[0]):
                return own[0], member_id
            if own is None and (held is None or held[1] == ""):
                return (None if held is None else held[0]), member_id
        return (own[0], own[1]) if own is not None else (None, f"{key} (2)")

    def _forget(self, owner: Owner, ref: int) -> None:
        self._cursor.execute(_DROP_NUMBERS, (ref, int(owner)))
        self._cursor.execute(_DROP_FTS, (ref * 4 + int(owner),))

    def _add_numbers(self, owner: Owner, ref: int, phones: tuple[Phone, ...]) -> None:
        for one in phones:
            row = (one.e164, one.national, tail_of(one.national), one.kind, one.preferred)
            self._cursor.execute(_ADD_NUMBER, (int(owner), ref, *row))

    def _index(
        self, owner: Owner, ref: int, name: str, ident: str, *, is_new: bool = False
    ) -> None:
        # SQLite looks for a row to replace before it replaces none
        statement = _ADD_FTS if is_new else _FTS
        self._cursor.execute(statement, (ref * 4 + int(owner), name, ident))

    def _one(self, query: str, *values: Any) -> Any:
        return self._cursor.execute(query, values).fetchone()
