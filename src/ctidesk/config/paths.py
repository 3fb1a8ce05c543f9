"""Where a profile keeps its things.

Runs in: every process, any thread.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ctidesk.calls.errors import KnownError

APP = "ctidesk"


@dataclass(frozen=True, slots=True)
class Profile:
    """One folder of everything that a run keeps. Made 0700 by `make`."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "cache.db"

    @property
    def spool(self) -> Path:
        """Recordings: encrypted segments and their manifests."""
        return self.root / "recordings"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def runtime(self) -> Path:
        """Socket and FIFOs: on a local disk, short enough for a Unix socket (104 bytes)."""
        mark = hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()[:12]
        base = os.environ.get("XDG_RUNTIME_DIR")
        parent = Path(base) if base and Path(base).is_dir() else Path(tempfile.gettempdir())
        return parent / f"{APP}-{os.getuid() if hasattr(os, 'getuid') else 0}-{mark}"

    def make(self) -> Profile:
        """Make the folders, private. Raises `KnownError` where one cannot be made or is foreign."""
        for folder in (self.root, self.spool, self.logs, self.runtime):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                owner = folder.stat().st_uid
                folder.chmod(0o700)
            except OSError as error:
                raise KnownError(
                    "profile_folder",
                    f"The folder for ctidesk's data cannot be used ({error.strerror}).",
                    "Choose a folder of your own with --profile, on a disk with free space.",
                ) from None
            if hasattr(os, "getuid") and owner != os.getuid():
                raise KnownError(
                    "profile_foreign",
                    "The folder for ctidesk's data belongs to somebody else.",
                    "Choose another folder with --profile, or ask IT.",
                )
        return self


def default_profile() -> Profile:
    return Profile(Path(platformdirs.user_data_dir(APP, appauthor=False)))


def resources() -> Path:
    """The data that ships with the program: inside the installed package, else beside `src`."""
    here = Path(__file__).resolve()
    packed = here.parents[1] / "resources"
    return packed if packed.is_dir() else here.parents[3] / "resources"
