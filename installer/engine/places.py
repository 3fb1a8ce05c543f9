"""Where the build keeps its things, and the hash that names a result.

Runs in: the build.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
VARIANTS = ("release", "asan")


class Places(NamedTuple):
    """`result` appears whole or not at all; `work` is gone after a build, good or bad."""

    cache: Path
    sources: Path
    work: Path
    result: Path
    log: Path

    @property
    def unpacked(self) -> Path:
        """What stands first on an engine's path: the folder that holds `pjsua2/`."""
        return self.result / "unpacked"


def places(variant: str) -> Places:
    """For this Python and `variant`, under XDG_CACHE_HOME or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(base) / "ctidesk" / "engine"
    mark = content_hash(variant)
    return Places(
        cache=cache,
        sources=cache / "sources",
        work=cache / f"{mark}.building",
        result=cache / mark,
        log=cache / "build.log",
    )


def content_hash(variant: str) -> str:
    """Of every file that can change the result, of Python's ABI and of the machine's kind."""
    digest = hashlib.sha256()
    for text in (variant, abi(), sysconfig.get_platform(), platform.libc_ver()[0]):
        digest.update(text.encode() + b"\0")
    for path in sorted(HERE.rglob("*")):
        if path.is_file() and path.suffix not in (".md", ".pyc"):
            digest.update(path.relative_to(HERE).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def abi() -> str:
    """Python's tag in the names of wheels: cp311, say."""
    return f"cp{sys.version_info.major}{sys.version_info.minor}"


def home_of_engine(variant: str) -> Path | None:
    """Where an environment keeps its own engine; None outside an environment."""
    if sys.prefix == sys.base_prefix:
        return None
    name = "ctidesk-engine" if variant == "release" else f"ctidesk-engine-{variant}"
    return Path(sys.prefix) / name
