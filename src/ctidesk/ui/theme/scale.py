"""Sizes that every screen shares: type, space, radius, targets. All in logical pixels.

Runs in: desk process, any thread (constants).
"""

from __future__ import annotations

from enum import IntEnum


class Type(IntEnum):
    """Font sizes. TIMER uses tabular figures."""

    CAPTION = 12
    BODY = 14
    EMPHASIS = 16
    TITLE = 20
    TIMER = 28


class Space(IntEnum):
    """Distances between things."""

    XS = 4
    S = 8
    M = 12
    L = 16
    XL = 24
    XXL = 32


REGULAR = 400
SEMIBOLD = 600

RADIUS = 6
TARGET = 32
CALL_TARGET = 40
ROW_DENSE = 28
ROW_ROOMY = 36
RING_WIDTH = 2
RING_GAP = 2

WORK_LIST_WIDTH = 240
WRAP_UP_WIDTH = 320
WIDE_FROM = 1100
AIDS_WIDTH = 380
AIDS_FROM = 1640
"""The card needs 673 px between the work list, the aids and the wrap-up."""
MIN_WINDOW = (960, 600)
COMPACT_BAR = (560, 56)
TOAST = (360, 128)
