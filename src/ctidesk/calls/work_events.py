"""What the desk did about work that outlives a call.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkDialled:
    """The call `call_id` was dialled for the item `item_id`."""

    call_id: str
    t_mono: float
    t_wall: float
    item_id: str
