"""What the status strip leaves out where there is no room: whole words, the least needed first.

Runs in: desk process, Qt main thread. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple


class Keep(IntEnum):
    """The lower, the sooner it gives way."""

    FIGURES_IN_PARTS = 0
    TREND = 1
    COUNT = 2
    WORKS = 3  # the words of what works; its icon stays
    ASIDE = 4
    ALWAYS = 5


class Block(NamedTuple):
    """A piece of the strip. `width` in pixels, with its gap."""

    width: int
    keep: Keep


def left_out(room: int, blocks: Sequence[Block]) -> set[int]:
    """Places in `blocks` of those that give way so that the rest fits into `room` pixels, or all
    that may."""
    over = sum(block.width for block in blocks) - room
    out: set[int] = set()
    # of equals the last one first: what stands further left is looked at more
    for place in sorted(range(len(blocks)), key=lambda i: (blocks[i].keep, -i)):
        if over <= 0 or blocks[place].keep is Keep.ALWAYS:
            break
        over -= blocks[place].width
        out.add(place)
    return out
