"""The orders of the guide panel, for keys and palette.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.ui.desk_commands import DeskCommand
from ctidesk.ui.guide.presenter import GuidePresenter
from ctidesk.ui.shortcuts.table import Shortcut

KEY = "guide"
SHORTCUTS = (Shortcut("desk.guide", "Go to the guide", "Desk", "Ctrl+G"),)


def guide_commands(guide: GuidePresenter, show: Callable[[str], None]) -> tuple[DeskCommand, ...]:
    """`show(key)`: the aid in front, with the keyboard."""
    return (
        DeskCommand(
            name="desk.guide",
            title="Go to the guide",
            group="Desk",
            run=lambda: show(KEY),
            icon="note",
            words="script steps refill supplies appointment complaint benefits",
        ),
        DeskCommand(
            name="guide.leave",
            title="Leave the guide here",
            group="Desk",
            run=guide.leave,
            possible=lambda: bool(guide.live.state.guide),
            icon="cross",
            words="script list",
        ),
    )
