"""The centre's own guides: read when the desk starts, and again by themselves when a file changes.

Runs in: desk process; looking and reading on the thread "guides", all else on Qt main.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.care.guide_shelf import GuideShelf, Reading, read_folder
from ctidesk.ui.desk_commands import DeskCommand

log = logging.getLogger(__name__)

NOTICE = "guides"
EVERY_S = 2.0
"""Looked at by time, not by the system's notices: those do not come from a share of another
computer, where a centre keeps such files."""

Stamp = frozenset[tuple[str, int, int]] | None
"""Of each file: path, time of change, size. None: the folder is not there."""
Problems = Sequence[KnownError]


class GuidesLink:
    """`folder`: of the settings, "" for none. `deliver(function)`: have it called on Qt main.
    `on_taken(problems)`: the shelf has what the folder holds, and this is wrong with it."""

    def __init__(
        self,
        shelf: GuideShelf,
        folder: str,
        language: str,
        deliver: Callable[[Callable[[], None]], None],
        on_taken: Callable[[Problems], None],
        every_s: float = EVERY_S,
    ) -> None:
        self._shelf = shelf
        self._folder = Path(folder) if folder else None
        self._language = language
        self._deliver = deliver
        self._on_taken = on_taken
        self._every_s = every_s
        self._wake = threading.Event()
        self._stopped = threading.Event()

    def start(self) -> None:
        if self._folder is not None:
            run = threading.Thread(target=self._run, args=(self._folder,), name="guides")
            run.daemon = True  # a share that hangs must not keep the desk from ending
            run.start()

    def look(self) -> None:
        """Read now, changed or not."""
        self._wake.set()

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()

    def command(self) -> DeskCommand:
        return DeskCommand(
            name="guide.read_again",
            title="Read the guides again",
            group="Desk",
            run=self.look,
            possible=lambda: self._folder is not None,
            icon="sync",
            words="reload files editor",
        )

    # ----------------------------------------------------------------- private

    def _run(self, folder: Path) -> None:
        known = seen = _stamp(folder)
        self._read(folder)
        while True:
            asked = self._wake.wait(self._every_s)
            self._wake.clear()
            if self._stopped.is_set():
                return
            now = _stamp(folder)
            # a file that is still being written changes from one look to the next
            settled, seen = now == seen, now
            if asked or (settled and now != known):
                known = now
                self._read(folder)

    def _read(self, folder: Path) -> None:
        reading = read_folder(folder, self._language, self._shelf.shipped_ids)
        self._deliver(lambda: self._take(reading))

    def _take(self, reading: Reading) -> None:
        if self._stopped.is_set():
            return
        self._shelf.take(reading)
        log.info("guides: %d read, %d with mistakes", len(reading.guides), len(reading.problems))
        self._on_taken(self._shelf.problems)


def _stamp(folder: Path) -> Stamp:
    try:
        if not folder.is_dir():
            return None
        stats = ((str(path), path.stat()) for path in folder.rglob("*.toml"))
        return frozenset((path, stat.st_mtime_ns, stat.st_size) for path, stat in stats)
    except OSError:
        return None


def trouble_of(problems: Problems) -> KnownError | None:
    """The first mistake and how many more there are, None while all is well."""
    if not problems:
        return None
    first, more = problems[0], len(problems) - 1
    text = f"{first.text} And {more:,} more." if more else first.text
    return KnownError(first.code, text, first.remedy)
