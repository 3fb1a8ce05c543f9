"""Under which key the CRM has a member now, who may have been merged into another since.

Runs in: desk process, store thread.
"""

from __future__ import annotations

from typing import Any

_MOST_MERGES = 10
_MEMBER = "SELECT resource FROM members WHERE member_id = ?"
_MERGED = "SELECT instead FROM fhir_merges WHERE key = ?"


def key_now(connection: Any, member_id: str, kept: str) -> str:
    """`kept`: the key when the call was saved. "" for a member that the CRM does not have."""
    cursor = connection.connection.cursor()
    key = kept
    if not key and member_id:
        row = cursor.execute(_MEMBER, (member_id,)).fetchone()
        key = row[0] if row else ""
    for _ in range(_MOST_MERGES):
        row = cursor.execute(_MERGED, (key,)).fetchone() if key else None
        if row is None:
            break
        key = row[0]
    return key if str(key).startswith("Patient/") else ""
