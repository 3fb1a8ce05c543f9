"""What the panel for imports shows.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ctidesk.care.member_import import ImportProgress, RejectedRow
from ctidesk.ui.directory_search.presenter import Problem


class ImportStage(StrEnum):
    CHOOSE = "choose"  # no file yet
    READING = "reading"  # the head of the file is being read
    PREVIEW = "preview"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class HeadingLine:
    """A column of the file: its heading, what it is taken as ("" nothing), cells as examples
    (members' data: for the screen only)."""

    heading: str
    column: str
    cells: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MemberImportState:
    """`hint`: a sentence on what is missing or should be looked at before Import. `share`: 0..1.
    `result`: one sentence, "" before the end. `rejected` may be cut; `rejected_count` counts all.
    `note`: what came of saving the report. `delimiters`: empty where the file has none. `dry_run`:
    what runs or ran writes nothing; `can_follow`: the import itself can be started after it.
    `kept`: columns are taken as they were agreed to earlier."""

    stage: ImportStage
    file_name: str
    encoding: str
    encodings: tuple[tuple[str, str], ...]
    delimiter: str
    delimiters: tuple[tuple[str, str], ...]
    lines: tuple[HeadingLine, ...]
    hint: str
    hint_is_problem: bool
    can_start: bool
    problem: Problem | None
    share: float
    progress: str
    cancelling: bool
    result: str
    rejected: tuple[RejectedRow, ...]
    rejected_count: int
    note: str
    dry_run: bool = False
    can_follow: bool = False
    kept: bool = False


ENCODING_TITLES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with mark",
    "utf-16": "UTF-16",
    "cp1252": "Western (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "iso8859-15": "Western (ISO 8859-15)",
}
DELIMITERS = ((",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Vertical bar"))


def progress_words(progress: ImportProgress, elapsed_s: float) -> str:
    """ "12,300 rows · 4,100 rows/s · about 20 s left · 3 rejected"."""
    words = [f"{progress.rows_read:,} rows"]
    if elapsed_s >= 1.0 and progress.rows_read:
        words.append(f"{progress.rows_read / elapsed_s:,.0f} rows/s")
        share = share_of(progress)
        if 0.0 < share < 1.0:
            words.append(f"about {_left(elapsed_s / share - elapsed_s)} left")
    if progress.rows_rejected:
        words.append(f"{progress.rows_rejected:,} rejected")
    return " · ".join(words)


def share_of(progress: ImportProgress) -> float:
    if progress.total_bytes <= 0:
        return 0.0
    return min(1.0, progress.read_bytes / progress.total_bytes)


def _left(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
