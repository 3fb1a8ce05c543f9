"""The keys of an emergency.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.ui.desk_commands import DeskCommand, DeskCommands
from ctidesk.ui.red_flag.presenter import RedFlagPresenter
from ctidesk.ui.shortcuts.table import Shortcut

GROUP = "Red flag"

SHORTCUTS = (
    Shortcut("red_flag.check_back", "Caller is still there", GROUP, "F7"),
    Shortcut("red_flag.nurse", "Call the nurse, or the next line", GROUP, "Ctrl+Shift+N"),
)
"""Ctrl+Shift+E itself stands among the desk's own."""


def register_red_flag(
    commands: DeskCommands, red_flag: RedFlagPresenter, show: Callable[[], None]
) -> None:
    """`show()`: raise the flag or bring the panel forward, with the keyboard."""

    def state_of(name: str) -> Callable[[], bool]:
        return lambda: bool(getattr(red_flag.live.state, name))

    def make(
        name: str,
        title: str,
        icon: str,
        run: Callable[[], None],
        possible: Callable[[], bool],
        words: str = "emergency",
    ) -> None:
        commands.register(
            DeskCommand(
                name=name,
                title=title,
                group=GROUP,
                run=run,
                possible=possible,
                icon=icon,
                words=words,
            )
        )

    make(
        "desk.red_flag",
        "Red flag: emergency",
        "flag",
        show,
        lambda: red_flag.possible,
        "emergency nurse urgent danger ambulance",
    )
    make(
        "red_flag.check_back",
        "Caller is still there",
        "check",
        red_flag.still_here,
        state_of("can_check"),
    )
    make(
        "red_flag.nurse",
        "Call the nurse, or the next line",
        "phone",
        red_flag.call_nurse,
        state_of("can_nurse"),
    )
    make("red_flag.lead", "Call the lead in", "users", red_flag.call_lead, state_of("can_lead"))
    make(
        "red_flag.emergency",
        "Call the emergency number in",
        "warning",
        red_flag.call_emergency,
        state_of("can_emergency"),
    )
