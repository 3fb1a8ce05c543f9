"""What the user took the columns of a file for, kept for the next file with the same headings.

Runs in: desk process; called on Qt main, works on the store thread, answers by its `deliver`.
Kept among the cache's marks: headings may tell whose file it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.crm.csv_columns import COLUMNS
from ctidesk.crm.marks import forget_mark, read_mark, write_mark
from ctidesk.crm.store import StoreThread


def kept_mapping(
    store: StoreThread, headings: Sequence[str], done: Done[dict[str, str] | None]
) -> None:
    """Our column → heading, None when none is kept for these headings."""

    def answered(mark: str | KnownError) -> None:
        done(mark if isinstance(mark, KnownError) else _read(mark, headings))

    read_mark(store, _name(headings), answered)


def keep_mapping(
    store: StoreThread,
    headings: Sequence[str],
    mapping: Mapping[str, str],
    done: Done[None] | None = None,
) -> None:
    write_mark(store, _name(headings), json.dumps(dict(mapping), ensure_ascii=False), done)


def forget_mapping(
    store: StoreThread, headings: Sequence[str], done: Done[None] | None = None
) -> None:
    """The next file with these headings is guessed anew."""
    forget_mark(store, _name(headings), done)


def _name(headings: Sequence[str]) -> str:
    digest = hashlib.sha256("\x1f".join(headings).encode("utf-8", "replace"))
    return f"mapping:{digest.hexdigest()[:32]}"


def _read(mark: str, headings: Sequence[str]) -> dict[str, str] | None:
    """A version before or after this one may have had other columns."""
    try:
        kept = json.loads(mark) if mark else None
    except ValueError:
        return None
    if not isinstance(kept, dict):
        return None
    return {c: h for c, h in kept.items() if c in COLUMNS and h in headings}
