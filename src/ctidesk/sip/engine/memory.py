"""Memory that the native library has freed goes back to the operating system.

Runs in: engine process, loop thread, between calls.
"""

from __future__ import annotations

import ctypes
import sys


def give_back_memory() -> None:
    """The transactions of a call are freed half a minute after it, in pieces that the C library
    keeps; without this a busy hour's peak stays resident. Does nothing where glibc is not."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
