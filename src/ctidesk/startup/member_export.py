"""The export for the screen, and `ctidesk export FILE`: members or calls into a CSV or vCard file.

Runs in: desk process, called on Qt main; the command: command line, main thread. Reading and
writing are done on other threads.
"""

from __future__ import annotations

import argparse
import getpass
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.care.member_export import (
    DIRECTORY,
    Contents,
    ExportForm,
    ExportOrder,
    ExportProgress,
    ExportResult,
    check,
    summary,
)
from ctidesk.config import settings as settings_file
from ctidesk.config.paths import Profile, default_profile
from ctidesk.config.sections import Data
from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.export import Stop, export
from ctidesk.crm.store import StoreThread
from ctidesk.startup.terminal_keys import unlocked_keys
from ctidesk.startup.terminal_store import open_store, out, say, stopping_by_keyboard

EXIT_FINE, EXIT_FAILED = 0, 2
END_S = 5.0
WARNING = (
    "The file holds health data that nothing protects any more: keep it encrypted, "
    "and delete it when it was used."
)
_HELP = """\
Allowed only where the settings say so: [data] export = "allowed". Every export leaves a row in the
audit trail with its reason and counts. A CSV file of the directory is read again by ctidesk import;
cells that a spreadsheet would run as formulas begin with an apostrophe.

Exit codes: 0 the file is written; 2 it is not, and nothing is left of it.
A passphrase is asked for on the terminal, or read from the standard input if that is a pipe.
"""


class FileMemberExport:
    """Implements `care.member_export.MemberExport` over the store of the cache. `who`: the agent,
    for the audit trail."""

    def __init__(self, store: StoreThread, data: Data, who: str) -> None:
        self._store = store
        self._region = data.region
        self._forbidden = None if data.export == "allowed" else forbidden()
        self._who = who
        self._stop = Stop()
        self._thread: threading.Thread | None = None

    @property
    def forbidden(self) -> KnownError | None:
        return self._forbidden

    def start(
        self,
        order: ExportOrder,
        progress: Callable[[ExportProgress], None],
        done: Done[ExportResult],
    ) -> None:
        problem = self._forbidden or check(order)
        if problem is not None:
            self._store.answer(done, problem)
            return
        self._stop = Stop()
        self._thread = export(
            self._store, order, self._who, self._region, progress, done, self._stop
        )

    def cancel(self) -> None:
        self._stop.asked = True

    def end(self) -> None:
        """The desk ends: half a file must not stay behind. Before the store closes."""
        self.cancel()
        if self._thread is not None:
            self._thread.join(END_S)


def forbidden() -> KnownError:
    return KnownError(
        "export_forbidden",
        "The settings of this desk forbid exports.",
        'Who is responsible for the data can allow them: [data] export = "allowed".',
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 the file is there, 2 it is not."""
    wishes = _parser().parse_args(argv)
    try:
        return _export(wishes)
    except KnownError as error:
        say(f"{error.text} {error.remedy}")
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ctidesk export",
        description="Export members, facilities and colleagues, or calls with their wrap-ups.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--config", type=Path, metavar="TOML", required=True, help="settings")
    parser.add_argument("--reason", required=True, help="what the file is for")
    parser.add_argument(
        "--what",
        choices=("directory", *(each.value for each in Contents)),
        default="directory",
        help="default: members, facilities and colleagues",
    )
    parser.add_argument(
        "--form",
        choices=[each.value for each in ExportForm],
        default="",
        help="default: vcard4 for a name that ends in .vcf, else csv",
    )
    parser.add_argument("--from", dest="begins", type=_day, metavar="DAY", help="of calls")
    parser.add_argument("--until", dest="ends", type=_day, metavar="DAY", help="this day included")
    parser.add_argument("--overwrite", action="store_true", help="replace FILE")
    parser.add_argument("--profile", type=Path, metavar="DIR", help="the profile's folder")
    return parser


def _export(wishes: argparse.Namespace) -> int:
    data = settings_file.parse(settings_file.read(wishes.config), wishes.config.parent).data
    if data.export != "allowed":
        raise forbidden()
    whole = wishes.what == "directory"
    form = wishes.form or ("vcard4" if wishes.file.suffix.lower() == ".vcf" else "csv")
    order = ExportOrder(
        path=wishes.file.resolve(),
        contents=DIRECTORY if whole else (Contents(wishes.what),),
        form=ExportForm(form),
        reason=wishes.reason,
        begins=wishes.begins,
        ends=wishes.ends,
    )
    if problem := check(order):
        raise problem
    if wishes.file.exists() and not wishes.overwrite:
        raise KnownError(
            "export_exists", "The file is there already.", "Name another one, or add --overwrite."
        )
    profile = Profile(wishes.profile.resolve()) if wishes.profile else default_profile()
    if not profile.database.is_file():
        raise KnownError(
            "no_cache",
            "This profile has no member cache, so there is nothing to export.",
            "Name the folder of the profile with --profile.",
        )
    keys = unlocked_keys(profile)
    answers: list[ExportResult | KnownError] = []
    with open_store(SqlCipherCache(profile.database, keys.database_key)) as (store, inbox):
        exporting = FileMemberExport(store, data, f"command line: {getpass.getuser()}")
        with stopping_by_keyboard(exporting.cancel):
            exporting.start(order, _show, answers.append)
            inbox.wait(lambda: bool(answers))
    answer = answers[0]
    if isinstance(answer, KnownError):
        raise answer
    out(summary(answer))
    if answer.cancelled:
        return EXIT_FAILED
    say(WARNING)
    return EXIT_FINE


def _show(step: ExportProgress) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{100 * step.share:3.0f} %  {step.rows:,} rows  ")
        sys.stderr.write("\n" if step.share >= 1 else "")
        sys.stderr.flush()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a day is written as 2026-03-31") from None
