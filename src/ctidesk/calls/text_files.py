"""Files that a centre writes by hand: read up to a limit, as UTF-8, as TOML.

Runs in: desk process, any thread.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

_PLACE = re.compile(r"at line (\d+)")


class BadFile(Exception):
    """What is wrong with a file, to be the end of a sentence that names it."""


def read_text(path: Path, max_bytes: int) -> str:
    """The text of `path`, without a byte order mark. Raises `BadFile` where it is missing,
    unreadable, larger than `max_bytes` or not UTF-8."""
    try:
        with path.open("rb") as file:
            raw = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise BadFile("the file does not exist") from None
    except OSError:
        raise BadFile("the file cannot be read") from None
    if len(raw) > max_bytes:
        raise BadFile(f"the file is larger than {max_bytes} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = raw.count(b"\n", 0, broken.start) + 1
        raise BadFile(f"line {line} is not UTF-8 text") from None


def toml_table(text: str) -> dict[str, Any]:
    """The TOML document in `text`. Raises `BadFile` with the line, as far as it is known."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        place = _PLACE.search(str(broken))
        where = f"line {place[1]}" if place else "it"
        raise BadFile(f"{where} is not valid TOML: {broken}") from None
    except RecursionError:
        raise BadFile("it is nested too deeply") from None
