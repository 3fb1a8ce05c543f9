"""`ctidesk import FILE`: members from a CSV or vCard file into the encrypted cache of a profile.

Runs in: command line, main thread; the rows are written on the store thread.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.care.member_import import ImportOrder, ImportPreview, ImportResult, summary
from ctidesk.config import settings
from ctidesk.config.paths import Profile, default_profile
from ctidesk.config.sections import Data
from ctidesk.crm import kept_mappings
from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.csv_columns import COLUMNS
from ctidesk.crm.csv_text import ENCODINGS
from ctidesk.crm.file_import import import_file
from ctidesk.crm.import_plan import Cancel, ImportPlan, ImportReport
from ctidesk.crm.store import StoreThread
from ctidesk.startup.file_member_import import (
    order_of,
    plan_of,
    preview_of,
    result_of,
    with_kept_mapping,
    write_report,
)
from ctidesk.startup.terminal_keys import KEY_PLACES, unlocked_keys
from ctidesk.startup.terminal_store import Inbox, open_store, out, say, stopping_by_keyboard

EXIT_FINE, EXIT_REJECTED, EXIT_FAILED = 0, 1, 2
REPORT_SUFFIX = ".rejected.csv"
_SHOWN = 5
_HELP = """\
The columns are those of the sample resources/demo/members.csv; headings in several languages are
recognised. What is taken for what is kept for the next file with the same headings. The same file
again changes nothing. Calls and a running desk go on meanwhile.

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
        say(f"{error.text} {error.remedy}")
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ctidesk import",
        description="Import members, facilities and colleagues from a CSV or vCard file.",
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
        "--dry-run", action="store_true", help="say what would come of it, write nothing"
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="COLUMN=HEADING",
        help="take this heading of the file as that column; without a heading: as nothing",
    )
    parser.add_argument(
        "--guess", action="store_true", help="forget what was agreed to for these headings before"
    )
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
        say(f"Encoding guessed: {seen.encoding}. If names come out wrong, name it by --encoding.")
    _mapped(seen, wishes.map)  # a mistake is told before a passphrase is asked for
    profile = (Profile(wishes.profile.resolve()) if wishes.profile else default_profile()).make()
    keys = unlocked_keys(profile, wishes.key_store)
    with open_store(SqlCipherCache(profile.database, keys.database_key)) as (store, inbox):
        order = _order(store, inbox, seen, wishes)
        report = _run(store, inbox, plan_of(order, region))
    return _tell(wishes, result_of(order, report))


def _order(
    store: StoreThread, inbox: Inbox, seen: ImportPreview, wishes: argparse.Namespace
) -> ImportOrder:
    """As agreed to before, guessed, or told by --map; kept, unless it is a dry run."""
    if wishes.guess:
        kept_mappings.forget_mapping(store, seen.headings)
    else:
        answers: list[ImportPreview] = []
        with_kept_mapping(store, seen, answers.append)
        inbox.wait(lambda: bool(answers))
        seen = answers[0]
    if seen.kept:
        say("Columns as agreed to for an earlier file; --guess forgets that.")
    mapping = _mapped(seen, wishes.map)
    if wishes.dry_run:
        for column, heading in mapping.items():
            say(f"  {column} = {heading}")
    else:
        kept_mappings.keep_mapping(store, seen.headings, mapping)
    return replace(order_of(seen), mapping=mapping, dry_run=wishes.dry_run)


def _mapped(seen: ImportPreview, pairs: Sequence[str]) -> dict[str, str]:
    mapping = dict(seen.mapping)
    for pair in pairs:
        column, _, heading = pair.partition("=")
        if column not in COLUMNS:
            raise KnownError(
                "no_column",
                f"--map: there is no column {column[:40]!r}.",
                f"The columns are: {', '.join(COLUMNS)}.",
            )
        if heading and heading not in seen.headings:
            raise KnownError(
                "no_heading",
                f"--map: the file has no heading {heading[:40]!r}.",
                f"Its headings are: {', '.join(seen.headings)[:400]}.",
            )
        mapping = {c: h for c, h in mapping.items() if c != column and h != heading}
        if heading:
            mapping[column] = heading
    return mapping


def _region(config: Path | None) -> str:
    if config is None:
        return Data().region
    return settings.parse(settings.read(config), config.parent).data.region


def _run(store: StoreThread, inbox: Inbox, plan: ImportPlan) -> ImportReport:
    cancel = Cancel()
    answers: list[ImportReport | KnownError] = []
    bar = _ProgressLine()

    def stop() -> None:
        cancel.asked = True

    with stopping_by_keyboard(stop):
        import_file(store, plan, answers.append, progress=bar.show, cancel=cancel)
        inbox.wait(lambda: bool(answers))
    bar.end()
    if isinstance(answers[0], KnownError):
        raise answers[0]
    return answers[0]


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
    out(summary(result))
    if result.rows_rejected:
        for row in result.rejected[:_SHOWN]:
            place = f"line {row.line}, {row.column}" if row.column else f"line {row.line}"
            say(f"{place}: {row.reason}")
        if result.rows_rejected > _SHOWN:
            say(f"… and {result.rows_rejected - _SHOWN:,} more: see the report.")
        report = wishes.report or wishes.file.with_name(wishes.file.name + REPORT_SUFFIX)
        write_report(result, report)
        out(f"Report: {report}")
    if result.cancelled:
        say("Stopped before the end" + ("." if result.dry_run else "; what was imported stays."))
        return EXIT_FAILED
    return EXIT_REJECTED if result.rows_rejected else EXIT_FINE
