"""The directory and the calls, read batch by batch as the columns of an export file.

Runs in: desk process, store thread. Cells come as a CSV import reads them (`csv_columns`), so that
a file that was exported says the same when it is imported.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ctidesk.crm.csv_rows import (
    PHONES_OF_CARER,
    PHONES_OF_COLLEAGUE,
    PHONES_OF_FACILITY,
    PHONES_OF_MEMBER,
    SEPARATOR,
)
from ctidesk.crm.records import phone
from ctidesk.crm.schema import Owner

Cells = dict[str, str]

_MEMBERS = (
    "SELECT id, member_id, given, family, birth_date, postcode, address, policy_number, language,"
    " channel_preference, flags, household, coalesce(s.deceased, ''),"
    " coalesce(s.merged_into, ''), coalesce(s.restricted, 0)"
    " FROM members LEFT JOIN member_standings s ON s.member_ref = members.id"
    " WHERE id > ? ORDER BY id LIMIT ?"
)
_FACILITIES = (
    "SELECT id, facility_id, name, kind, address, network_status FROM facilities"
    " WHERE id > ? ORDER BY id LIMIT ?"
)
_COLLEAGUES = "SELECT id, extension, name, team FROM colleagues WHERE id > ? ORDER BY id LIMIT ?"
_IDS = "SELECT id, member_id FROM members WHERE id > ? ORDER BY id LIMIT ?"
_NUMBERS = (
    "SELECT e164, national, kind, preferred FROM numbers WHERE owner_ref = ? AND owner_kind = ?"
    " ORDER BY preferred DESC, id"
)
_CARERS = (
    "SELECT r.id, r.name, r.kind, r.may_speak, r.authority_until, coalesce(o.member_id, ''),"
    " coalesce(s.scope, '')"
    " FROM relations r LEFT JOIN members o ON o.id = r.other_ref"
    " LEFT JOIN authority_scopes s ON s.relation_ref = r.id"
    " WHERE r.member_ref = ? AND r.name != '' ORDER BY r.id"
)
_FACTS = {
    "coverages": {
        "plan": "plan",
        "payer": "payer",
        "status": "coverage_status",
        "begins": "coverage_begins",
        "ends": "coverage_ends",
        "copay": "copay",
    },
    "prescriptions": {
        "drug": "drug",
        "prescriber": "prescriber",
        "expires": "prescription_expires",
        "refills_left": "refills_left",
        "last_dispensed": "last_dispensed",
        "next_refill": "next_refill",
    },
    "authorisations": {
        "item": "authorised_item",
        "status": "authorisation_status",
        "expires": "authorisation_expires",
        "units_left": "units_left",
    },
    "appointments": {
        "starts_wall": "appointment_at",
        "what": "appointment_what",
        "doctor": "appointment_doctor",
        "place": "appointment_place",
        "status": "appointment_status",
        "bring": "appointment_bring",
    },
    "contacts": {
        "at_wall": "contact_at",
        "channel": "contact_channel",
        "direction": "contact_direction",
        "summary": "contact_summary",
        "code": "contact_code",
    },
}
"""Table → its column → the file's."""
_TIMES = {"appointment_at", "contact_at"}
_FACT_QUERIES = {
    table: f"SELECT {', '.join(names)} FROM {table} WHERE member_ref = ? ORDER BY id"  # noqa: S608 - our own names
    for table, names in _FACTS.items()
}
_OF_CALL = (
    "call_id began answered ended direction number queue agent member_id party verified code note"
    " follow_up coded_by saved dial_s talk_s hold_s wrap_up_s end_code"
)
CALL_COLUMNS = tuple(_OF_CALL.split())
_CALLS = (
    "SELECT c.rowid, c.call_id, c.began_wall, c.answered_wall, c.ended_wall, c.direction, c.number,"
    " c.queue, i.agent, i.member_id, i.party, i.verified, i.code, i.note, i.follow_up, i.coded_by,"
    " i.saved_wall, c.dial_s, c.talk_s, c.hold_s, c.wrap_up_s, c.end_code"
    " FROM calls c LEFT JOIN interactions i ON i.call_id = c.call_id"
    " WHERE c.rowid > ? AND c.began_wall >= ? AND c.began_wall < ? ORDER BY c.rowid LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Batch:
    """`last`: where the next one goes on, None at the end. `entities`: how many members,
    facilities, colleagues or calls."""

    rows: list[Cells]
    last: int | None
    entities: int


class ExportReader:
    """Reads from `cursor` inside one job. `region`: by which numbers are read again."""

    def __init__(self, cursor: Any, region: str) -> None:
        self._cursor = cursor
        self._region = region

    def members(self, after: int, most: int) -> Batch:
        """A row for each, without facts."""
        rows = self._cursor.execute(_MEMBERS, (after, most)).fetchall()
        cells = []
        for ref, *values in rows:
            names = "member_id given family birth_date postcode address policy_number language"
            cells.append(
                {
                    **dict(zip(names.split(), map(_text, values[:8]), strict=True)),
                    "channel": values[8],
                    "flags": SEPARATOR.join(json.loads(values[9])),
                    "household": values[10],
                    "deceased": values[11],
                    "merged_into": values[12],
                    "restricted": "yes" if values[13] else "",
                    **self._phones(Owner.MEMBER, ref, PHONES_OF_MEMBER),
                }
            )
        return _batch(rows, cells, most)

    def facts(self, after: int, most: int) -> Batch:
        """Rows of all that is known of these members; it needs all members before it, since a
        carer may be one of them."""
        rows = self._cursor.execute(_IDS, (after, most)).fetchall()
        cells: list[Cells] = []
        for ref, member_id in rows:
            who = {"member_id": member_id}
            cells += ({**who, **carer} for carer in self._carers(ref))
            for table, names in _FACTS.items():
                for values in self._cursor.execute(_FACT_QUERIES[table], (ref,)).fetchall():
                    fact = dict(zip(names.values(), values, strict=True))
                    said = {c: _moment(v) if c in _TIMES else _text(v) for c, v in fact.items()}
                    cells.append({**who, **said})
        return Batch(cells, _batch(rows, [], most).last, 0)

    def facilities(self, after: int, most: int) -> Batch:
        rows = self._cursor.execute(_FACILITIES, (after, most)).fetchall()
        names = ["facility_id", "facility_name", "facility_kind", "address", "network_status"]
        cells = [
            {
                **dict(zip(names, values, strict=True)),
                **self._phones(Owner.FACILITY, ref, PHONES_OF_FACILITY),
            }
            for ref, *values in rows
        ]
        return _batch(rows, cells, most)

    def colleagues(self, after: int, most: int) -> Batch:
        rows = self._cursor.execute(_COLLEAGUES, (after, most)).fetchall()
        names = ["extension", "colleague_name", "team"]
        cells = [
            {
                **dict(zip(names, values, strict=True)),
                **self._phones(Owner.COLLEAGUE, ref, PHONES_OF_COLLEAGUE),
            }
            for ref, *values in rows
        ]
        return _batch(rows, cells, most)

    def calls(self, after: int, most: int, begins: float, ends: float) -> Batch:
        """Those that began in the period, with their wrap-ups where they have one."""
        rows = self._cursor.execute(_CALLS, (after, begins, ends, most)).fetchall()
        cells = []
        for _, *values in rows:
            call = dict(zip(CALL_COLUMNS, values, strict=True))
            for name in ("began", "answered", "ended", "saved"):
                call[name] = _moment(call[name])
            if call["verified"] is not None:
                call["verified"] = "yes" if call["verified"] else "no"
            cells.append({name: _text(value) for name, value in call.items()})
        return _batch(rows, cells, most)

    def highest(self, table: str) -> int:
        """For a progress bar."""
        query = f"SELECT max(rowid) FROM {table}"  # noqa: S608 - our own names
        return int(self._cursor.execute(query).fetchone()[0] or 0)

    def _carers(self, ref: int) -> Iterable[Cells]:
        for carer, name, kind, may_speak, until, other, scope in self._cursor.execute(
            _CARERS, (ref,)
        ).fetchall():
            yield {
                "carer_name": name,
                "carer_kind": kind,
                "carer_may_speak": "yes" if may_speak else "no",
                "carer_until": _text(until),
                "carer_scope": scope,
                "carer_member_id": other,
                **self._phones(Owner.RELATION, carer, PHONES_OF_CARER),
            }

    def _phones(self, owner: Owner, ref: int, kinds: Mapping[str, str]) -> Cells:
        """Column → numbers; a kind that has no column stands in the first of no or main kind."""
        column_of: dict[str, str] = {}
        for column, kind in kinds.items():
            column_of.setdefault(kind, column)
        rest = column_of.get("") or column_of.get("main") or next(iter(kinds))
        cells: dict[str, list[str]] = {}
        for e164, national, kind, preferred in self._cursor.execute(
            _NUMBERS, (ref, int(owner))
        ).fetchall():
            number = e164 or self._spelled(national)
            cells.setdefault(column_of.get(kind, rest), []).append(number)
            if preferred:
                cells.setdefault("phone_preferred", []).append(number)
        return {column: SEPARATOR.join(numbers) for column, numbers in cells.items()}

    def _spelled(self, national: str) -> str:
        """Digits that are no number of any plan, spelled so that they are read as themselves."""
        for zeros in ("", "0", "00"):
            read = phone(zeros + national, self._region, "")
            if read is not None and (read.e164, read.national) == ("", national):
                return zeros + national
        return national


def _batch(rows: list[Any], cells: list[Cells], most: int) -> Batch:
    return Batch(cells, rows[-1][0] if len(rows) == most else None, len(rows))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _moment(wall: object) -> str:
    """With its distance from UTC: the file may be read in another zone."""
    if not isinstance(wall, float | int):
        return ""
    return datetime.fromtimestamp(wall, UTC).isoformat()
