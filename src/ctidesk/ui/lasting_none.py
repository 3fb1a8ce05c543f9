"""Keeps `None` alive on Python 3.11, whose reference count PySide6 6.12 uses up.

Runs in: desk process, once, at the first import of `ctidesk.ui`, before Qt is used.

PySide6 6.12 is built for the stable ABI with headers of Python 3.12 or later, where `None` is
immortal (PEP 683) and returning it needs no reference. On 3.11 each call that returns `None`
therefore takes one reference away: after some thousand calls the interpreter aborts with
"none_dealloc: deallocating None". PySide6 6.10 does not do it.
"""

from __future__ import annotations

import ctypes
import sys

FIRST_IMMORTAL = (3, 12)
SPARE = 1 << 40
"""More references than any process can use up: a million a second last for twelve days."""


def keep_none_alive() -> None:
    """Give `None` spare references where the interpreter counts them. Harmless elsewhere."""
    if sys.implementation.name == "cpython" and sys.version_info < FIRST_IMMORTAL:
        # the count is the first field of an object (Include/object.h)
        ctypes.c_ssize_t.from_address(id(None)).value += SPARE
