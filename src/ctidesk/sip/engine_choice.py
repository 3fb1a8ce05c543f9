"""Which pjsua2 a process loads: our own build, or the development wheel of the package index.

Runs in: any process that imports `ctidesk.sip.engine`, once, before pjsua2 is imported.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ctidesk.calls.errors import KnownError

VARIABLE = "CTIDESK_ENGINE"
"""`own`, `wheel`, or the folder of a build; nothing: our own where it is installed."""


def own_folder() -> Path:
    """Where `make engine` and the packages put our own build: in the environment itself."""
    return Path(sys.prefix) / "ctidesk-engine"


def wanted_folder() -> Path | None:
    """The folder of the build that is wanted, None for the wheel. Raises `KnownError` when one is
    asked for that is not there: it must not quietly become the wheel."""
    wish = os.environ.get(VARIABLE, "")
    folder = Path(wish) if os.sep in wish else own_folder()
    if wish == "wheel":
        return None
    if (folder / "pjsua2").is_dir():
        return folder
    if wish == "":
        return None
    raise KnownError(
        "engine_missing",
        f"{VARIABLE} asks for an engine of our own build, and there is none.",
        f"Run `make engine`, or set {VARIABLE}=wheel for the development engine.",
    )


def prefer() -> None:
    """Put the wanted build first on the path; without it Python finds the wheel."""
    folder = wanted_folder()
    if folder is not None and str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
