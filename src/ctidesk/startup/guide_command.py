"""`ctidesk guide check`: what is wrong in a folder of guides, before any agent sees it.

Runs in: command line, main thread.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ctidesk.care.guide_shelf import read_folder
from ctidesk.config.paths import resources
from ctidesk.startup.terminal_store import out, say

EXIT_FINE, EXIT_REJECTED = 0, 1


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 all can be used, 1 some cannot."""
    parser = argparse.ArgumentParser(
        prog="ctidesk guide", description="Guides for agents, as files of their own."
    )
    orders = parser.add_subparsers(dest="order", required=True)
    check = orders.add_parser("check", help="name file, line and field of every mistake")
    check.add_argument("folder", type=Path, metavar="FOLDER")
    check.add_argument(
        "--language", default="en", metavar="CODE", help="with the texts of this language too"
    )
    wishes = parser.parse_args(argv)
    shipped = read_folder(resources() / "guides").guides.values()
    reading = read_folder(wishes.folder, wishes.language, {guide.id for guide in shipped})
    for found in reading.problems.values():
        for problem in found:
            say(problem.text)
    for guide in reading.guides.values():
        out(f"{guide.id}: {guide.title}, {len(guide.steps)} steps")
    return EXIT_REJECTED if reading.problems else EXIT_FINE
