"""Import of a directory from a file: in small batches between look-ups, or as a dry run.

Runs in: desk process; called on Qt main, works on the store thread, answers by its `deliver`.
The columns are described in `csv_columns`, what a vCard gives for them in `vcard_rows`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.crm.csv_rows import BadCell, RowReader
from ctidesk.crm.csv_text import Broken, CsvRecord
from ctidesk.crm.import_files import RowsOfFile
from ctidesk.crm.import_plan import MAX_REJECTED, Cancel, ImportPlan, ImportReport, Rejected
from ctidesk.crm.import_tally import BatchTally, Tally
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ctidesk.crm.import_scratch import Scratch
    from ctidesk.crm.records_sql import Writer

BATCH_ROWS = 100
BATCH_S = 0.01
"""Rows of one transaction at most, and how long it goes on taking them: a look-up, which waits for
one batch at most, does not feel it, and ends it."""


def import_file(
    store: StoreThread,
    plan: ImportPlan,
    done: Done[ImportReport],
    progress: Callable[[ImportReport], None] | None = None,
    cancel: Cancel | None = None,
    today: date | None = None,
) -> None:
    """Import by `plan`; again the same file gives the same members. `progress` and `done` come
    where the store delivers; a `KnownError` (csv_…, cache_…, disk_full) ends it, and the batches
    before stay. A dry run reads the cache only, and says what the import would."""
    kind = _DryRun if plan.dry else _Import
    running = kind(store, plan, done, progress, cancel or Cancel(), today or date.today())
    store.submit(running.lane, running.begin, running.after_batch)


class _Import:
    """One running import: a batch is a job, and its answer queues the next one."""

    lane = Lane.BULK

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
        self._rows: RowsOfFile | None = None
        self._import_ref = 0
        self._read_wall = time.time()
        self._report = ImportReport()
        self._tally = Tally()
        self._batch: list[CsvRecord | Broken] = []
        self._counted = BatchTally()
        self._taken = 0

    def begin(self, connection: Connection) -> ImportReport:
        """First job: the header is checked before anything is written."""
        self._rows = RowsOfFile(self._plan)
        self._open(connection)
        return replace(self._report, total_bytes=self._rows.total_bytes)

    def batch(self, connection: Connection) -> ImportReport:
        """Next job. It may be repeated after a lock or a salvage, so it changes nothing of `self`
        but the rows it holds and what is taken from them `after_batch`."""
        assert self._rows is not None
        if not self._batch:
            self._batch = self._rows.take(BATCH_ROWS)
        report = replace(self._report, cancelled=self._cancel.asked)
        self._counted, self._taken = BatchTally(), 0
        if not report.cancelled:
            report = self._written(connection, report)
            whole = self._taken == len(self._batch)
            report = replace(report, finished=whole and self._rows.at_end)
        if report.cancelled or report.finished:
            report = replace(report, finished=not report.cancelled)
            self._close(connection, report, "cancelled" if report.cancelled else "finished")
        return report

    def after_batch(self, answer: ImportReport | KnownError) -> None:
        """On the composing thread: tell, and go on."""
        if isinstance(answer, KnownError):
            self._failed()
            self._done(answer)
            return
        self._tally.take(self._counted)
        self._report, self._batch = answer, self._batch[self._taken :]
        self._counted, self._taken = BatchTally(), 0
        if self._progress is not None:
            self._progress(answer)
        if answer.finished or answer.cancelled:
            self._done(answer)
        else:
            self._store.submit(self.lane, self.batch, self.after_batch)

    # ---- what a dry run does otherwise

    def _open(self, connection: Connection) -> None:
        from ctidesk.crm import import_sql

        self._import_ref = import_sql.begin(connection, self._plan.source, self._read_wall)

    def _close(self, connection: Connection, report: ImportReport, state: str) -> None:
        from ctidesk.crm import import_sql

        import_sql.end(connection, self._import_ref, report, state)

    def _failed(self) -> None:
        report = self._report
        if self._import_ref:
            self._store.submit(Lane.BULK, lambda c: self._close(c, report, "failed"))

    def _writer(self, connection: Connection) -> Writer:
        from ctidesk.crm.records_sql import Writer

        return Writer(
            connection,
            source=self._plan.source,
            read_wall=self._read_wall,
            import_ref=self._import_ref,
        )

    def _makes_way(self) -> bool:
        return self._store.is_wanted

    # ---- what both do

    def _written(self, connection: Connection, report: ImportReport) -> ImportReport:
        from ctidesk.crm.content_sql import content
        from ctidesk.crm.records_sql import UnknownMember
        from ctidesk.crm.schema import Owner

        assert self._rows is not None
        writer = self._writer(connection)
        rejected: list[Rejected] = []
        size = 0
        ends = time.perf_counter() + BATCH_S
        for row in self._batch:
            if self._taken and (time.perf_counter() >= ends or self._makes_way()):
                break
            self._taken += 1
            if isinstance(row, Broken):
                rejected.append(Rejected(row.line, "", row.reason))
                continue
            size += sum(len(cell) + 1 for cell in row.fields)
            try:
                for record in self._reader.records(self._rows.cells(row)):
                    writer.put(record)
            except BadCell as bad:
                heading = self._plan.mapping.get(bad.column, bad.column)
                rejected.append(Rejected(row.line, heading, bad.reason))
            except UnknownMember:
                heading = self._plan.mapping.get("member_id", "member_id")
                rejected.append(Rejected(row.line, heading, "this member was not imported"))
        tally = self._counted = writer.tally
        for entity in tally.touched:
            before = self._tally.before(tally, entity)
            if before is not None:
                now = content(writer.connection, Owner(entity % 4), entity // 4)
                tally.differs[entity] = now != before
        added, changed, unchanged = self._tally.counts(tally)
        count = report.rows_rejected + len(rejected)
        return replace(
            report,
            rows_read=report.rows_read + self._taken,
            rows_imported=report.rows_imported + self._taken - len(rejected),
            rows_rejected=count,
            added=added,
            changed=changed,
            unchanged=unchanged,
            rejected=(*report.rejected, *rejected)[:MAX_REJECTED],
            read_bytes=min(report.total_bytes, report.read_bytes + size),
        )


class _DryRun(_Import):
    """The same code on a scratch copy, in memory, of what the import would touch."""

    lane = Lane.READ

    _scratch: Scratch | None = None

    def _open(self, connection: Connection) -> None:
        from ctidesk.crm.import_scratch import Scratch

        self._scratch = Scratch(connection)
        self._import_ref = -1  # nobody's

    def _close(self, connection: Connection, report: ImportReport, state: str) -> None:
        self._failed()

    def _failed(self) -> None:
        if self._scratch is not None:
            self._scratch.close()
            self._scratch = None

    def _writer(self, connection: Connection) -> Writer:
        assert self._scratch is not None
        return self._scratch.writer(
            connection,
            source=self._plan.source,
            read_wall=self._read_wall,
            import_ref=self._import_ref,
        )

    def _makes_way(self) -> bool:
        return False  # a read itself; it ends by its time
