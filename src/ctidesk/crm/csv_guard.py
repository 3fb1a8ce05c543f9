"""Cells that a spreadsheet would run as a formula, written so that it does not; and read back.

Runs in: desk process, any thread. Pure. By OWASP, "CSV Injection": a cell that begins with one of
the signs gets an apostrophe in front. A spreadsheet may split the file at another delimiter than
ours (a German one at semicolons), so that a cell can begin in the middle of ours: there too.
"""

from __future__ import annotations

import re

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\t\r"
"""Also the full-width forms, which some spreadsheets take for the same."""
_BEGINS = '(?:^|[,;|\t\r\n"])[ \u00a0]*'
_DANGEROUS = re.compile(f"({_BEGINS}'*)(?=[{_SIGNS}])")
_GUARDED = re.compile(f"({_BEGINS}'*)'(?=[{_SIGNS}])")


def guarded(cell: str) -> str:
    """`cell` with an apostrophe before each sign that could begin a formula."""
    return _DANGEROUS.sub(r"\1'", cell)


def unguarded(cell: str) -> str:
    """What `guarded` was given; other cells as they are."""
    return _GUARDED.sub(r"\1", cell) if "'" in cell else cell
