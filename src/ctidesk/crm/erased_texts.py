"""What the CRM said of people whom the centre no longer serves: erased, and told when they return.

Runs in: desk process, store thread. Plain statements on SQLite's own cursor, as in `fhir/`.

Of an erased resource its key, version and whom it is about stay, and nothing else (`NOTHING` for a
text): so that each reading of the CRM finds the version that it knows and takes nothing in again.
A Patient whose cover ended stays erased whatever the CRM changes in it, until something about the
Patient says that the centre serves them (`heard`): a cover that runs, an appointment to come, an
open task. One that the CRM had switched off returns when it is switched on. Who returns is asked
for in the next round, with all that is known of them (`came_back`): the versions that are kept are
taken for unknown then, and the types are read whole once.
"""

from __future__ import annotations

import json
import time
from datetime import date, datetime
from typing import Any

NOTHING = "{}"
UNSERVED = "erased: cover ended"
GONE = "erased: not active"
"""Why, kept where the names of elements that were not understood stand otherwise."""
_MARK = "crm_erased"
_DONE_TASKS = {"completed", "cancelled", "rejected", "failed", "entered-in-error"}
_OFF = {"cancelled", "noshow", "entered-in-error", "fulfilled"}
# what is about them, and what is about that, such as the dispenses of a prescription
_ABOUT = (
    "WITH RECURSIVE found(key, depth) AS (SELECT ?1, 0 UNION"
    " SELECT r.key, depth + 1 FROM fhir_resources r JOIN found f ON r.about = f.key"
    " AND r.about != '' WHERE depth < 3)"
)
_ERASE = (
    f"{_ABOUT} UPDATE fhir_resources SET body = '{NOTHING}', title = '', odd = '', pending = 0"  # noqa: S608 - our own
    f" WHERE key IN (SELECT key FROM found) AND body != '{NOTHING}'"
)
_WHY = "UPDATE fhir_resources SET odd = ? WHERE key = ?"
_UNKNOWN = (
    f"{_ABOUT} UPDATE fhir_resources SET version = '' WHERE body = '{NOTHING}'"  # noqa: S608 - our own
    " AND key IN (SELECT key FROM found) RETURNING key"
)
_CALL_BACK = (
    f"UPDATE fhir_resources SET version = '' WHERE body = '{NOTHING}' AND version != ''"  # noqa: S608
    " AND key IN (?1, (SELECT instead FROM fhir_merges WHERE key = ?1)) RETURNING key"
)
_READ_WHOLE = "UPDATE fhir_cursors SET after = '' WHERE kind = ?"
_ABOUT_WHOM = (
    "SELECT key, body FROM fhir_resources WHERE about = ? AND about != ''"
    " AND (+key GLOB 'Task/*' OR +key GLOB 'Appointment/*')"
)


def erase(cursor: Any, patient: str, why: str) -> int:
    """Everything that the CRM said of a Patient; returns how many texts there were."""
    cursor.execute("INSERT OR IGNORE INTO marks(name, value) VALUES (?, 'yes')", (_MARK,))
    count = int(cursor.execute(_ERASE, (patient,)).rowcount)
    cursor.execute(_WHY, (why, patient))
    return count


def any_erased(cursor: Any) -> bool:
    """Whether there may be any: hardly ever, and asked of each of 100,000 patients."""
    query = "SELECT 1 FROM marks WHERE name = ?"
    return cursor.execute(query, (_MARK,)).fetchone() is not None


def stays(odd: str, version: str) -> bool:
    """Of a Patient that comes again: whether it stays erased. `version` "": it was called back."""
    return odd == UNSERVED and version != ""


def seen(cursor: Any, key: str, version: str, last_updated: str, read_wall: float) -> None:
    """A newer version of a Patient that stays erased."""
    cursor.execute(
        "UPDATE fhir_resources SET version = ?, last_updated = ?, read_wall = ? WHERE key = ?",
        (version, last_updated, read_wall, key),
    )


def heard(cursor: Any, kind: str, about: str, raw: str) -> None:
    """Something about a Patient that is no member: called back if it says that they are served."""
    if any_erased(cursor) and served_by(kind, raw, time.time()):
        called = cursor.execute(_CALL_BACK, (about,)).fetchall()
        read_whole(cursor, {key.partition("/")[0] for (key,) in called})


def came_back(cursor: Any, patient: str) -> None:
    """A Patient is a member who was none before: what was erased of them is asked for again."""
    if any_erased(cursor):
        unknown = cursor.execute(_UNKNOWN, (patient,)).fetchall()
        read_whole(cursor, {key.partition("/")[0] for (key,) in unknown})


def open_business(cursor: Any, patient: str, now_wall: float) -> bool:
    """Whether a task is open or an appointment to come."""
    texts = cursor.execute(_ABOUT_WHOM, (patient,)).fetchall()
    return any(served_by(key.partition("/")[0], body, now_wall) for key, body in texts)


def served_by(kind: str, raw: str, now_wall: float) -> bool:
    """Whether a resource says that the centre serves whom it is about."""
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    status = said.get("status") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not said:
        return False
    if kind == "Task":
        return status not in _DONE_TASKS
    if kind == "Appointment":
        starts = _instant(said.get("start"))
        return status not in _OFF and starts is not None and starts >= now_wall
    if kind == "Coverage":
        period = said.get("period")
        end = period.get("end") if isinstance(period, dict) else None
        today = date.fromtimestamp(now_wall).isoformat()
        return status in ("active", None) and not (isinstance(end, str) and end[:10] < today)
    return False


def _instant(said: object) -> float | None:
    try:
        return datetime.fromisoformat(said).timestamp() if isinstance(said, str) else None
    except (ValueError, OverflowError, OSError):
        return None


def read_whole(cursor: Any, kinds: set[str]) -> None:
    """In the next round, all of these types; what is known already costs only its reading."""
    for kind in kinds:
        cursor.execute(_READ_WHOLE, (kind,))
