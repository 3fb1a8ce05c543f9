"""The emergency protocol of a running desk: the centre's file, the last good one, ours.

Runs in: desk process, Qt main thread, once at start (a small local file).
"""

from __future__ import annotations

import logging
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.care.line_joining import JoinLine, lines_of
from ctidesk.care.red_flag import FlagProtocol
from ctidesk.care.red_flag_file import load_protocol
from ctidesk.config.paths import resources
from ctidesk.config.sections import RedFlag

log = logging.getLogger(__name__)

LAST_GOOD = "red_flag-last-good.toml"


def red_flag_protocol(section: RedFlag, root: Path) -> tuple[FlagProtocol, KnownError | None]:
    """What counts, and what is wrong with the centre's file. `root`: the profile, where the last
    good version of it is kept."""
    shipped = resources() / "red_flag" / "default.toml"
    if not section.protocol:
        return _load(shipped, section), None
    kept = root / LAST_GOOD
    own = Path(section.protocol)
    try:
        found = _load(own, section)
    except KnownError as problem:
        try:
            return _load(kept, section), problem
        except KnownError:
            return _load(shipped, section), problem
    _keep(own, kept)
    return found, None


def _load(path: Path, section: RedFlag) -> FlagProtocol:
    return load_protocol(path, lines_of(section.lines), _one(section.emergency), _one(section.lead))


def _one(entry: str) -> JoinLine | None:
    return next(iter(lines_of((entry,))), None)


def _keep(own: Path, kept: Path) -> None:
    try:
        text = own.read_bytes()
        if not kept.exists() or kept.read_bytes() != text:
            new = kept.with_suffix(".new")
            new.write_bytes(text)
            new.replace(kept)
    except OSError as error:
        log.warning("the emergency protocol was not kept: %s", error.strerror)
