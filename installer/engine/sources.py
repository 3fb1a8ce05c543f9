"""The pinned source archives: fetched from the machine's own Debian mirror, checked, unpacked.

Runs in: the build. apt checks the signature of the mirror's index; the SHA-256 in `sources.toml`
is checked here on every use, also of what lies in the cache.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tomllib
from pathlib import Path
from typing import NamedTuple

from installer.engine.places import HERE
from installer.engine.trouble import CannotBuild

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class Source(NamedTuple):
    """An archive. `into`: where it goes in pjproject's tree, "" for pjproject itself."""

    file: str
    sha256: str
    package: str
    version: str
    suites: tuple[str, ...]
    into: str


def pinned() -> list[Source]:
    """What `sources.toml` names."""
    table = tomllib.loads((HERE / "sources.toml").read_text("utf-8"))
    return [Source(**{**entry, "suites": tuple(entry["suites"])}) for entry in table["source"]]


def archives(store: Path, scratch: Path) -> dict[Source, Path]:
    """Every pinned archive, checked. `store` keeps them, `scratch` is for apt.

    Raises `CannotBuild`."""
    store.mkdir(parents=True, exist_ok=True)
    wanted = pinned()
    missing = [source for source in wanted if not (store / source.file).is_file()]
    if missing:
        apt = _Apt(store, scratch)
        for source in missing:
            apt.fetch(source)
    return {source: _checked(store, source) for source in wanted}


def unpack(found: dict[Source, Path], tree: Path) -> None:
    """Lay pjproject out as `tree`, the others where they belong in it."""
    for source in sorted(found, key=lambda source: source.into):
        bare = tree.with_name(tree.name + ".tar")
        with tarfile.open(found[source]) as archive:
            # Python 3.11.2 has no filters yet; the content is the pinned one either way
            if hasattr(tarfile, "data_filter"):
                archive.extraction_filter = tarfile.data_filter
            archive.extractall(bare)
        (top,) = bare.iterdir()
        top.rename(tree / source.into if source.into else tree)
        bare.rmdir()


def _checked(store: Path, source: Source) -> Path:
    path = store / source.file
    if _sha256(path) == source.sha256:
        return path
    aside = path.with_name(path.name + ".bad")
    path.replace(aside)
    raise CannotBuild(
        f"{source.file} is not the archive that was pinned: its SHA-256 is another. Nothing of it "
        "was used.",
        f"It was set aside as {aside.name} in {store}. Run `make engine` again to fetch it anew; "
        "if it happens again, the mirror or the way to it changes what it delivers: ask IT.",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Apt:
    """apt-get with source lists of its own in a private folder; nothing of the system changes."""

    def __init__(self, store: Path, scratch: Path) -> None:
        self._store = store
        self._lists = scratch / "apt"
        self._by_hand = f"Or copy the archives of installer/engine/sources.toml into {store}."
        self._mirror = self._own_mirror()
        self._known: set[str] = set()

    def fetch(self, source: Source) -> None:
        """Put `source` into the store, or raise `CannotBuild`."""
        for suite in source.suites:
            self._update(suite)
            address, digest = self._look_up(source)
            if not address:
                continue
            if digest != source.sha256:
                raise CannotBuild(
                    f"Debian's signed index names another SHA-256 for {source.file} than the "
                    "pinned one.",
                    "Compare both with Debian's announcement before you change sources.toml.",
                )
            self._download(source, address)
            return
        raise CannotBuild(
            f"The mirror no longer carries {source.package} {source.version}, which is pinned.",
            "Pin the version of today in installer/engine/sources.toml (and run the engine's "
            f"tests), or copy {source.file} (SHA-256 {source.sha256}) into {self._store}.",
        )

    def _own_mirror(self) -> str:
        if shutil.which("apt-get") is None:
            raise CannotBuild(
                "This is no Debian or Ubuntu, and the source archives are not in the cache.",
                f"Copy the archives of installer/engine/sources.toml into {self._store}.",
            )
        listed = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)"]).stdout
        for line in listed.splitlines():
            if re.search(r"/debian/?$", line.strip()):
                return line.strip()
        raise CannotBuild(
            "apt on this machine knows no Debian mirror.",
            f"Copy the archives of installer/engine/sources.toml into {self._store}.",
        )

    def _options(self) -> list[str]:
        settings = {
            "Dir::Etc::sourcelist": self._lists / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::Lists": self._lists / "lists",
            "Dir::Cache": self._lists / "cache",
            "APT::Sandbox::User": "root",
            "APT::Update::Error-Mode": "any",
            "Acquire::Retries": "1",
            "Acquire::http::Timeout": "20",
            "Acquire::Languages": "none",
        }
        return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]

    def _update(self, suite: str) -> None:
        if not KEYRING.is_file():
            raise CannotBuild(
                "Debian's keys, which check the mirror's index, are not installed.",
                "Install them with: apt-get install debian-archive-keyring",
            )
        if suite not in self._known:
            self._known.add(suite)
            for folder in ("lists/partial", "cache/archives/partial"):
                (self._lists / folder).mkdir(parents=True, exist_ok=True)
            (self._lists / "sources.list").write_text(
                "".join(
                    f"deb-src [signed-by={KEYRING}] {self._mirror} {known} main\n"
                    for known in sorted(self._known)
                )
            )
        done = _run(["apt-get", *self._options(), "-qq", "update"])
        if done.returncode == 0:
            return
        if re.search(r"NO_PUBKEY|BADSIG|not signed|EXPKEYSIG|no longer signed", done.stderr):
            raise CannotBuild(
                f"The index of Debian {suite} on this machine's mirror is not signed by Debian.",
                "Check the mirror, or update the package debian-archive-keyring. " + self._by_hand,
            )
        raise CannotBuild(
            "The source archives could not be fetched: the Debian mirror cannot be reached.",
            "Check the network and the proxy of apt, then run `make engine` again. "
            + self._by_hand,
        )

    def _look_up(self, source: Source) -> tuple[str, str]:
        """Address and SHA-256 of the archive in the index; empty when it does not list it."""
        wanted = f"{source.package}={source.version}"
        listed = _run(["apt-get", *self._options(), "-qq", "source", "--print-uris", wanted])
        for line in listed.stdout.splitlines():
            match = re.match(r"'([^']+)' (\S+) \d+ SHA256:([0-9a-f]{64})", line)
            if match and match[2] == source.file:
                return match[1], match[3]
        return "", ""

    def _download(self, source: Source, address: str) -> None:
        part = self._store / (source.file + ".part")
        helper = "/usr/lib/apt/apt-helper"
        words = [helper, *self._options(), "download-file", address, str(part)]
        done = _run([*words, f"SHA256:{source.sha256}"])
        if done.returncode == 0 and part.is_file():
            part.replace(self._store / source.file)
            return
        part.unlink(missing_ok=True)
        if "Hash Sum mismatch" in done.stderr + done.stdout:
            raise CannotBuild(
                f"The mirror delivered a {source.file} with another SHA-256 than the pinned one.",
                "Try again later or with another mirror; do not build from what it delivered.",
            )
        raise CannotBuild(
            f"{source.file} could not be fetched from the Debian mirror.",
            "Check the network and run `make engine` again. " + self._by_hand,
        )


def _run(words: list[str]) -> subprocess.CompletedProcess[str]:
    # the messages of apt are read here, so they must be in English
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
