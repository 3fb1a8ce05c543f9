"""Is everything there that the build needs? Tools are looked up, libraries really compiled against.

Runs in: the build.
"""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import NamedTuple

from installer.engine.trouble import CannotBuild

TOOLS = {
    "gcc": "build-essential",
    "g++": "build-essential",
    "make": "build-essential",
    "swig": "swig",
    "patch": "patch",
    "strip": "binutils",
}
"""Command → Debian package."""


class Library(NamedTuple):
    """What a program that uses it includes, calls and links."""

    package: str
    header: str
    use: str
    link: tuple[str, ...]


LIBRARIES = (
    Library("libasound2-dev", "alsa/asoundlib.h", "snd_asoundlib_version()", ("asound",)),
    Library("libssl-dev", "openssl/ssl.h", "TLS_method()", ("ssl", "crypto")),
    Library("libopus-dev", "opus/opus.h", "opus_get_version_string()", ("opus",)),
    Library(
        "libspeexdsp-dev",
        "speex/speex_resampler.h",
        "speex_resampler_strerror(0)",
        ("speexdsp",),
    ),
    Library("uuid-dev", "uuid/uuid.h", "uuid_is_null(0)", ("uuid",)),
)


def check() -> None:
    """Raises `CannotBuild` with everything that is missing, by the names of Debian's packages."""
    tools = [tool for tool in TOOLS if shutil.which(tool) is None]
    if tools:
        _refuse("these tools are missing: " + ", ".join(tools), [TOOLS[tool] for tool in tools])
    if not Path(sysconfig.get_paths()["include"], "Python.h").is_file():
        _refuse("the headers of this Python are missing", ["python3-dev"])
    missing = [library for library in LIBRARIES if not _usable(library)]
    if missing:
        names = ", ".join(library.header for library in missing)
        _refuse(f"these libraries are missing: {names}", [entry.package for entry in missing])


def _usable(library: Library) -> bool:
    program = f"#include <{library.header}>\nint main(void) {{ (void){library.use}; return 0; }}\n"
    with tempfile.TemporaryDirectory() as folder:
        links = [f"-l{name}" for name in library.link]
        words = ["gcc", "-w", "-x", "c", "-", "-o", f"{folder}/probe", *links]
        done = subprocess.run(words, input=program, text=True, capture_output=True, check=False)
    return done.returncode == 0


def _refuse(what: str, packages: list[str]) -> None:
    wanted = " ".join(dict.fromkeys(packages))
    raise CannotBuild(
        f"Our engine cannot be built: {what}.",
        "On Debian or Ubuntu: sudo apt-get update && "
        f"sudo apt-get install --no-install-recommends {wanted}\n"
        "Elsewhere install the counterparts. Without it the development engine works as before.",
    )
