"""What happens with an exception that must not leave its callback or its turn of the loop.

Runs in: engine process, any thread.
"""

from __future__ import annotations

import functools
import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

log = logging.getLogger("ctidesk.engine")

F = TypeVar("F", bound=Callable[..., Any])


def log_fault(what: str, fault: BaseException) -> None:
    """One line with the kind of fault and the last places of its way, never its message: native
    errors quote addresses and numbers."""
    frames = traceback.extract_tb(fault.__traceback__)[-4:]
    way = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
    log.error("fault in %s: %s at %s", what, type(fault).__name__, way)
    # a traceback that is kept alive keeps pj objects alive, which are then freed on any thread
    sys.last_value = None


def guarded(fallback: Any = None) -> Callable[[F], F]:
    """For methods that native code calls: an exception there aborts the process, so it becomes a
    log line and the return value `fallback`."""

    def wrap(method: F) -> F:
        @functools.wraps(method)
        def call(*args: Any) -> Any:
            try:
                return method(*args)
            except Exception as fault:  # noqa: BLE001 - native code can't take any of them
                log_fault(method.__qualname__, fault)
                return fallback

        return call  # type: ignore[return-value]  # same signature by functools.wraps

    return wrap
