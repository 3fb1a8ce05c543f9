"""`make hunt`: runs tests on the engine's variant with AddressSanitizer and gathers what it found.

Runs in: the build; on the Python of the environment that has the variant.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from installer.engine import wheel
from installer.engine.places import home_of_engine

USUAL = tuple(
    f"tests/engine/test_{name}.py"
    for name in ("calls", "hostile", "fuzz", "transfers", "hold_mute_digits", "unsendable_ack")
)
OPTIONS = (
    "detect_leaks=0",  # Python itself leaks at its end
    "handle_abort=1",  # an assertion of pjproject is a finding too
    "log_exe_name=1",
)


def main(words: list[str]) -> int:
    """Exit codes: 0 nothing found, 1 findings or failed tests (or no variant here)."""
    home = home_of_engine("asan")
    if home is None or not home.is_dir():
        sys.stderr.write(
            "The variant of our engine that finds memory errors is not installed here.\n"
            "Build it: make engine VARIANT=asan\n"
        )
        return 1
    with tempfile.TemporaryDirectory(prefix="ctidesk-hunt-") as folder:
        reports = Path(folder)
        tests = subprocess.run(
            [sys.executable, "-m", "pytest", *(words or USUAL)],
            env={**os.environ, **environment(home, reports)},
            check=False,
        )
        found = sorted(reports.iterdir())
        for report in found:
            sys.stdout.write(f"\n== {report.name}\n{report.read_text('utf-8', 'replace')}\n")
    sys.stdout.write(f"hunt: {len(found)} findings, pytest ended with {tests.returncode}\n")
    return 1 if found or tests.returncode else 0


def environment(home: Path, reports: Path) -> dict[str, str]:
    """For a process, and all its children, that are to load the variant in `home`."""
    options = ":".join([*OPTIONS, f"log_path={reports / 'found'}"])
    return {**wheel.preload("asan"), "ASAN_OPTIONS": options, "CTIDESK_ENGINE": str(home)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
