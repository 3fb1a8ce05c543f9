"""A Python of its own that can import what the tests import.

Runs in: tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import ctidesk

ROOT = Path(__file__).resolve().parents[2]


def environment(**more: str) -> dict[str, str]:
    """This process's environment with the package and `tests` importable."""
    source = str(Path(ctidesk.__file__).resolve().parents[1])
    return {**os.environ, "PYTHONPATH": os.pathsep.join((source, str(ROOT))), **more}


def output_of(code: str, *arguments: str, **more: str) -> str:
    """What `code` prints."""
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
        env=environment(**more),
    )
    return ran.stdout.strip()


def ctidesk_run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line as a user runs it; no key store of the machine is met."""
    return subprocess.run(
        [sys.executable, "-m", "ctidesk.app", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=50,
        input="",
        env=environment(PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring"),
    )
