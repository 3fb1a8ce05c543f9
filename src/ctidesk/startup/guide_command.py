"""`ctidesk guide`: what is wrong in a folder of guides, and how one reads, before agents see it.

Runs in: command line, main thread.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.care.guide_example import example_facts
from ctidesk.care.guide_preview import preview
from ctidesk.care.guide_shelf import read_folder, read_guide
from ctidesk.config.paths import resources
from ctidesk.startup.terminal_store import out, say

EXIT_FINE, EXIT_REJECTED = 0, 1
EXAMPLE = "example"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 all can be used, 1 some cannot."""
    wishes = _parser().parse_args(argv)
    if wishes.order == "preview":
        return _preview(wishes.file, wishes.language, wishes.card)
    return _check(wishes.folder, wishes.language)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ctidesk guide", description="Guides for agents, as files of their own."
    )
    orders = parser.add_subparsers(dest="order", required=True)
    check = orders.add_parser("check", help="name file, line and field of every mistake")
    check.add_argument("folder", type=Path, metavar="FOLDER")
    show = orders.add_parser("preview", help="every step and branch of one guide, as plain text")
    show.add_argument("file", type=Path, metavar="FILE")
    show.add_argument(
        "--card",
        choices=(EXAMPLE,),
        help="fill in made-up facts, and say which conditions hold with them",
    )
    for each in (check, show):
        each.add_argument(
            "--language", default="en", metavar="CODE", help="with the texts of this language too"
        )
    return parser


def _check(folder: Path, language: str) -> int:
    shipped = read_folder(resources() / "guides").guides.values()
    reading = read_folder(folder, language, {guide.id for guide in shipped})
    for found in reading.problems.values():
        _tell(found)
    for guide in reading.guides.values():
        out(f"{guide.id}: {guide.title}, {len(guide.steps)} steps")
    return EXIT_REJECTED if reading.problems else EXIT_FINE


def _preview(file: Path, language: str, card: str | None) -> int:
    """With mistakes in a translation alone: the guide as it is written, and the mistakes."""
    guide, problems = read_guide(file, language)
    _tell(problems)
    if guide is not None:
        facts = example_facts(guide, datetime.now().astimezone()) if card == EXAMPLE else None
        for line in preview(guide, facts):
            out(line)
    return EXIT_REJECTED if problems else EXIT_FINE


def _tell(problems: Iterable[KnownError]) -> None:
    for problem in problems:
        say(problem.text)
