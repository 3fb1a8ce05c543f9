"""What an import is asked to do, and what it says of how it goes.

Runs in: desk process, any thread; commands. Pure.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

MAX_REJECTED = 10_000
"""Rejected rows that are listed; more are only counted."""
CSV, VCARD = "csv", "vcard"


@dataclass(frozen=True, slots=True)
class Preview:
    """What was understood of a file. `form`: "csv" or "vcard"; `mapping`: our column → heading;
    `ignored`: headings that nothing is taken from; `encoding_certain` False: ask the user to look
    at the names."""

    path: Path
    form: str
    encoding: str
    encoding_certain: bool
    delimiter: str
    header: tuple[str, ...]
    mapping: dict[str, str]
    ignored: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What the user agreed to. `source`: shown with every fact. `dry`: nothing is written."""

    path: Path
    encoding: str
    delimiter: str
    mapping: dict[str, str]
    region: str
    source: str = "import"
    form: str = CSV
    dry: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was left out. `line`: 1 is the header; of a card, where it begins. No content of
    the row."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How far it came. `read_bytes` of `total_bytes` for a progress bar. `added`, `changed` and
    `unchanged`: members, facilities and colleagues, each counted once however many rows speak of
    them; changed is what differs afterwards from what was known before."""

    rows_read: int = 0
    rows_imported: int = 0
    rows_rejected: int = 0
    rejected: tuple[Rejected, ...] = ()
    read_bytes: int = 0
    total_bytes: int = 0
    cancelled: bool = False
    finished: bool = False
    added: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class Cancel:
    """Set `asked` to stop an import after its running batch; what is in stays in."""

    asked: bool = field(default=False)


def plan_of(seen: Preview, region: str, source: str = "") -> ImportPlan:
    """The plan that takes all guesses of a preview."""
    return ImportPlan(
        path=seen.path,
        form=seen.form,
        encoding=seen.encoding,
        delimiter=seen.delimiter,
        mapping=seen.mapping,
        region=region,
        source=source or source_of(seen.path),
    )


def source_of(path: Path) -> str:
    """What stands with every fact of a file."""
    return f"import of {path.name}"


def report_csv(report: ImportReport) -> str:
    """The rejected rows as CSV: line, column, reason. Nothing of what stood in the rows."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("line", "column", "reason"))
    for row in report.rejected:
        writer.writerow((row.line, row.column, row.reason))
    if report.rows_rejected > len(report.rejected):
        writer.writerow(("", "", f"{report.rows_rejected - len(report.rejected)} more rows"))
    return text.getvalue()
