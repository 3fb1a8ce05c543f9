"""`ctidesk audit verify`: whether the audit trail of a profile is what was written.

Runs in: command line, main thread. The database is opened by the command itself.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ctidesk.calls.errors import KnownError
from ctidesk.config.paths import Profile, default_profile
from ctidesk.startup.terminal_keys import unlocked_keys

if TYPE_CHECKING:
    from ctidesk.crm.audit import Checkpoint, Verdict

EXIT_FINE, EXIT_NOT_GENUINE, EXIT_FAILED = 0, 1, 2
_HELP = """\
Every row carries the hash of the one before it: a changed, inserted or removed row is named. That
rows were cut off the end shows only against a checkpoint: note the one that is printed somewhere
else, and give it at the next verification.

Exit codes: 0 genuine, 1 not genuine, 2 anything else that failed.
A passphrase is asked for on the terminal, or read from the standard input if that is a pipe.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 genuine, 1 not genuine, 2 anything else that failed."""
    parser = argparse.ArgumentParser(prog="ctidesk audit", description="The audit trail.")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    verify = verbs.add_parser(
        "verify",
        help="recompute the chain and name the first bad row",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verify.add_argument("--profile", type=Path, metavar="DIR", help="the profile's folder")
    verify.add_argument(
        "--checkpoint",
        type=_checkpoint,
        metavar="ROW:HASH",
        help="a row and its hash as an earlier verification printed them",
    )
    wishes = parser.parse_args(argv)
    try:
        return _verify(wishes.profile, wishes.checkpoint)
    except KnownError as error:
        sys.stderr.write(f"{error.text} {error.remedy}\n")
        return EXIT_FAILED


def _verify(folder: Path | None, noted: tuple[int, str] | None) -> int:
    profile = Profile(folder.resolve()) if folder else default_profile()
    if not profile.database.is_file():
        raise KnownError(
            "no_cache",
            "This profile has no member cache, so there is no audit trail to verify.",
            "Name the folder of the profile with --profile.",
        )
    verdict = _verdict(profile, noted)
    if verdict.bad_seq:
        sys.stdout.write(f"BAD   row {verdict.bad_seq}: {verdict.problem}\nNOT GENUINE\n")
        return EXIT_NOT_GENUINE
    sys.stdout.write(f"      {verdict.rows} rows\n")
    sys.stdout.write(f"      checkpoint {verdict.head.seq}:{verdict.head.hash}\nGENUINE\n")
    return EXIT_FINE


def _verdict(profile: Profile, noted: tuple[int, str] | None) -> Verdict:
    keys = unlocked_keys(profile)
    key = keys.database_key()

    # only here: SQLAlchemy takes its time, and a wrong passphrase should not
    from ctidesk.crm import audit
    from ctidesk.crm.database import open_database

    checkpoint: Checkpoint | None = audit.Checkpoint(*noted) if noted else None
    database = open_database(profile.database, key)
    try:
        return database.read(lambda connection: audit.verify(connection, checkpoint))
    finally:
        database.close()


def _checkpoint(text: str) -> tuple[int, str]:
    read = re.fullmatch(r"(\d{1,18}):([0-9a-fA-F]{64})", text.strip())
    if read is None:
        raise argparse.ArgumentTypeError("a checkpoint is the number of a row, a colon, its hash")
    return int(read[1]), read[2]
