"""The made-up directory of the benchmarks: a profile folder with a full encrypted cache.

Made once per size, seed and schema (about a minute for 1,000,000 members) and kept in
`$CTIDESK_BENCH_DIR`, else in the system's folder for temporary files.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from ctidesk.config.keys import KeyStore
from ctidesk.config.paths import Profile
from ctidesk.crm.database import open_database
from ctidesk.crm.generator import generate
from ctidesk.crm.schema import HEAD

MEMBERS = 1_000_000
QUICK_MEMBERS = 100_000
SEED = 1


def profile_with(members: int) -> Profile:
    """A profile whose cache holds `members`, its key in the folder."""
    base = Path(os.environ.get("CTIDESK_BENCH_DIR") or tempfile.gettempdir())
    folder = base / f"ctidesk-directory-{members}-seed{SEED}-schema{HEAD}"
    if not folder.is_dir():
        base.mkdir(parents=True, exist_ok=True)
        _make(folder, members)
    return Profile(folder)


def keys_of(profile: Profile) -> KeyStore:
    return KeyStore(profile.root, profile.database)


def _make(folder: Path, members: int) -> None:
    making = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    profile = Profile(making)
    keys = keys_of(profile)
    keys.choose_file()
    database = open_database(profile.database, keys.database_key())

    def progress(done: int) -> None:
        sys.stderr.write(f"\rmaking {members:,} members, once: {done * 100 // members} %")

    generate(database, members, SEED, progress)
    database.close()
    sys.stderr.write("\n")
    if folder.is_dir():  # another benchmark was quicker
        shutil.rmtree(making)
    else:
        making.rename(folder)
