"""What the store's threads do, and which of it goes first.

Runs in: desk process, any thread. Imports no SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from ctidesk.calls.ports import Done

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Lane(IntEnum):
    """Which jobs go first; within a lane they keep their order. Reads have a thread of their own,
    writes that of the store."""

    POP = 0  # who is calling
    READ = 1
    WRITE = 2
    BULK = 3  # one batch of an import


@dataclass(slots=True, eq=False)
class Job:
    """`work` in a transaction, and who wants to know what came of it."""

    lane: Lane
    work: Callable[[Connection], Any]
    done: Done[Any] | None
    expires_mono: float
    directly: bool = False
    rebuilt_before: bool = False
    settled: bool = False
