"""What closing the window means while calls are on.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CloseQuestion:
    """What is asked before the window goes. Closing never ends a call: the engine keeps it."""

    title: str
    text: str
    stay: str
    close: str


def question_before_closing(calls_on: int, drafts_open: int = 0) -> CloseQuestion | None:
    """None when nothing is going on and the window may just close."""
    if calls_on == 0 and drafts_open == 0:
        return None
    stay = "Stay here"
    if calls_on:
        what = "A call is on" if calls_on == 1 else f"{calls_on} calls are on"
        return CloseQuestion(
            title=f"{what}. Close the window?",
            text="The call and its recording go on without the window. Start ctidesk again to get "
            "back to it, with card and note as they are now.",
            stay=stay,
            close="Close, keep the call" if calls_on == 1 else "Close, keep the calls",
        )
    return CloseQuestion(
        title="A wrap-up is not saved. Close the window?",
        text="What was typed is kept and is there when ctidesk is started again.",
        stay=stay,
        close="Close, save it later",
    )
