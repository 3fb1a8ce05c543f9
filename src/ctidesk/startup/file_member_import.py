"""The import of members from CSV and vCard files, for the screen.

Runs in: desk process; called on Qt main. Files are read and written on a thread of its own, rows
are written on the store thread; answers come by `deliver`.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.care.member_import import (
    ImportColumn,
    ImportOrder,
    ImportPreview,
    ImportProgress,
    ImportResult,
    RejectedRow,
)
from ctidesk.crm import import_files, kept_mappings
from ctidesk.crm.csv_columns import COLUMNS
from ctidesk.crm.csv_text import ENCODINGS
from ctidesk.crm.file_import import import_file
from ctidesk.crm.import_plan import (
    Cancel,
    ImportPlan,
    ImportReport,
    Rejected,
    report_csv,
    source_of,
)
from ctidesk.crm.store import StoreThread

T = TypeVar("T")
Deliver = Callable[[Callable[[], None]], None]

NEEDED = import_files.REQUIRED

_GROUPS = {
    "member_id": "Member",
    "phone": "Telephone",
    "carer_name": "Carer",
    "plan": "Coverage",
    "drug": "Prescription",
    "authorised_item": "Authorisation",
    "appointment_what": "Appointment",
    "contact_summary": "Contact",
    "facility_id": "Facility",
    "extension": "Colleague",
}
"""The first column of each group, in the order of `COLUMNS`."""

_TITLES = {
    "given": "Given name",
    "family": "Family name",
    "phone": "Telephone number",
    "phone_mobile": "Mobile number",
    "phone_home": "Home number",
    "phone_work": "Work number",
    "phone_preferred": "Preferred number",
    "carer_phone_home": "Carer's home number",
    "carer_phone_work": "Carer's work number",
    "carer_phone_other": "Carer's other number",
    "channel": "Preferred channel",
    "plan": "Coverage plan",
    "team": "Colleague's team",
    "drug": "Prescribed drug",
    "appointment_what": "Appointment for",
}


def columns() -> tuple[ImportColumn, ...]:
    """All columns with words for people, in the order of the documentation."""
    found: list[ImportColumn] = []
    group = ""
    for name in COLUMNS:
        group = _GROUPS.get(name, group)
        title = _TITLES.get(name) or name.replace("_", " ").capitalize()
        found.append(ImportColumn(name, title, group))
    return tuple(found)


class FileMemberImport:
    """Implements `care.member_import.MemberImport` over the store of the cache. `region`: ISO
    country of numbers without +."""

    def __init__(self, store: StoreThread, region: str, deliver: Deliver) -> None:
        self._store = store
        self._region = region
        self._deliver = deliver
        self._columns = columns()
        self._cancel = Cancel()

    @property
    def columns(self) -> tuple[ImportColumn, ...]:
        return self._columns

    @property
    def needed(self) -> tuple[str, ...]:
        return NEEDED

    @property
    def encodings(self) -> tuple[str, ...]:
        return ENCODINGS

    def preview(
        self, path: Path, done: Done[ImportPreview], encoding: str = "", delimiter: str = ""
    ) -> None:
        def read(answer: ImportPreview | KnownError) -> None:
            if isinstance(answer, KnownError):
                done(answer)
            else:
                with_kept_mapping(self._store, answer, done)

        self._start(lambda: preview_of(path, encoding, delimiter), read)

    def start(
        self,
        order: ImportOrder,
        progress: Callable[[ImportProgress], None],
        done: Done[ImportResult],
    ) -> None:
        self._cancel = Cancel()

        def ended(answer: ImportReport | KnownError) -> None:
            done(answer if isinstance(answer, KnownError) else result_of(order, answer))

        if not order.dry_run:
            kept_mappings.keep_mapping(self._store, order.headings, order.mapping)
        import_file(
            self._store,
            plan_of(order, self._region),
            ended,
            progress=lambda report: progress(progress_of(report)),
            cancel=self._cancel,
        )

    def cancel(self) -> None:
        self._cancel.asked = True

    def forget_mapping(self, headings: Sequence[str]) -> None:
        kept_mappings.forget_mapping(self._store, headings)

    def save_report(self, result: ImportResult, path: Path, done: Done[None]) -> None:
        self._start(lambda: write_report(result, path), done)

    def _start(self, work: Callable[[], T], done: Done[T]) -> None:
        threading.Thread(
            target=self._run, args=(work, done), name="ctidesk-import-file", daemon=True
        ).start()

    def _run(self, work: Callable[[], T], done: Done[T]) -> None:
        # stands if `work` fails by a mistake of ours, which the thread's hook reports
        answer: Any = KnownError(
            "import_failed",
            "The file could not be handled because of an error in ctidesk.",
            "Try another file; if it stays, send the diagnostics bundle to your administrator.",
        )
        try:
            answer = work()
        except KnownError as problem:
            answer = problem
        finally:
            self._deliver(functools.partial(done, answer))


def preview_of(path: Path, encoding: str = "", delimiter: str = "") -> ImportPreview:
    """Reads the file: not on Qt main. Raises `KnownError` csv_…"""
    seen = import_files.preview(path, encoding, delimiter)
    return ImportPreview(
        path=seen.path,
        form=seen.form,
        encoding=seen.encoding,
        encoding_certain=seen.encoding_certain,
        delimiter=seen.delimiter,
        headings=seen.header,
        mapping=seen.mapping,
        guessed=seen.mapping,
        rows=seen.rows,
    )


def with_kept_mapping(
    store: StoreThread, seen: ImportPreview, done: Callable[[ImportPreview], None]
) -> None:
    """`seen` with what was agreed to for the last file with these headings, if there was one; a
    cache that cannot tell keeps nobody from importing by the guess."""

    def answered(kept: dict[str, str] | KnownError | None) -> None:
        if isinstance(kept, dict) and kept != seen.guessed:
            done(replace(seen, mapping=kept, kept=True))
        else:
            done(seen)

    kept_mappings.kept_mapping(store, seen.headings, answered)


def order_of(seen: ImportPreview) -> ImportOrder:
    """The order that takes a preview as it is."""
    return ImportOrder(
        path=seen.path,
        form=seen.form,
        encoding=seen.encoding,
        delimiter=seen.delimiter,
        mapping=seen.mapping,
        headings=seen.headings,
    )


def plan_of(order: ImportOrder, region: str) -> ImportPlan:
    return ImportPlan(
        path=order.path,
        form=order.form,
        encoding=order.encoding,
        delimiter=order.delimiter,
        mapping=dict(order.mapping),
        region=region,
        source=source_of(order.path),
        dry=order.dry_run,
    )


def progress_of(report: ImportReport) -> ImportProgress:
    return ImportProgress(
        rows_read=report.rows_read,
        rows_rejected=report.rows_rejected,
        read_bytes=report.total_bytes if report.finished else report.read_bytes,
        total_bytes=report.total_bytes,
    )


def result_of(order: ImportOrder, report: ImportReport) -> ImportResult:
    return ImportResult(
        file_name=order.path.name,
        dry_run=order.dry_run,
        rows_read=report.rows_read,
        rows_rejected=report.rows_rejected,
        added=report.added,
        changed=report.changed,
        unchanged=report.unchanged,
        rejected=tuple(RejectedRow(r.line, r.column, r.reason) for r in report.rejected),
        cancelled=report.cancelled,
    )


def write_report(result: ImportResult, path: Path) -> None:
    """The rejected rows as CSV; an older report is replaced. Raises `KnownError`."""
    rows = tuple(Rejected(r.line, r.column, r.reason) for r in result.rejected)
    report = ImportReport(rows_rejected=result.rows_rejected, rejected=rows)
    try:
        # with its mark, since spreadsheets take UTF-8 without one for something else
        path.write_text(report_csv(report), encoding="utf-8-sig", newline="")
    except OSError:
        raise KnownError(
            "report_unwritable",
            "The report can't be written there.",
            "Choose a folder of your own, on a disk with free space.",
        ) from None
