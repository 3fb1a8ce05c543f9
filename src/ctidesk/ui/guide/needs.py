"""What the guide panel works on.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ctidesk.care.guide_shelf import GuideShelf
from ctidesk.care.member import MemberCard
from ctidesk.care.orders import CareOrders
from ctidesk.care.pop import ScreenPop


@dataclass(frozen=True, slots=True)
class GuideNeeds:
    """`may(call_id, group)`: whether this caller may be told a group of the card's facts;
    `card(call_id)`: what of the card may be told. `prefill(call_id, code, lines)`: code and note of
    the wrap-up, beside what is typed there."""

    shelf: GuideShelf
    orders: CareOrders
    pop: ScreenPop
    may: Callable[[str, str], bool]
    card: Callable[[str], MemberCard | None]
    prefill: Callable[[str, str, Sequence[str]], None]
    agent: str
