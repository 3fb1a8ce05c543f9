"""How the strip tells that work is due.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from ctidesk.ui.status_strip.indicator import Indicator
from ctidesk.ui.theme.tokens import Role

COMMAND = "work.open"
"""The desk command that shows the work list."""


def due_work(due: int, overdue: int) -> list[Indicator]:
    """`due`: by the end of this day and not overdue. Nothing due: no word for it."""
    if not due and not overdue:
        return []
    word = f"{overdue} overdue" if overdue else f"{due} due today"
    both = f"{overdue} overdue and {due} due today" if overdue and due else word
    tip = f"On the work list: {both}. Click to see it."
    role = Role.HOLD if overdue else Role.TEXT
    action = "open the work list"
    return [Indicator("work", "callback", word, role, tip, command=COMMAND, action=action)]
