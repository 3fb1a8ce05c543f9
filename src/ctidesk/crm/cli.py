"""`ctidesk audit verify`: recompute the audit trail and name the first bad row.

Runs in: a command's process. The composition root gives the database and the way to its key.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ctidesk.calls.errors import KnownError


def main(
    argv: Sequence[str],
    database: Path,
    key: Callable[[], bytes],
    say: Callable[[str], object] = sys.stdout.write,
) -> int:
    """`argv` after "audit". 0: the trail is whole; 1: it is not; 2: it can't be read."""
    parser = argparse.ArgumentParser(prog="ctidesk audit", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="recompute the chain of hashes")
    verify.add_argument(
        "--checkpoint",
        metavar="ROW:HASH",
        default="",
        help="a row that was noted elsewhere: shows also a cut or rewritten end",
    )
    arguments = parser.parse_args(argv)
    if not database.exists():
        say("There is no member cache in this profile, and so no audit trail.\n")
        return 2
    try:
        return _verify(database, key(), arguments.checkpoint, say)
    except KnownError as problem:
        say(f"{problem.text}\n{problem.remedy}\n")
        return 2


def _verify(path: Path, key: bytes, noted: str, say: Callable[[str], object]) -> int:
    from ctidesk.crm import audit
    from ctidesk.crm.database import open_database

    checkpoint = None
    if noted:
        row, _, digest = noted.partition(":")
        if not (row.isdecimal() and digest):
            raise KnownError(
                "bad_checkpoint",
                "The checkpoint is not understood.",
                "Give it as an earlier run printed it, for example 120:3fa9….",
            )
        checkpoint = audit.Checkpoint(int(row), digest)
    database = open_database(path, key)
    try:
        verdict = database.read(lambda connection: audit.verify(connection, checkpoint))
    finally:
        database.close()
    if verdict.bad_seq:
        say(f"The audit trail is NOT whole. Row {verdict.bad_seq}: {verdict.problem}.\n")
        return 1
    say(f"The audit trail is whole: {verdict.rows} rows.\n")
    say(f"Checkpoint to note elsewhere: {verdict.head.seq}:{verdict.head.hash}\n")
    return 0
