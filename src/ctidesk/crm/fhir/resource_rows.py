"""The CRM's resources in the cache: each one's text, and the rows of the card that come from it.

Runs in: desk process, store thread. A row carries the key of its resource, so that a newer version
replaces it; what a resource tells of another (a dispense of its prescription, a consent of a carer)
writes that one's row anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ctidesk.crm import erased_texts
from ctidesk.crm.fhir import medication, pages
from ctidesk.crm.fhir.cover import policy_number
from ctidesk.crm.fhir.directory_rows import DirectoryRows, From
from ctidesk.crm.fhir.kinds import READERS
from ctidesk.crm.fhir.people import consent_actors, with_consents
from ctidesk.crm.fhir.reading import Reading, Surroundings, read
from ctidesk.crm.fhir.schedule import own_call
from ctidesk.crm.fhir.tree import Node
from ctidesk.crm.records import CarerRecord, FacilityRecord, FactRecord, MemberRecord

_KNOWN = "SELECT version, about, odd FROM fhir_resources WHERE key = ?"
_SAME = "UPDATE fhir_resources SET read_wall = ? WHERE key = ?"
_PUT = (
    "INSERT INTO fhir_resources(key, version, last_updated, about, title, pending, odd, source,"
    " read_wall, body) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)"
    " ON CONFLICT(key) DO UPDATE SET version = excluded.version,"
    " last_updated = excluded.last_updated, about = excluded.about, title = excluded.title,"
    " pending = 0, odd = excluded.odd, source = excluded.source, read_wall = excluded.read_wall,"
    " body = excluded.body"
)
# + keeps SQLite on the index of `about`
_BODIES = (
    "SELECT body FROM fhir_resources WHERE about = ? AND about != '' AND +key GLOB ?"  # noqa: S608 - our own
    f" AND body != '{erased_texts.NOTHING}'"
)
_PENDING = "SELECT key, body FROM fhir_resources WHERE pending != 0 LIMIT ?"
_MERGED_INTO = "SELECT key FROM fhir_merges WHERE instead = ?"
_WAITS = "UPDATE fhir_resources SET pending = 1 WHERE about = ? AND about != ''"
_FACTS = {
    "coverages": ("plan", "payer", "status", "begins", "ends", "copay"),
    "prescriptions": (
        "drug",
        "prescriber",
        "expires",
        "refills_left",
        "last_dispensed",
        "next_refill",
    ),
    "authorisations": ("item", "status", "expires", "units_left"),
    "appointments": ("starts_wall", "what", "doctor", "place", "status", "bring"),
    "contacts": ("at_wall", "channel", "direction", "summary", "code"),
}
_ADD = {
    table: (
        f"INSERT INTO {table}(member_ref, source, read_wall, resource, {', '.join(columns)})"  # noqa: S608 - our own names
        f" VALUES (?, ?, ?, ?{', ?' * len(columns)})"
    )
    for table, columns in _FACTS.items()
}
_DROP = {
    table: f"DELETE FROM {table} WHERE resource = ? AND resource != ''"  # noqa: S608 - our own names
    for table in _FACTS
}
_TABLE_OF = {
    "Coverage": "coverages",
    "CoverageEligibilityResponse": "coverages",
    "MedicationRequest": "prescriptions",
    "ClaimResponse": "authorisations",
    "SupplyRequest": "authorisations",
    "DeviceRequest": "authorisations",
    "Appointment": "appointments",
    "Communication": "contacts",
    "Task": "contacts",
    "DocumentReference": "contacts",
}
_ROW_OF = {**_TABLE_OF, "Patient": "members", "RelatedPerson": "relations"}


@dataclass(frozen=True, slots=True)
class Item:
    """A resource on its way into the cache. `raw`: its text."""

    reading: Reading
    raw: str


class ResourceRows:
    """Puts resources into the cache and takes them out, inside the caller's transaction."""

    def __init__(self, connection: Any, origin: From, around: Surroundings) -> None:
        # beneath SQLAlchemy, on the connection of the transaction that it began
        self._cursor = connection.connection.cursor()
        self._directory = DirectoryRows(self._cursor, origin)
        self._origin = origin
        self._around = around
        self._any_merge: bool | None = None

    def put(self, item: Item) -> bool:
        """False when the cache had this very version."""
        reading = item.reading
        known = self._one(_KNOWN, reading.key)
        if known is not None and known[0] == reading.version != "":
            self._cursor.execute(_SAME, (self._origin.read_wall, reading.key))
            return False
        if known is not None and erased_texts.stays(known[2], known[0]):
            wall, said = self._origin.read_wall, reading.last_updated
            erased_texts.seen(self._cursor, reading.key, reading.version, said, wall)
            return False
        self._cursor.execute(
            _PUT,
            (
                reading.key,
                reading.version,
                reading.last_updated,
                reading.about,
                reading.title,
                " ".join(reading.odd)[:400],
                self._origin.source,
                self._origin.read_wall,
                item.raw,
            ),
        )
        self._derive(reading, item.raw, is_new=known is None)
        # what it told of another before, it may tell no longer
        if known is not None and known[1] != reading.about:
            self._tell_on(reading.kind, known[1])
        return True

    def confirm(self, key: str) -> None:
        """The CRM says so still: what the card shows of it is as old as this reading."""
        table = _ROW_OF.get(key.partition("/")[0])
        if table is not None:
            self._cursor.execute(
                f"UPDATE {table} SET read_wall = ? WHERE resource = ?",  # noqa: S608 - our own names
                (self._origin.read_wall, key),
            )

    def lay_over(self, key: str, body: str) -> None:
        """A change of this desk that the CRM does not have yet: shown until the server's next
        version of the resource comes."""
        self._cursor.execute("UPDATE fhir_resources SET body = ? WHERE key = ?", (body, key))
        if (reading := self._read(body)) is not None:
            self._derive(reading, body, is_new=False)

    def forget(self, key: str) -> bool:
        """The CRM has it no longer. False when the cache did not have it either."""
        known = self._one(_KNOWN, key)
        if known is None:
            return False
        self._cursor.execute("DELETE FROM fhir_resources WHERE key = ?", (key,))
        self._drop_rows(key)
        self._tell_on(key.partition("/")[0], known[1])
        return True

    def settle(self, most: int) -> int:
        """Write up to `most` rows that had to wait for another resource; returns how many there
        were. A name that is still missing then stays out."""
        waiting = self._cursor.execute(_PENDING, (most,)).fetchall()
        for key, body in waiting:
            self._cursor.execute("UPDATE fhir_resources SET pending = 0 WHERE key = ?", (key,))
            if (reading := self._read(body)) is not None:
                self._derive(reading, body, is_new=False, settling=True)
        return len(waiting)

    def not_seen_since(self, kind: str, wall: float, most: int) -> list[str]:
        """Keys of a type that were read last before `wall`."""
        # "0" comes right after "/"
        query = "SELECT key FROM fhir_resources WHERE key > ? AND key < ? AND read_wall < ? LIMIT ?"
        rows = self._cursor.execute(query, (f"{kind}/", f"{kind}0", wall, most)).fetchall()
        return [row[0] for row in rows]

    # ----------------------------------------------------------------- private

    def _derive(self, reading: Reading, raw: str, *, is_new: bool, settling: bool = False) -> None:
        kind, row = reading.kind, reading.row
        if kind == "Patient":
            self._patient(reading)
            return
        if kind in _TABLE_OF:
            if not is_new:
                self._cursor.execute(_DROP[_TABLE_OF[kind]], (reading.key,))
            if isinstance(row, FactRecord):
                self._fact(reading, row, raw, settling)
        elif kind == "RelatedPerson":
            self._carer(reading)
        elif isinstance(row, FacilityRecord):
            self._facility(reading, row, settling)
        elif not is_new:
            self._directory.drop_facility(reading.key)
        self._tell_on(kind, reading.about)

    def _tell_on(self, kind: str, about: str) -> None:
        """Write the rows anew of whom a resource of this type tells something."""
        if kind == "MedicationDispense":
            self._again("MedicationRequest", about)
        elif kind == "Consent":
            for body in self._bodies(about, "RelatedPerson"):
                if (reading := self._read(body)) is not None:
                    self._carer(reading)
        elif kind == "OrganizationAffiliation":
            self._again("Organization", about)
        elif kind == "Coverage" and (ref := self._directory.member_ref(about)) is not None:
            numbers = (policy_number(self._node(b)) for b in self._bodies(about, kind))
            self._directory.set_policy_number(ref, next((n for n in numbers if n), ""))

    def _again(self, kind: str, key: str) -> None:
        """Only of the type that is meant: a reference may name anything, even its own resource."""
        if not key.startswith(f"{kind}/"):
            return
        row = self._one("SELECT body FROM fhir_resources WHERE key = ?", key)
        if row is not None and (reading := self._read(row[0])) is not None:
            self._derive(reading, row[0], is_new=False)

    def _patient(self, reading: Reading) -> None:
        key = reading.key
        merged = {old: key for old in reading.replaces if old != key}
        if reading.instead and reading.instead != key:
            merged[key] = reading.instead
        gone = False
        if merged or self._merges():
            self._merge(key, merged)
            gone = self._one("SELECT 1 FROM fhir_merges WHERE key = ?", key) is not None
        if gone or not isinstance(reading.row, MemberRecord):
            self._directory.drop_member(key)
        elif self._directory.put_member(key, reading.row):
            erased_texts.came_back(self._cursor, key)
            # facts that came before their member, or under a number that was merged into it
            self._cursor.execute(_WAITS, (key,))
            olds = self._cursor.execute(_MERGED_INTO, (key,)).fetchall() if self._merges() else ()
            for (old,) in olds:
                self._cursor.execute(_WAITS, (old,))

    def _merges(self) -> bool:
        """Whether there are any: hardly ever, and asked of each of 100,000 patients."""
        if self._any_merge is None:
            self._any_merge = self._one("SELECT 1 FROM fhir_merges LIMIT 1") is not None
        return self._any_merge

    def _merge(self, key: str, merged: dict[str, str]) -> None:
        """Note which Patients a Patient says are replaced, and undo what it says no longer."""
        said = "SELECT key FROM fhir_merges WHERE said_by = ?"
        before = {old for (old,) in self._cursor.execute(said, (key,)).fetchall()}
        if not before and not merged:
            return
        self._any_merge = None
        self._cursor.execute("DELETE FROM fhir_merges WHERE said_by = ?", (key,))
        for old, new in merged.items():
            self._cursor.execute(
                "INSERT OR REPLACE INTO fhir_merges VALUES (?, ?, ?)", (old, new, key)
            )
            self._directory.drop_member(old)
            self._cursor.execute(_WAITS, (old,))
        for old in before - set(merged) - {key}:
            self._again("Patient", old)

    def _fact(self, reading: Reading, row: FactRecord, raw: str, settling: bool) -> None:
        ref = self._directory.member_ref(reading.about)
        if ref is None:  # told again when the member comes
            erased_texts.heard(self._cursor, reading.kind, reading.about, raw)
            return
        if reading.kind == "Communication" and self._is_own_call(raw):
            return
        if reading.kind == "MedicationRequest":
            bodies = self._bodies(reading.key, "MedicationDispense")
            found = [medication.dispensed(self._node(body)) for body in bodies]
            row = medication.with_dispenses(row, [each for each in found if each is not None])
        values = {**row.values, **self._names(reading, settling)}
        table = row.kind.value
        columns = tuple(values[column] for column in _FACTS[table])
        provenance = (ref, self._origin.source, self._origin.read_wall, reading.key)
        self._cursor.execute(_ADD[table], (*provenance, *columns))

    def _carer(self, reading: Reading) -> None:
        self._directory.drop_carer(reading.key)
        ref = self._directory.member_ref(reading.about)
        if ref is None or not isinstance(reading.row, CarerRecord):
            return
        said = [
            one
            for body in self._bodies(reading.about, "Consent")
            for one in consent_actors(self._node(body))
        ]
        row = with_consents(reading.row, reading.key, said)
        self._directory.put_carer(reading.key, ref, row)

    def _facility(self, reading: Reading, row: FacilityRecord, settling: bool) -> None:
        names = self._names(reading, settling)
        row = replace(
            row, name=names.get("name", row.name), address=names.get("address", row.address)
        )
        if reading.kind == "Organization":
            query = (
                "SELECT title FROM fhir_resources WHERE about = ? AND about != ''"
                " AND key GLOB 'OrganizationAffiliation/*' AND title != '' ORDER BY title"
            )
            titles = [title for (title,) in self._cursor.execute(query, (reading.key,))]
            row = replace(row, network_status=", ".join(dict.fromkeys(titles))[:400])
        if row.name:
            self._directory.put_facility(reading.key, row)

    def _names(self, reading: Reading, settling: bool) -> dict[str, str]:
        """What other resources are called; one that is not there yet lets the row wait for it."""
        found = {}
        for column, key in reading.names:
            row = self._one("SELECT title FROM fhir_resources WHERE key = ?", key)
            if row is not None:
                found[column] = row[0]
            elif not settling:
                self._cursor.execute(
                    "UPDATE fhir_resources SET pending = 1 WHERE key = ?", (reading.key,)
                )
        return found

    def _drop_rows(self, key: str) -> None:
        kind = key.partition("/")[0]
        if kind == "Patient":
            self._merge(key, {})
            self._directory.drop_member(key)
        elif kind == "RelatedPerson":
            self._directory.drop_carer(key)
        elif kind in _TABLE_OF:
            self._cursor.execute(_DROP[_TABLE_OF[kind]], (key,))
        else:
            self._directory.drop_facility(key)

    def _is_own_call(self, raw: str) -> bool:
        """What this desk has in its own history already."""
        call_id = own_call(self._node(raw))
        query = "SELECT 1 FROM interactions WHERE call_id = ?"
        return bool(call_id) and self._one(query, call_id) is not None

    def _bodies(self, about: str, kind: str) -> Sequence[str]:
        rows: Iterable[Any] = self._cursor.execute(_BODIES, (about, f"{kind}/*")).fetchall()
        return [body for (body,) in rows]

    def _node(self, body: str) -> Node:
        return Node(pages.parse(body), [])

    def _read(self, body: str) -> Reading | None:
        return read(pages.parse(body), self._around, READERS)

    def _one(self, query: str, *values: Any) -> Any:
        return self._cursor.execute(query, values).fetchone()
