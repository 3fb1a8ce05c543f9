"""Where the tests get an Asterisk from, without installing one: a packed tree, or Debian's packages
unpacked into a cache folder.

Runs in: the test process.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGES = ("asterisk", "asterisk-modules")
SUITE = "sid"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_PARTS_NOT_NEEDED = ("doc", "man", "locale", "info")
_PATIENCE_S = 300


class NoAsterisk(Exception):
    """None can be had here; the text says why, for the reason of the skipped tests."""


def asterisk_tree(module: str = "") -> Path:
    """A folder with `usr/sbin/asterisk` and everything it needs, the loadable `module` included: a
    packed tree may lack it. Raises `NoAsterisk`."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "ctidesk/asterisk"
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(cache):
        packed = _packed(cache)
        tree = packed if packed and _has(packed, module) else _downloaded(cache)
        if not _has(tree, module):
            raise NoAsterisk(f"this one has no {module}")
        return tree


def _has(tree: Path, module: str) -> bool:
    return not module or any(tree.glob(f"usr/lib/*/asterisk/modules/{module}"))


def _packed(cache: Path) -> Path | None:
    """The newest asterisk-*.tar.zst of the folder that CTIDESK_PBX_LAB names, unpacked once."""
    lab = os.environ.get("CTIDESK_PBX_LAB", "")
    found = sorted(Path(lab).glob("asterisk-*.tar.zst")) if lab else []
    if not found:
        return None
    about = found[-1].stat()
    tree = cache / f"{found[-1].name.removesuffix('.tar.zst')}-{about.st_size}-{about.st_mtime_ns}"
    if not _complete(tree):
        with _new(tree) as part:
            _run("tar", "--zstd", "-xf", str(found[-1]), "-C", str(part))
    return tree


def _downloaded(cache: Path) -> Path:
    """Asterisk and all that it depends on, the C library included, from this machine's mirror."""
    tree = cache / f"debian-{SUITE}"
    if _complete(tree):
        return tree
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise NoAsterisk(f"no {tool} to fetch Debian's asterisk with")
    if not KEYRING.exists():
        raise NoAsterisk("no debian-archive-keyring to check Debian's signatures with")
    apt = _Apt(cache / "apt", _mirror())
    with _new(tree) as part:
        for package in apt.download():
            _unpack(package, part)
    shutil.rmtree(apt.folder)
    return tree


def _mirror() -> str:
    """The Debian mirror of this machine's own package sources."""
    places = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    for place in (place for place in places if place.is_file()):
        lines = [each for each in place.read_text().splitlines() if not each.startswith("#")]
        if found := re.search(r"https?://\S+/debian/?(?=\s|$)", "\n".join(lines)):
            return found.group()
    raise NoAsterisk("this machine has no Debian mirror among its package sources")


class _Apt:
    """apt with a state of its own: it believes that nothing is installed, so it fetches all."""

    def __init__(self, folder: Path, mirror: str) -> None:
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("state/lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        (folder / "status").touch()
        sources = folder / "sources.list"
        sources.write_text(f"deb [signed-by={KEYRING}] {mirror} {SUITE} main\n")
        settings = {
            "Dir::Etc::SourceList": sources,
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "Dir::State": folder / "state",
            "Dir::State::Status": folder / "status",
            "Dir::Cache": folder / "cache",
            "Debug::NoLocking": "true",
            "APT::Sandbox::User": "",
            "APT::Install-Recommends": "false",
            "APT::Update::Post-Invoke-Success::": "",
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            "Acquire::http::Timeout": "15",
        }
        self._command = ["apt-get", "-qq", "-y"]
        for name, value in settings.items():
            self._command += ["-o", f"{name}={value}"]

    def download(self) -> list[Path]:
        """Fetch the packages; only fetched, never installed."""
        _run(*self._command, "update")
        _run(*self._command, "--download-only", "install", *PACKAGES)
        packages = sorted((self.folder / "cache/archives").glob("*.deb"))
        if not packages:
            raise NoAsterisk("the mirror gave no packages")
        return packages


def _unpack(package: Path, tree: Path) -> None:
    data = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE)
    left_out = [f"--exclude=./usr/share/{name}" for name in _PARTS_NOT_NEEDED]
    unpacked = subprocess.run(
        ["tar", "-xf", "-", "--no-same-owner", *left_out, "-C", str(tree)],
        stdin=data.stdout,
        capture_output=True,
        timeout=_PATIENCE_S,
    )
    assert data.stdout is not None
    data.stdout.close()
    if data.wait(_PATIENCE_S) or unpacked.returncode:
        raise NoAsterisk(f"{package.name} could not be unpacked")


def _complete(tree: Path) -> bool:
    return (tree / "usr/sbin/asterisk").exists()


@contextmanager
def _new(tree: Path) -> Iterator[Path]:
    """A folder to fill that becomes `tree` when nothing went wrong."""
    part = tree.with_name(f"{tree.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    yield part
    if not _complete(part):
        raise NoAsterisk("there is no usr/sbin/asterisk in it")
    part.rename(tree)


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Two test runs don't fill the cache at once."""
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE_S)
    except subprocess.CalledProcessError as fault:
        last = (fault.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NoAsterisk(f"{command[0]} failed: {last[:200]}") from None
    except (subprocess.TimeoutExpired, FileNotFoundError):
        raise NoAsterisk(f"{command[0]} is missing or took too long") from None
