"""`ctidesk purge`: erase now whom the centre no longer serves, or say how many that would be.

Runs in: command line, main thread; the work is done on the store thread.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.config import settings as settings_file
from ctidesk.config.paths import Profile, default_profile
from ctidesk.config.sections import Data
from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.purge import PurgeReport, purge
from ctidesk.startup.terminal_keys import unlocked_keys
from ctidesk.startup.terminal_store import open_store, out, say

EXIT_FINE, EXIT_FAILED = 0, 2
_HELP = """\
The desk does the same after its start and once a day. [data] keep_days (90; 0: never) says how
long a member stays whose cover ended, whom the file that named them lacks, or who is gone from the
CRM or not active there. Who has an appointment to come, a recent call, an open wrap-up, an open
task or a message that waits stays, and so does a carer of somebody else.

Exit codes: 0 done; 2 it could not be done.
A passphrase is asked for on the terminal, or read from the standard input if that is a pipe.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 2 failed."""
    parser = argparse.ArgumentParser(
        prog="ctidesk purge",
        description="Erase members whom the centre no longer serves.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", type=Path, metavar="TOML", help="settings")
    parser.add_argument("--profile", type=Path, metavar="DIR", help="the profile's folder")
    parser.add_argument("--dry-run", action="store_true", help="say how many, erase nobody")
    wishes = parser.parse_args(argv)
    try:
        return _purge(wishes.config, wishes.profile, wishes.dry_run)
    except KnownError as error:
        say(f"{error.text} {error.remedy}")
        return EXIT_FAILED


def _purge(config: Path | None, folder: Path | None, dry: bool) -> int:
    keep_days = Data().keep_days
    if config is not None:
        keep_days = settings_file.parse(settings_file.read(config), config.parent).data.keep_days
    if not keep_days:
        raise KnownError(
            "purge_off", "Members are kept for ever here.", "Set [data] keep_days to change that."
        )
    profile = Profile(folder.resolve()) if folder else default_profile()
    if not profile.database.is_file():
        raise KnownError(
            "no_cache",
            "This profile has no member cache.",
            "Name the folder of the profile with --profile.",
        )
    keys = unlocked_keys(profile)
    answers: list[PurgeReport | KnownError] = []
    with open_store(SqlCipherCache(profile.database, keys.database_key)) as (store, inbox):
        purge(store, keep_days, answers.append, dry=dry)
        inbox.wait(lambda: bool(answers))
    answer = answers[0]
    if isinstance(answer, KnownError):
        raise answer
    out(answer.sentence)
    return EXIT_FINE
