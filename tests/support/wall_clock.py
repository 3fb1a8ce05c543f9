"""A wall clock of the test's own for the processes that it starts; their monotonic clock stays.

Runs in: the test process; `wall_clock.c` in the others, by LD_PRELOAD. (Debian's `faketime` can't
do it: it breaks the sleep of Python 3.11.)
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SOURCE = Path(__file__).with_suffix(".c")


def can_be_put() -> bool:
    """Whether there is a compiler for the piece of C."""
    return shutil.which("gcc") is not None


class WallClock:
    """Right at first. `folder` takes its files."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._library = folder / "wall_clock.so"
        self.put(0)
        wanted = ["gcc", "-shared", "-fPIC", "-O1", "-o", str(self._library), str(_SOURCE), "-ldl"]
        subprocess.run(wanted, check=True, timeout=60)

    def put(self, off_s: int) -> None:
        """Wrong by that many seconds, at once in all its processes."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(off_s))
        fresh.replace(self._file)

    @property
    def environment(self) -> Mapping[str, str]:
        return {"LD_PRELOAD": str(self._library), "CTIDESK_TEST_CLOCK": str(self._file)}
