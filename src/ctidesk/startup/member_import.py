"""`ctidesk import FILE`: members from a CSV file into the encrypted cache of a profile.

Runs in: command line, main thread; the rows are written on the store thread.
"""

from __future__ import annotations

import argparse
import queue
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ctidesk.calls.errors import KnownError
from ctidesk.care.member_import import ImportResult, summary
from ctidesk.config import settings
from ctidesk.config.paths import Profile, default_profile
from ctidesk.config.sections import Data
from ctidesk.crm import csv_import
from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.csv_import import Cancel, ImportReport
from ctidesk.crm.csv_text import ENCODINGS
from ctidesk.crm.store import StorePhase, StoreState, StoreThread
from ctidesk.startup.csv_member_import import (
    order_of,
    plan_of,
    preview_of,
    result_of,
    write_report,
)
from ctidesk.startup.terminal_keys import KEY_PLACES, unlocked_keys

EXIT_FINE, EXIT_REJECTED, EXIT_FAILED = 0, 1, 2
REPORT_SUFFIX = ".rejected.csv"
_SHOWN = 5
_HELP = """\
The columns are described in the README; headings in several languages are recognised. The same
file again changes nothing. Calls and a running desk go on meanwhile.

Exit codes: 0 every row is in; 1 rows were rejected, all others are in (the report's path is
printed); 2 the import could not begin or did not come to its end: what was written before stays,
and the same command takes the file again. Ctrl+C stops after the running batch.
A passphrase is asked for on the terminal, or read from the standard input if that is a pipe.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 all rows are in, 1 some were rejected, 2 failed, stopped or wrong usage."""
    wishes = _parser().parse_args(argv)
    try:
        return _import(wishes)
    except KnownError as error:
        _say(f"{error.text} {error.remedy}")
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ctidesk import",
        description="Import members, facilities and colleagues from a CSV file.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--profile", type=Path, metavar="DIR", help="the profile's folder")
    parser.add_argument(
        "--config", type=Path, metavar="TOML", help="settings; their region is used"
    )
    parser.add_argument("--region", default="", help="ISO country of numbers without +, e.g. DE")
    parser.add_argument("--encoding", default="", choices=("", *ENCODINGS), help="default: guessed")
    parser.add_argument("--delimiter", default="", help="one character; default: guessed")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="CSV",
        help=f"where rejected rows are listed (default: FILE{REPORT_SUFFIX})",
    )
    parser.add_argument(
        "--key-store",
        choices=KEY_PLACES,
        default="",
        help="where a new profile keeps the key (default: the system's key store)",
    )
    return parser


def _import(wishes: argparse.Namespace) -> int:
    region = (wishes.region or _region(wishes.config)).upper()
    seen = preview_of(wishes.file, wishes.encoding, wishes.delimiter)
    if not seen.encoding_certain:
        _say(f"Encoding guessed: {seen.encoding}. If names come out wrong, name it by --encoding.")
    profile = (Profile(wishes.profile.resolve()) if wishes.profile else default_profile()).make()
    keys = unlocked_keys(profile, wishes.key_store)
    plan = plan_of(order_of(seen), region)
    with _open_store(SqlCipherCache(profile.database, keys.database_key)) as (store, inbox):
        report = _run(store, inbox, plan)
    return _tell(wishes, result_of(wishes.file.name, report))


def _region(config: Path | None) -> str:
    if config is None:
        return Data().region
    return settings.parse(settings.read(config), config.parent).data.region


class _Inbox:
    """Stands for the desk's main thread: what the store delivers is run by `wait`."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Callable[[], None]] = queue.Queue()
        self.deliver = self._waiting.put

    def wait(self, until: Callable[[], bool]) -> None:
        while not until():
            try:
                # with a time-out, so that Ctrl+C is heard on every system
                self._waiting.get(timeout=0.5)()
            except queue.Empty:
                continue


@contextmanager
def _open_store(cache: SqlCipherCache) -> Iterator[tuple[StoreThread, _Inbox]]:
    inbox = _Inbox()
    states: list[StoreState] = []
    store = StoreThread(cache, inbox.deliver, states.append)
    store.start()
    try:
        inbox.wait(lambda: any(s.phase is not StorePhase.OPENING for s in states))
        state = states[-1]
        if state.phase is StorePhase.FAILED and state.problem is not None:
            raise state.problem
        yield store, inbox
    finally:
        store.close()


def _run(store: StoreThread, inbox: _Inbox, plan: csv_import.ImportPlan) -> ImportReport:
    cancel = Cancel()
    answers: list[ImportReport | KnownError] = []
    bar = _ProgressLine()
    with _stopping_by_keyboard(cancel):
        csv_import.import_csv(store, plan, answers.append, progress=bar.show, cancel=cancel)
        inbox.wait(lambda: bool(answers))
    bar.end()
    if isinstance(answers[0], KnownError):
        raise answers[0]
    return answers[0]


@contextmanager
def _stopping_by_keyboard(cancel: Cancel) -> Iterator[None]:
    """The first Ctrl+C asks politely, the second one ends the command."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        cancel.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _ProgressLine:
    """On a terminal one line that changes, into a file a line every few seconds."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._next = 0.0
        self._began = time.monotonic()

    def show(self, report: ImportReport) -> None:
        now = time.monotonic()
        if not report.rows_read or (now < self._next and not report.finished):
            return
        self._next = now + (0.2 if self._live else 2.0)
        done = 100 * report.read_bytes // max(1, report.total_bytes)
        share = 100 if report.finished else done
        rate = report.rows_read / max(0.001, now - self._began)
        words = f"{share:3d} %  {report.rows_read:,} rows  {rate:,.0f} rows/s"
        if report.rows_rejected:
            words += f"  {report.rows_rejected:,} rejected"
        sys.stderr.write(f"\r{words}  " if self._live else f"{words}\n")
        sys.stderr.flush()

    def end(self) -> None:
        if self._live:
            sys.stderr.write("\n")


def _tell(wishes: argparse.Namespace, result: ImportResult) -> int:
    _out(summary(result))
    if result.rows_rejected:
        for row in result.rejected[:_SHOWN]:
            place = f"line {row.line}, {row.column}" if row.column else f"line {row.line}"
            _say(f"{place}: {row.reason}")
        if result.rows_rejected > _SHOWN:
            _say(f"… and {result.rows_rejected - _SHOWN:,} more: see the report.")
        report = wishes.report or wishes.file.with_name(wishes.file.name + REPORT_SUFFIX)
        write_report(result, report)
        _out(f"Report: {report}")
    if result.cancelled:
        _say("Stopped before the end; what was imported stays.")
        return EXIT_FAILED
    return EXIT_REJECTED if result.rows_rejected else EXIT_FINE


def _out(line: str) -> None:
    sys.stdout.write(line + "\n")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
