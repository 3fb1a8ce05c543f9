"""Which members the centre no longer serves, and their erasure with all that is known of them.

Runs in: desk process, store thread. In steps of a few milliseconds: look-ups go in between.

Nobody is erased who has a reason to stay (`stays`); the reasons to go:
- their cover ended more than `keep_days` ago (all of it; what has no end runs), and no file has
  named them for as long;
- they came from a file, and since as long ago each whole import of a file of that name lacks them.
  Whole is what came to its end without a rejected row; one with less than half the rows of the one
  before it is taken for a part and not for news;
- the CRM has them no longer, or not active, for as long. Their rows went with the reading that
  told it; what is erased here is the texts.
Calls, wrap-ups and the audit trail are the desk's own records and stay, under the member's id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from ctidesk.crm import audit, erased_texts, work_sql
from ctidesk.crm.schema import Owner

COVER, FILE, CRM = "cover ended", "not in the file any more", "not active in the CRM"
_DAY_S = 86_400.0
_NOBODY = "\0"
"""No member has this id; "" stands for callers whom nobody knew."""

_MEMBER = (
    "SELECT m.id, m.member_id, m.resource, m.source, coalesce(m.import_ref, 0), m.read_wall,"
    " EXISTS (SELECT 1 FROM coverages WHERE member_ref = m.id) AND NOT EXISTS (SELECT 1 FROM"
    " coverages WHERE member_ref = m.id AND (coalesce(ends, '') = '' OR ends >= ?1))"
    " FROM members m"
)
_MEMBERS = f"{_MEMBER} WHERE m.id > ?2 ORDER BY m.id LIMIT ?3"
_ONE_MEMBER = f"{_MEMBER} WHERE m.id = ?2"
_IMPORTS = (
    "SELECT id, source, ended_wall, rows_imported FROM imports WHERE state = 'finished'"
    " AND rows_rejected = 0 AND rows_imported > 0 ORDER BY id"
)
_MARK_INDEX = "INSERT OR IGNORE INTO marks(name, value) VALUES ('index_unclean', 'yes')"
_INDEX_IS_UNCLEAN = "SELECT 1 FROM marks WHERE name = 'index_unclean'"
_INDEX_IS_CLEAN = "DELETE FROM marks WHERE name = 'index_unclean'"
_MERGE = "INSERT INTO directory_fts(directory_fts, rank) VALUES ('merge', ?)"
MERGE_PAGES = 16
"""Of the index, in one step: a millisecond or two."""
_WHOM = "CASE WHEN r.key GLOB 'Patient/*' THEN r.key ELSE r.about END"
_TEXTS = (
    f"SELECT {_WHOM}, r.read_wall, p.key, p.body, p.last_updated"  # noqa: S608 - our own
    f" FROM fhir_resources r LEFT JOIN fhir_resources p ON p.key = {_WHOM}"
    f" WHERE r.id > ?1 AND r.id <= ?2 AND r.body != '{erased_texts.NOTHING}'"
    " AND (r.key GLOB 'Patient/*' OR r.about GLOB 'Patient/*') AND NOT EXISTS"
    f" (SELECT 1 FROM members m WHERE m.resource = {_WHOM} AND m.resource != '')"
)
_LAST_TEXT = "SELECT max(id) FROM fhir_resources"
_CALLED_BACK = (
    "SELECT DISTINCT substr(key, 1, instr(key, '/') - 1) FROM fhir_resources"  # noqa: S608
    f" WHERE id > ? AND id <= ? AND version = '' AND body = '{erased_texts.NOTHING}'"
)
_IS_MEMBER = "SELECT id FROM members WHERE resource = ? AND resource != ''"
_MERGED = "SELECT instead FROM fhir_merges WHERE key = ?"
_MERGED_INTO = "SELECT key FROM fhir_merges WHERE instead = ?"
_STAYS = (
    ("an appointment to come", "SELECT 1 FROM appointments WHERE member_ref = :ref"
     " AND starts_wall >= :now LIMIT 1"),
    ("a recent call", "SELECT 1 FROM interactions WHERE member_id = :member"
     " AND saved_wall >= :cutoff LIMIT 1"),
    ("an open wrap-up", "SELECT 1 FROM drafts WHERE member_id = :member LIMIT 1"),
    ("a message that waits", "SELECT 1 FROM outbox WHERE state NOT IN ('sent', 'discarded')"
     " AND (lane = :member OR (:key != '' AND instr(body, :key) > 0)) LIMIT 1"),
    ("open work", "SELECT 1 FROM work_items WHERE member_id = :member"
     " AND state NOT IN ('done', 'dropped') LIMIT 1"),
    ("a carer of somebody else", "SELECT 1 FROM relations WHERE other_ref = :ref"
     " AND member_ref != :ref LIMIT 1"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """`keep_days` > 0. `shown`: ids of members whom a call or card is about now."""

    now_wall: float
    keep_days: int
    shown: frozenset[str] = frozenset()

    @property
    def cutoff_wall(self) -> float:
        return self.now_wall - self.keep_days * _DAY_S

    @property
    def cutoff_day(self) -> str:
        return date.fromtimestamp(self.cutoff_wall).isoformat()


@dataclass(slots=True)
class Survey:
    """Who is to be judged again before they are erased: row ids, keys of Patients. `called_back`:
    types of which something that was erased is asked for again and has not come. `parts`: how many
    files are taken for a part of their members."""

    members: list[int] = field(default_factory=list)
    patients: list[str] = field(default_factory=list)
    called_back: set[str] = field(default_factory=set)
    parts: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one of them. `stays`: why not erased, "" when they were."""

    why: str
    stays: str = ""


class PurgeStep:
    """The statements, inside one job."""

    def __init__(self, connection: Connection, rule: Rule) -> None:
        self._connection = connection
        self._cursor: Any = connection.connection.cursor()
        self._rule = rule
        self._whole: dict[str, list[tuple[int, float]]] = {}
        self._parts: dict[str, bool] = {}
        sizes: dict[str, int] = {}
        for number, source, ended, size in self._cursor.execute(_IMPORTS).fetchall():
            self._parts[source] = size * 2 < sizes.get(source, 0)
            if not self._parts[source]:
                sizes[source] = size
                self._whole.setdefault(source, []).append((number, ended))

    def survey_members(self, into: Survey, after: int, most: int) -> int | None:
        """The row id to go on after, None at the end."""
        day = self._rule.cutoff_day
        rows = self._cursor.execute(_MEMBERS, (day, after, most)).fetchall()
        into.members += [row[0] for row in rows if self._reason(row)]
        into.parts = sum(self._parts.values())
        return rows[-1][0] if len(rows) == most else None

    def survey_texts(self, into: Survey, after: int, most: int) -> int | None:
        """Patients who are no members but of whom there are texts. In steps of row ids, since
        most of a step may be nothing to look at."""
        known = set(into.patients)
        rows = self._cursor.execute(_TEXTS, (after, after + most)).fetchall()
        for whom, read_wall, patient, body, changed in rows:
            if whom in known or self._is_member(whom):
                continue
            if patient is None:  # deleted there, or not read yet
                old = read_wall < self._rule.cutoff_wall
            elif body == erased_texts.NOTHING:  # something new of one who was erased
                old = True
            else:
                old = _wall(changed, read_wall) < self._rule.cutoff_wall
            if old:
                known.add(whom)
                into.patients.append(whom)
        kinds = self._cursor.execute(_CALLED_BACK, (after, after + most)).fetchall()
        into.called_back |= {kind for (kind,) in kinds}
        last = self._cursor.execute(_LAST_TEXT).fetchone()[0] or 0
        return after + most if after + most < last else None

    def judge_member(self, ref: int, *, dry: bool) -> Verdict | None:
        """Erase a member, unless they stay or something changed since the survey (None)."""
        day = self._rule.cutoff_day
        row = self._cursor.execute(_ONE_MEMBER, (day, ref)).fetchone()
        why = self._reason(row) if row else ""
        if not why:
            return None
        _, member_id, key, *_ = row
        if stays := self._stays(ref, member_id, key):
            return Verdict(why, stays)
        if not dry:
            self._erase_member(ref)
            work_sql.erase_closed_of(self._connection, member_id)
            for patient in (key, *self._merged_into(key)) if key else ():
                erased_texts.erase(self._cursor, patient, erased_texts.UNSERVED)
            self._record(member_id, why)
        return Verdict(why)

    def judge_patient(self, patient: str, *, dry: bool) -> Verdict | None:
        """Erase the texts about one who is no member."""
        if self._is_member(patient):
            return None
        if stays := self._stays(0, _NOBODY, patient):
            return Verdict(CRM, stays)
        if not dry:
            before = self._why_before(patient)
            erased_texts.erase(self._cursor, patient, before or erased_texts.GONE)
            self._cursor.execute(_MARK_INDEX)  # their names left the index when they were dropped
            if not before:  # what came of one who was erased is no second erasure
                self._record(patient, CRM)
        return Verdict(CRM)

    def clean_index(self, *, first: bool) -> bool:
        """Names of those who were erased stand in the index of names until it is merged: a step
        of that. False when nothing is left to do. https://www.sqlite.org/fts5.html#the_merge_command
        """
        if self._cursor.execute(_INDEX_IS_UNCLEAN).fetchone() is None:
            return False
        changes = "SELECT total_changes()"
        before = self._cursor.execute(changes).fetchone()[0]
        # a negative number begins with the whole of it
        self._cursor.execute(_MERGE, (-MERGE_PAGES if first else MERGE_PAGES,))
        if self._cursor.execute(changes).fetchone()[0] - before >= 2:
            return True
        self._cursor.execute(_INDEX_IS_CLEAN)
        return False

    def _reason(self, row: Any) -> str:
        _, _, resource, _, _, read_wall, cover_ended = row
        if cover_ended and (resource or read_wall < self._rule.cutoff_wall):
            return COVER
        absent = self._absent_since(row) if resource == "" else None
        return FILE if absent is not None and absent < self._rule.cutoff_wall else ""

    def _absent_since(self, row: Any) -> float | None:
        """The first of the whole imports since the one that named them last."""
        _, _, _, source, import_ref, *_ = row
        later = (ended for number, ended in self._whole.get(source, ()) if number > import_ref)
        return next(later, None) if import_ref else None

    def _stays(self, ref: int, member_id: str, key: str) -> str:
        if member_id in self._rule.shown:
            return "a call now"
        values = {
            "ref": ref,
            "member": member_id,
            "key": key,
            "now": self._rule.now_wall,
            "cutoff": self._rule.cutoff_wall,
        }
        for why, query in _STAYS:
            if self._cursor.execute(query, values).fetchone() is not None:
                return why
        if key and erased_texts.open_business(self._cursor, key, self._rule.now_wall):
            return "an open task or an appointment to come"
        return ""

    def _is_member(self, patient: str) -> bool:
        """Also one that was merged into a member."""
        merged = self._cursor.execute(_MERGED, (patient,)).fetchone()
        keys = (patient, merged[0]) if merged else (patient,)
        return any(self._cursor.execute(_IS_MEMBER, (key,)).fetchone() for key in keys)

    def _merged_into(self, key: str) -> list[str]:
        return [old for (old,) in self._cursor.execute(_MERGED_INTO, (key,)).fetchall()]

    def _why_before(self, patient: str) -> str:
        query = "SELECT odd FROM fhir_resources WHERE key = ? AND body = ?"
        row = self._cursor.execute(query, (patient, erased_texts.NOTHING)).fetchone()
        return str(row[0]) if row else ""

    def _erase_member(self, ref: int) -> None:
        carers = "SELECT id FROM relations WHERE member_ref = ?"
        for (carer,) in self._cursor.execute(carers, (ref,)).fetchall():
            self._forget(Owner.RELATION, carer)
        self._forget(Owner.MEMBER, ref)
        # facts and relations go with it
        self._cursor.execute("DELETE FROM members WHERE id = ?", (ref,))

    def _forget(self, owner: Owner, ref: int) -> None:
        self._cursor.execute(
            "DELETE FROM numbers WHERE owner_ref = ? AND owner_kind = ?", (ref, int(owner))
        )
        self._cursor.execute("DELETE FROM directory_fts WHERE rowid = ?", (ref * 4 + int(owner),))
        self._cursor.execute(_MARK_INDEX)

    def _record(self, member_id: str, why: str) -> None:
        audit.record(
            self._connection,
            t_wall=self._rule.now_wall,
            who="desk",
            action="member_purged",
            member_id=member_id,
            purpose=why,
        )


def _wall(instant: str, otherwise: float) -> float:
    try:
        return datetime.fromisoformat(instant).timestamp()
    except (ValueError, OverflowError, OSError):
        return otherwise
