"""The queries behind a screen pop and a directory search.

Runs in: desk process, store thread.
"""

from __future__ import annotations

import re
import time
from datetime import date

from sqlalchemy import Connection, Row, bindparam, select, text

from ctidesk.calls import numbers as numbering
from ctidesk.calls.numbers import Number, NumberKind
from ctidesk.care.member import Candidate, Lookup
from ctidesk.crm.matching import certainty, ordered, tail_of, wanted_national
from ctidesk.crm.owners_sql import Hit, colleagues_at, resolve
from ctidesk.crm.schema import Owner, marks, numbers

MAX_CANDIDATES = 50
"""More than an agent can tell apart while it rings; `Lookup.more` counts the others."""
_MAX_ROWS = 500
_MAX_WORDS = 8
_MAX_WORD_CHARS = 40

_FIELDS = (
    numbers.c.owner_kind,
    numbers.c.owner_ref,
    numbers.c.e164,
    numbers.c.national,
    numbers.c.kind,
)
# `!= ''` lets SQLite use the partial indexes
_BY_E164 = (
    select(*_FIELDS)
    .where(numbers.c.e164 == bindparam("e164"), numbers.c.e164 != text("''"))
    .limit(_MAX_ROWS)
)
_BY_TAIL = (
    select(*_FIELDS)
    .where(numbers.c.tail == bindparam("tail"), numbers.c.tail != text("''"))
    .limit(_MAX_ROWS)
)
_INCOMPLETE = select(marks.c.value).where(marks.c.name == "incomplete_since")
_SEARCH = text("SELECT rowid FROM directory_fts WHERE directory_fts MATCH :words LIMIT :limit")
_FACILITIES = text(
    "SELECT rowid FROM directory_fts WHERE directory_fts MATCH :words"
    " AND rowid % 4 = :owner LIMIT :limit"
)
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})\.(\d{1,2})\.(\d{4})")
_NUMBER_LIKE = re.compile(r"\+?[\d\s()./-]{2,32}")


def find(connection: Connection, raw: str, region: str, began: float) -> Lookup:
    """Everybody whose number `raw` may be; `began`: `time.perf_counter()` of the question."""
    number = numbering.normalise(raw, region)
    found: tuple[Candidate, ...] = ()
    reason = ""
    if number.kind is NumberKind.WITHHELD:
        reason = "withheld"
    else:
        found = ordered(_matches(connection, number))
        if not found:
            reason = _why_none(connection, number)
    return Lookup(
        number=number.shown,
        e164=number.e164,
        candidates=found[:MAX_CANDIDATES],
        reason=reason,
        more=max(0, len(found) - MAX_CANDIDATES),
        took_ms=(time.perf_counter() - began) * 1000,
    )


def search(connection: Connection, words: str, region: str, limit: int) -> list[Candidate]:
    """Members, facilities, carers and colleagues by name, id, birth date or number: first those
    with the very words, then those that begin with them."""
    found: dict[str, Candidate] = {}
    if _NUMBER_LIKE.fullmatch(words.strip()):
        for candidate in ordered(_matches(connection, numbering.normalise(words, region))):
            found.setdefault(candidate.key, candidate)
    exact, prefixes = _fts_queries(words)
    for query in (exact, prefixes):
        if not query or len(found) >= limit:
            break
        rows = connection.execute(_SEARCH, {"words": query, "limit": limit}).scalars()
        hits = [Hit(Owner(rowid % 4), rowid // 4) for rowid in rows]
        matches = resolve(connection, hits, searched=True)
        for candidate in sorted(matches, key=lambda each: (each.name, each.key)):
            found.setdefault(candidate.key, candidate)
    return list(found.values())[:limit]


def facilities(connection: Connection, words: str, limit: int) -> list[int]:
    """The rows of clinics, doctors and suppliers with these words, those with the very words
    first."""
    found: dict[int, None] = {}
    for query in _fts_queries(words):
        if query and len(found) < limit:
            wanted = {"words": query, "owner": int(Owner.FACILITY), "limit": limit}
            rows = connection.execute(_FACILITIES, wanted).scalars()
            found.update(dict.fromkeys(rowid // 4 for rowid in rows))
    return list(found)[:limit]


def birth_token(birth_date: str | None) -> str:
    """A birth date (ISO) as the one word under which the full-text index knows it."""
    return f"d{birth_date.replace('-', '')}" if birth_date else ""


def _matches(connection: Connection, number: Number) -> list[Candidate]:
    if number.kind is NumberKind.EXTENSION:
        return colleagues_at(connection, number.digits)
    if number.kind is NumberKind.WITHHELD:
        return []
    rows = list(connection.execute(_BY_E164, {"e164": number.e164})) if number.e164 else []
    if not rows and (tail := tail_of(wanted_national(number))):
        # only a fall-back: with an exact match, look-alike numbers of strangers stay out
        rows = list(connection.execute(_BY_TAIL, {"tail": tail}))
    hits = [hit for row in rows if (hit := _hit(number, row)).certainty]
    matches = resolve(connection, hits)
    # a PBX may present a colleague's long internal number as it is
    if number.digits and not number.e164:
        matches += colleagues_at(connection, number.digits)
    return matches


def _hit(number: Number, row: Row[int, int, str, str, str]) -> Hit:
    return Hit(
        Owner(row.owner_kind),
        row.owner_ref,
        kind=row.kind,
        certainty=certainty(number, row.e164, row.national),
    )


def _why_none(connection: Connection, number: Number) -> str:
    if connection.execute(_INCOMPLETE).first() is not None:
        return "unavailable"
    return "not_a_number" if number.kind is NumberKind.INVALID and not number.digits else "unknown"


def _fts_queries(words: str) -> tuple[str, str]:
    """(all words as they are, all words as beginnings), each word quoted: nothing that is typed
    can be FTS syntax. ("", "") when there is nothing to look for."""
    exact: list[str] = []
    prefixes: list[str] = []
    for word in words[:400].split()[:_MAX_WORDS]:
        kept = _as_date(word) or "".join(c if c.isalnum() else " " for c in word).strip()
        if kept:
            quoted = f'"{kept[:_MAX_WORD_CHARS]}"'
            exact.append(quoted)
            prefixes.append(f"{quoted}*")
    return " ".join(exact), " ".join(prefixes)


def _as_date(word: str) -> str:
    read = _DATE.fullmatch(word)
    if read is None:
        return ""
    year, month, day = (read[1], read[2], read[3]) if read[1] else (read[6], read[5], read[4])
    try:
        return birth_token(date(int(year), int(month), int(day)).isoformat())
    except ValueError:
        return ""
