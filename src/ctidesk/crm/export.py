"""An export of the directory or the calls: read between look-ups, written on a thread of its own.

Runs in: desk process; started on Qt main, reads on the store thread, answers by its `deliver`.
The audit row is on the disk before the file gets its name: no file without a row. Batches are read
one by one, so that what is changed meanwhile may be in the file as it was or as it is.
"""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.calls.text import plain
from ctidesk.care.member_export import (
    MAX_REASON,
    Contents,
    ExportForm,
    ExportOrder,
    ExportProgress,
    ExportResult,
)
from ctidesk.crm.csv_columns import COLUMNS
from ctidesk.crm.csv_guard import guarded
from ctidesk.crm.jobs import Lane
from ctidesk.crm.private_file import PrivateFile
from ctidesk.crm.store import StoreThread
from ctidesk.crm.vcard_write import vcard

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ctidesk.crm.export_rows import Batch, ExportReader

BATCH = 50
_SECOND_PASS = "facts"
_TABLE = {Contents.MEMBERS: "members", Contents.FACILITIES: "facilities"} | {
    Contents.COLLEAGUES: "colleagues",
    Contents.CALLS: "calls",
}


class ExportStopped(Exception):
    """Somebody asked for it."""


@dataclass(slots=True)
class Stop:
    """Set `asked` to stop an export soon; nothing is left of it."""

    asked: bool = field(default=False)


def export(
    store: StoreThread,
    order: ExportOrder,
    who: str,
    region: str,
    progress: Callable[[ExportProgress], None],
    done: Done[ExportResult],
    stop: Stop,
) -> threading.Thread:
    """Write the file that a checked `order` asks for. `who`: for the audit trail. `done` comes
    where the store delivers, once. Errors: export_unwritable, and the cache's. The thread that is
    returned ends soon after `stop`, and leaves nothing then."""
    running = _Export(store, order, who, region, progress, stop)

    def run() -> None:
        # stands if it fails by a mistake of ours, which the thread's hook reports
        answer: ExportResult | KnownError = KnownError(
            "export_failed",
            "The export failed because of an error in ctidesk. Nothing was left behind.",
            "Send the diagnostics bundle to your administrator.",
        )
        try:
            answer = running.run()
        except KnownError as problem:
            answer = problem
        finally:
            store.answer(done, answer)

    thread = threading.Thread(target=run, name="ctidesk-export", daemon=True)
    thread.start()
    return thread


class _Export:
    def __init__(
        self,
        store: StoreThread,
        order: ExportOrder,
        who: str,
        region: str,
        progress: Callable[[ExportProgress], None],
        stop: Stop,
    ) -> None:
        self._store = store
        self._order = order
        self._who = who
        self._region = region
        self._progress = progress
        self._stop = stop
        self._counts = dict.fromkeys(order.contents, 0)
        self._rows = 0

    def run(self) -> ExportResult:
        try:
            with PrivateFile(self._order.path) as file:
                for text in self._texts():
                    file.write(text)
                digest = file.finish()
                if self._stop.asked:
                    raise ExportStopped
                self._audit("done", digest)
                try:
                    file.keep()
                except KnownError:
                    self._audit("failed", digest)
                    raise
        except ExportStopped:
            self._audit("cancelled", "")
            return ExportResult(self._order.path.name, cancelled=True)
        return ExportResult(self._order.path.name, tuple(self._counts.items()))

    def _texts(self) -> Iterator[str]:
        form = self._order.form
        if form is ExportForm.CSV:
            calls = Contents.CALLS in self._counts
            columns = _call_columns() if calls else tuple(COLUMNS)
            # with its mark, since spreadsheets take UTF-8 without one for something else
            yield "\ufeff" + _line(columns)
            for rows in self._batches():
                yield "".join(_line(tuple(row.get(c, "") for c in columns)) for row in rows)
        else:
            version = "4.0" if form is ExportForm.VCARD_4 else "3.0"
            for rows in self._batches():
                yield "".join(vcard(row, version) for row in rows)

    def _batches(self) -> Iterator[list[dict[str, str]]]:
        stages: list[str] = [what.value for what in self._order.contents]
        if Contents.MEMBERS in self._counts and self._order.form is ExportForm.CSV:
            stages.append(_SECOND_PASS)
        for number, stage in enumerate(stages):
            table = "members" if stage == _SECOND_PASS else _TABLE[Contents(stage)]
            top = self._ask(methodcaller("highest", table))
            after: int | None = 0
            while after is not None:
                batch: Batch = self._ask(partial(self._batch, stage, after))
                self._rows += len(batch.rows)
                if stage != _SECOND_PASS:
                    self._counts[Contents(stage)] += batch.entities
                yield batch.rows
                after = batch.last
                share = 1.0 if after is None else after / max(1, top)
                step = ExportProgress(self._rows, (number + min(1.0, share)) / len(stages))
                self._store.answer(self._told, step)

    def _told(self, step: ExportProgress | KnownError) -> None:
        if isinstance(step, ExportProgress):
            self._progress(step)

    def _batch(self, stage: str, after: int, reader: ExportReader) -> Batch:
        if stage == Contents.CALLS:
            order = self._order
            begins = _midnight(order.begins) if order.begins else 0.0
            ends = _midnight(order.ends + timedelta(days=1)) if order.ends else 1e12
            return reader.calls(after, BATCH, begins, ends)
        read: dict[str, Callable[[int, int], Batch]] = {
            Contents.MEMBERS: reader.members,
            Contents.FACILITIES: reader.facilities,
            Contents.COLLEAGUES: reader.colleagues,
            _SECOND_PASS: reader.facts,
        }
        return read[stage](after, BATCH)

    def _ask(self, work: Callable[[ExportReader], Any]) -> Any:
        """What a read job answers; raises its `KnownError`, and `ExportStopped`."""

        def job(connection: Connection) -> Any:
            from ctidesk.crm.export_rows import ExportReader

            return work(ExportReader(connection.connection.cursor(), self._region))

        if self._stop.asked:
            raise ExportStopped
        return self._wait_for(Lane.READ, job)

    def _audit(self, result: str, digest: str) -> None:
        counts = ", ".join(f"{count} {what.value}" for what, count in self._counts.items())
        calls = Contents.CALLS in self._counts
        period = ""
        if calls and (self._order.begins or self._order.ends):
            period = f" of {self._order.begins or ''}..{self._order.ends or ''}"
        file = f"; sha256:{digest}" if digest else ""

        def job(connection: Connection) -> None:
            from ctidesk.crm import audit

            audit.record(
                connection,
                t_wall=time.time(),
                who=self._who,
                action="calls_exported" if calls else "directory_exported",
                subject_id=f"{self._order.form.value}: {counts}{period}{file}",
                result=result,
                purpose=plain(self._order.reason, MAX_REASON),
            )

        self._wait_for(Lane.WRITE, job)

    def _wait_for(self, lane: Lane, job: Callable[[Connection], Any]) -> Any:
        there = threading.Event()
        answers: list[Any] = []

        def settle(answer: Any) -> None:
            answers.append(answer)
            there.set()

        self._store.submit(lane, job, settle, directly=True)
        there.wait()
        if isinstance(answers[0], KnownError):
            raise answers[0]
        return answers[0]


def _line(cells: tuple[str, ...]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow([guarded(_clean(cell)) for cell in cells])
    return text.getvalue()


def _clean(cell: str) -> str:
    """Without what no text file has, and line breaks as the import reads them."""
    if cell.isprintable():
        return cell
    kept = (c for c in cell.replace("\r\n", "\n").replace("\r", "\n") if c >= " " or c in "\n\t")
    return "".join(c for c in kept if not "\x7f" <= c <= "\x9f").strip()


def _call_columns() -> tuple[str, ...]:
    from ctidesk.crm.export_rows import CALL_COLUMNS

    return CALL_COLUMNS


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day).timestamp()
