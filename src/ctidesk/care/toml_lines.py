"""Where in a TOML file something stands: the line of each table and of each key in it.

Runs in: desk process, any thread. Pure. The parser of the standard library tells no lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TABLE = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.\-\" ]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*(["']?)([A-Za-z0-9_ \-]+?)\1\s*=""")
_QUOTES = ('"""', "'''")

Place = tuple[str, int, str]
"""(table, its number from 1, key); ("", 1, key) before any table, key "" for the table itself."""


def lines_of(text: str) -> dict[Place, int]:
    """The line, from 1, of every table and key in `text`."""
    found: dict[Place, int] = {}
    counts: dict[str, int] = {}
    table, number = "", 1
    inside = ""
    for line_number, line in enumerate(text.splitlines(), 1):
        if inside:
            if line.count(inside) % 2:
                inside = ""
            continue
        header = _TABLE.fullmatch(line)
        key = _KEY.match(line)
        if header is not None:
            table = header.group(1).replace('"', "").strip()
            number = counts[table] = counts.get(table, 0) + 1
            found[(table, number, "")] = line_number
        elif key is not None:
            found.setdefault((table, number, key.group(2)), line_number)
        inside = next((quotes for quotes in _QUOTES if line.count(quotes) % 2), "")
    return found


def line_at(lines: Mapping[Place, int], table: str, number: int, key: str) -> int:
    """The line of a key, else that of its table; 0 where neither is in the file. A `key` before
    any table may name a table."""
    found = lines.get((table, number, key)) or lines.get((table, number, ""))
    return found or (0 if table else lines.get((key, 1, ""), 0))
