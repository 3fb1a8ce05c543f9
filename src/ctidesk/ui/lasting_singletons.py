"""Keeps `None`, `True` and `False` alive on Python 3.11, whose references PySide6 6.12 uses up.

Runs in: desk process, once, at the first import of `ctidesk.ui`, before Qt is used.

PySide6 6.12 is built for the stable ABI with headers of Python 3.12 or later, where these are
immortal (PEP 683) and returning one needs no reference. On 3.11 each call that returns one
therefore takes a reference away: after some thousand calls the interpreter aborts with
"none_dealloc: deallocating None" or "bool_dealloc". PySide6 6.10 does not do it.
"""

from __future__ import annotations

import ctypes
import sys

FIRST_IMMORTAL = (3, 12)
SINGLETONS = (None, True, False, NotImplemented, Ellipsis)
SPARE = 1 << 40
"""More references than any process can use up: a million a second last for twelve days."""


def keep_singletons_alive() -> None:
    """Give them spare references where the interpreter counts them. Harmless elsewhere."""
    if sys.implementation.name != "cpython" or sys.version_info >= FIRST_IMMORTAL:
        return
    for one in SINGLETONS:
        # the count is the first field of an object (Include/object.h)
        ctypes.c_ssize_t.from_address(id(one)).value += SPARE
