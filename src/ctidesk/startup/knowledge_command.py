"""`ctidesk knowledge`: check a folder of articles, or take it into a profile's cache.

Runs in: command line, main thread; the writing is done on the store thread.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.care.knowledge import KnowledgeReport
from ctidesk.config.paths import Profile, default_profile
from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.knowledge_files import read_folder
from ctidesk.crm.knowledge_folder import MAX_PROBLEMS, KnowledgeFolder
from ctidesk.startup.terminal_keys import KEY_PLACES, unlocked_keys
from ctidesk.startup.terminal_store import open_store, out, say, stopping_by_keyboard

EXIT_FINE, EXIT_REJECTED, EXIT_FAILED = 0, 1, 2
_HELP = """\
A folder holds one Markdown file for each article, with a head of fields between two lines "---":
title, language, kind, parties, codes, steps, tags, also, related, valid_until, owner. The desk
reads the folder of [care] knowledge by itself at its start, when files have changed.

Exit codes: 0 all was read; 1 some files were not; 2 it could not be done.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 fine, 1 some files rejected, 2 failed."""
    wishes = _parser().parse_args(argv)
    try:
        return _check(wishes.folder) if wishes.order == "check" else _import(wishes)
    except KnownError as error:
        say(f"{error.text} {error.remedy}")
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ctidesk knowledge",
        description="Articles and glossary of the knowledge base.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    orders = parser.add_subparsers(dest="order", required=True)
    check = orders.add_parser("check", help="say what is wrong in a folder, write nothing")
    take = orders.add_parser("import", help="take a folder into the profile's cache")
    for order in (check, take):
        order.add_argument("folder", type=Path, metavar="FOLDER")
    take.add_argument("--profile", type=Path, metavar="DIR", help="the profile's folder")
    take.add_argument(
        "--key-store",
        choices=KEY_PLACES,
        default="",
        help="where a new profile keeps the key (default: the system's key store)",
    )
    return parser


def _check(folder: Path) -> int:
    read = read_folder(folder)
    articles = [article for file in read.changed for article in file.articles]
    report = KnowledgeReport(
        files=len(read.paths), articles=len(articles), problems=tuple(read.problems)
    )
    names = {article.name for article in articles}
    for file in read.changed:
        for article in file.articles:
            for link in article.links:
                if link not in names:
                    say(f"{file.path}: the link to “{link}” leads nowhere.")
    return _tell(report)


def _import(wishes: argparse.Namespace) -> int:
    read_folder(wishes.folder)  # a wrong path is told before a passphrase is asked for
    profile = (Profile(wishes.profile.resolve()) if wishes.profile else default_profile()).make()
    keys = unlocked_keys(profile, wishes.key_store)
    answers: list[KnowledgeReport | KnownError] = []
    with open_store(SqlCipherCache(profile.database, keys.database_key)) as (store, inbox):
        folder = KnowledgeFolder(store, wishes.folder)
        with stopping_by_keyboard(folder.stop):
            folder.take(answers.append)
            inbox.wait(lambda: bool(answers))
    answer = answers[0]
    if isinstance(answer, KnownError):
        raise answer
    return _tell(answer)


def _tell(report: KnowledgeReport) -> int:
    for problem in report.problems[:MAX_PROBLEMS]:
        say(problem.text)
    out(report.sentence)
    return EXIT_REJECTED if report.problems else EXIT_FINE
