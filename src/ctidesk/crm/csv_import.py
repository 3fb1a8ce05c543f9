"""Import of a directory from a CSV file: preview first, then in small batches between look-ups.

Runs in: desk process; called on Qt main, works on the store thread, answers by its `deliver`.
The columns are described in `csv_columns`.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.crm import csv_text
from ctidesk.crm.csv_columns import guess_mapping
from ctidesk.crm.csv_rows import BadCell, RowReader
from ctidesk.crm.csv_text import Broken, CsvRecord
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection

BATCH_ROWS = 100
"""So many rows that a look-up, which waits for one batch at most, does not feel it."""
PREVIEW_ROWS = 20
MAX_REJECTED = 10_000
"""Rejected rows that are listed; more are only counted."""
_REQUIRED = ("member_id", "facility_id", "extension")


@dataclass(frozen=True, slots=True)
class Preview:
    """What was understood of a file. `mapping`: our column → heading; `ignored`: headings that
    nothing is taken from; `encoding_certain` False: ask the user to look at the names."""

    path: Path
    encoding: str
    encoding_certain: bool
    delimiter: str
    header: tuple[str, ...]
    mapping: dict[str, str]
    ignored: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What the user agreed to. `source`: shown with every fact."""

    path: Path
    encoding: str
    delimiter: str
    mapping: dict[str, str]
    region: str
    source: str = "import"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was left out. `line`: 1 is the header. No content of the row."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How far it came. `read_bytes` of `total_bytes` for a progress bar. `added` and `updated`:
    members, facilities and colleagues, each counted once however many rows speak of them."""

    rows_read: int = 0
    rows_imported: int = 0
    rows_rejected: int = 0
    rejected: tuple[Rejected, ...] = ()
    read_bytes: int = 0
    total_bytes: int = 0
    cancelled: bool = False
    finished: bool = False
    added: int = 0
    updated: int = 0


@dataclass(slots=True)
class Cancel:
    """Set `asked` to stop an import after its running batch; what is in stays in."""

    asked: bool = field(default=False)


def preview(path: Path, encoding: str = "", delimiter: str = "") -> Preview:
    """The head of the file with guesses for all that is not given. Reads the file (not on Qt
    main). Raises `KnownError` csv_encoding, csv_unreadable, csv_empty, csv_header, csv_too_big."""
    certain = True
    if not encoding:
        encoding, certain = csv_text.guess_encoding(path)
    delimiter = delimiter or csv_text.guess_delimiter(path, encoding)
    found = csv_text.records(path, encoding, delimiter)
    header = _header(found)
    mapping = guess_mapping(header)
    used = set(mapping.values())
    rows = (each.fields for each in found if isinstance(each, CsvRecord))
    return Preview(
        path=path,
        encoding=encoding,
        encoding_certain=certain,
        delimiter=delimiter,
        header=header,
        mapping=mapping,
        ignored=tuple(heading for heading in header if heading not in used),
        rows=tuple(islice(rows, PREVIEW_ROWS)),
    )


def plan_of(seen: Preview, region: str, source: str = "") -> ImportPlan:
    """The plan that takes all guesses of a preview."""
    return ImportPlan(
        path=seen.path,
        encoding=seen.encoding,
        delimiter=seen.delimiter,
        mapping=seen.mapping,
        region=region,
        source=source or f"import of {seen.path.name}",
    )


def import_csv(
    store: StoreThread,
    plan: ImportPlan,
    done: Done[ImportReport],
    progress: Callable[[ImportReport], None] | None = None,
    cancel: Cancel | None = None,
    today: date | None = None,
) -> None:
    """Import by `plan`; again the same file gives the same members. `progress` and `done` come
    where the store delivers; a `KnownError` (csv_…, cache_…, disk_full) ends it, and the batches
    before stay."""
    running = _Import(store, plan, done, progress, cancel or Cancel(), today or date.today())
    store.submit(Lane.BULK, running.begin, running.after_batch)


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


class _Import:
    """One running import: a batch is a job, and its answer queues the next one."""

    def __init__(
        self,
        store: StoreThread,
        plan: ImportPlan,
        done: Done[ImportReport],
        progress: Callable[[ImportReport], None] | None,
        cancel: Cancel,
        today: date,
    ) -> None:
        self._store = store
        self._plan = plan
        self._done = done
        self._progress = progress
        self._cancel = cancel
        self._reader = RowReader(plan.region, today)
        self._rows: Iterator[CsvRecord | Broken] = iter(())
        self._positions: dict[str, int] = {}
        self._width = 0
        self._import_ref = 0
        self._read_wall = time.time()
        self._report = ImportReport()
        self._batch: list[CsvRecord | Broken] = []

    def begin(self, connection: Connection) -> ImportReport:
        """First job: the header is checked before anything is written."""
        from ctidesk.crm import import_sql

        plan = self._plan
        total = csv_text.size_of(plan.path)
        self._rows = csv_text.records(plan.path, plan.encoding, plan.delimiter)
        header = _header(self._rows)
        places = {heading: place for place, heading in reversed(list(enumerate(header)))}
        self._positions = {c: places[h] for c, h in plan.mapping.items() if h in places}
        if not any(column in self._positions for column in _REQUIRED):
            raise _no_header()
        self._width = len(header)
        self._import_ref = import_sql.begin(connection, plan.source, self._read_wall)
        return replace(self._report, total_bytes=total)

    def batch(self, connection: Connection) -> ImportReport:
        """Next job. It may be repeated after a lock or a salvage, so it changes nothing of `self`
        but the rows it holds."""
        from ctidesk.crm import import_sql

        if not self._batch:
            self._batch = list(islice(self._rows, BATCH_ROWS))
        report = replace(
            self._report, cancelled=self._cancel.asked, finished=len(self._batch) < BATCH_ROWS
        )
        if not report.cancelled:
            report = self._written(connection, report)
        if report.cancelled or report.finished:
            report = replace(report, finished=not report.cancelled)
            state = "cancelled" if report.cancelled else "finished"
            import_sql.end(connection, self._import_ref, report, state)
        return report

    def after_batch(self, answer: ImportReport | KnownError) -> None:
        """On the composing thread: tell, and go on."""
        if isinstance(answer, KnownError):
            if self._import_ref:
                self._store.submit(Lane.BULK, self._fail)
            self._done(answer)
            return
        self._report, self._batch = answer, []
        if self._progress is not None:
            self._progress(answer)
        if answer.finished or answer.cancelled:
            self._done(answer)
        else:
            self._store.submit(Lane.BULK, self.batch, self.after_batch)

    def _fail(self, connection: Connection) -> None:
        from ctidesk.crm import import_sql

        import_sql.end(connection, self._import_ref, self._report, "failed")

    def _written(self, connection: Connection, report: ImportReport) -> ImportReport:
        from ctidesk.crm.records_sql import UnknownMember, Writer

        writer = Writer(
            connection,
            source=self._plan.source,
            read_wall=self._read_wall,
            import_ref=self._import_ref,
        )
        rejected: list[Rejected] = []
        size = 0
        for row in self._batch:
            if isinstance(row, Broken):
                rejected.append(Rejected(row.line, "", row.reason))
                continue
            size += sum(len(cell) + 1 for cell in row.fields)
            try:
                for record in self._reader.records(self._cells(row)):
                    writer.put(record)
            except BadCell as bad:
                heading = self._plan.mapping.get(bad.column, bad.column)
                rejected.append(Rejected(row.line, heading, bad.reason))
            except UnknownMember:
                heading = self._plan.mapping.get("member_id", "member_id")
                rejected.append(Rejected(row.line, heading, "this member was not imported"))
        count = report.rows_rejected + len(rejected)
        return replace(
            report,
            rows_read=report.rows_read + len(self._batch),
            rows_imported=report.rows_imported + len(self._batch) - len(rejected),
            rows_rejected=count,
            added=report.added + writer.added,
            updated=report.updated + writer.updated,
            rejected=(*report.rejected, *rejected)[:MAX_REJECTED],
            read_bytes=min(report.total_bytes, report.read_bytes + size),
        )

    def _cells(self, row: CsvRecord) -> dict[str, str]:
        if len(row.fields) > self._width:
            raise BadCell("", f"{len(row.fields)} fields, but the header has {self._width}")
        return {
            column: row.fields[place]
            for column, place in self._positions.items()
            if place < len(row.fields)
        }


def _header(found: Iterator[CsvRecord | Broken]) -> tuple[str, ...]:
    first = next(found, None)
    if first is None:
        raise csv_text.empty()
    if isinstance(first, Broken) or not any(first.fields):
        raise _no_header()
    return first.fields


def _no_header() -> KnownError:
    return KnownError(
        "csv_header",
        "The first row of the file has no heading that says who a row is about.",
        "The first row must hold headings, and one of them must stand for the member's id "
        "(or a facility's id, or a colleague's extension).",
    )
