"""How the strip tells what goes to the CRM.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from ctidesk.care.outgoing import OutgoingState
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.status_strip.indicator import Indicator
from ctidesk.ui.theme.tokens import Role

COMMAND = "data.outgoing"
"""The desk command that shows all of it."""


def counted(waiting: int | None, problem: Problem | None) -> list[Indicator]:
    """Of a desk that sends nothing: what is kept. None: not counted yet."""
    if problem is not None:
        return [Indicator("outbox", "error", "Outbox", Role.DANGER, problem.text, problem)]
    if waiting is None:
        return []
    if waiting == 0:
        return [Indicator("outbox", "check", "Nothing to send", Role.MUTED)]
    tip = "Saved on this computer; sent as soon as the CRM takes it."
    return [Indicator("outbox", "sync", f"{waiting} to send to CRM", Role.TEXT, tip)]


def sending(state: OutgoingState) -> list[Indicator]:
    """What a person must decide comes before what goes by itself."""
    if state.failed:
        word = f"{state.failed} refused by CRM"
        tip = "Look why, put it right, and send it again."
        return [Indicator("outbox", "warning", word, Role.DANGER, tip, command=COMMAND)]
    if state.conflicts:
        word = f"{state.conflicts} to decide for CRM"
        tip = "You and the CRM say something different. Nothing was overwritten."
        return [Indicator("outbox", "warning", word, Role.HOLD, tip, command=COMMAND)]
    if state.waiting and state.problem is not None:
        word = f"{state.waiting} wait for CRM"
        tip = f"{state.problem.text} {state.problem.remedy}"
        return [Indicator("outbox", "sync", word, Role.HOLD, tip, command=COMMAND)]
    if state.waiting:
        return [Indicator("outbox", "sync", f"{state.waiting} going to CRM", Role.MUTED)]
    return [Indicator("outbox", "check", "All sent to CRM", Role.MUTED)]
