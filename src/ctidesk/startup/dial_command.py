"""`ctidesk dial NUMBER`: the number in the dial field of the desk, which is started if none runs.

Runs in: command line, main thread; then the desk process itself where none runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ctidesk.calls import links, numbers
from ctidesk.calls.errors import KnownError
from ctidesk.config import settings as settings_file
from ctidesk.config.paths import Profile, default_profile
from ctidesk.config.sections import Data
from ctidesk.startup import instance, run


def main(argv: Sequence[str]) -> int:
    """Exit codes: 0 in the dial field, 1 a known failure (said on stderr), 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="ctidesk dial",
        description="Put a number into the dial field of ctidesk. Nothing is dialled: the agent "
        "looks at it and presses Enter.",
    )
    parser.add_argument(
        "number", nargs="+", metavar="NUMBER", help="a number, an extension, a sip: or tel: address"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)")
    parser.add_argument("--profile", type=Path, metavar="DIR", help="of the desk that is meant")
    wishes = parser.parse_args(argv)
    profile = Profile(wishes.profile.resolve()) if wishes.profile else default_profile()
    try:
        link = checked_link(" ".join(wishes.number), wishes.config)
        if instance.tell(profile.runtime, link):
            sys.stdout.write("The number is in the dial field of ctidesk. It is not dialled yet.\n")
            return 0
        return run.run(run.Wishes(profile=profile, config=wishes.config, link=link))
    except KnownError as error:
        sys.stderr.write(f"{error.text}\n{error.remedy}\n")
        return 1


def checked_link(number: str, config: Path | None) -> str:
    """The link that is handed over. Raises `KnownError` bad_link or bad_number, so that a mistake
    is said here and no window comes up for it."""
    wanted = links.read_link(number)
    numbers.dialable(wanted.text, _region(config))
    return links.link_to(wanted.text)


def _region(config: Path | None) -> str:
    """Damaged settings are said by the desk, which may still have a good version of them."""
    if config is None:
        return Data().region
    try:
        return settings_file.parse(settings_file.read(config), config.parent).data.region
    except KnownError:
        return Data().region
