"""The Markdown files of a folder, read and checked; no database in here.

Runs in: desk process on a thread of its own, or command line.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ctidesk.calls.errors import KnownError
from ctidesk.calls.text import plain
from ctidesk.care.knowledge import Article
from ctidesk.care.knowledge_file import MAX_BYTES, read_articles

MAX_FILES = 20_000
READER = "1"
"""Raised when the same file would be read differently, so that it is read anew."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """One file that could be read whole."""

    path: str
    digest: str
    articles: tuple[Article, ...]


@dataclass(slots=True)
class FolderRead:
    """What reading a folder found. `changed`: files whose digest was not known."""

    paths: set[str] = field(default_factory=set)
    changed: list[ReadFile] = field(default_factory=list)
    problems: list[KnownError] = field(default_factory=list)


def read_folder(folder: Path, known: dict[str, str] | None = None) -> FolderRead:
    """Every `.md` below `folder`; those whose digest is `known` are only named. Raises
    `KnownError` knowledge_folder."""
    read = FolderRead()
    there = known or {}
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        read.paths.add(name)
        try:
            raw = _bytes(path, name)
            digest = f"{READER}:{hashlib.sha256(raw).hexdigest()}"
            if there.get(name) != digest:
                articles = read_articles(PurePosixPath(name), raw)
                read.changed.append(ReadFile(name, digest, articles))
        except KnownError as problem:
            read.problems.append(problem)
    if not read.paths:
        raise _bad_folder(folder, "holds no file that ends in .md")
    return read


def _files(folder: Path) -> Iterator[Path]:
    """In the order of their names; nothing hidden, no link that leads elsewhere."""
    if not folder.is_dir():
        raise _bad_folder(folder, "is no folder that can be read")
    found = 0
    for top, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(top, name)
            if not name.lower().endswith(".md") or name.startswith(".") or path.is_symlink():
                continue
            if name.lower() == "readme.md":
                continue
            found += 1
            if found > MAX_FILES:
                raise _bad_folder(folder, f"holds more than {MAX_FILES:,} files")
            yield path


def _bytes(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise KnownError(
            "bad_article",
            f"{plain(name, 120)}: the file cannot be read ({error.strerror}).",
            "Check that the file is readable for you.",
        ) from None


def _bad_folder(folder: Path, problem: str) -> KnownError:
    return KnownError(
        "knowledge_folder",
        f"The folder of the knowledge base “{plain(folder.name, 60)}” {problem}.",
        "Check the path; what was read before stays.",
    )
