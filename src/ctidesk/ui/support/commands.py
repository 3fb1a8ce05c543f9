"""The keys of help and of the protected minute.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.ui.desk_commands import DeskCommand, DeskCommands
from ctidesk.ui.shortcuts.table import Shortcut
from ctidesk.ui.support.presenter import SupportPresenter

GROUP = "Help"

SHORTCUTS = (
    Shortcut("support.help", "Ask for help", GROUP, "F2"),
    Shortcut("support.recovery", "A protected minute", GROUP, "F12"),
)


def register_support(
    commands: DeskCommands, support: SupportPresenter, show_help: Callable[[], None]
) -> None:
    """`show_help()`: the question for which reason, with the keyboard."""
    lines = (
        ("support.help", "Ask for help", "users", show_help, "lead supervisor question"),
        (
            "support.recovery",
            "A protected minute, or not after all",
            "coffee",
            support.ask_recovery,
            "recovery break pause distress",
        ),
        (
            "support.phrases",
            "Words that help",
            "note",
            support.toggle_phrases,
            "phrases bad news calm",
        ),
    )
    for name, title, icon, run, words in lines:
        commands.register(
            DeskCommand(name=name, title=title, group=GROUP, run=run, icon=icon, words=words)
        )
