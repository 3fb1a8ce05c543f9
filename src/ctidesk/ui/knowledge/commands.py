"""The orders of the knowledge panel, for keys and palette.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.ui.desk_commands import DeskCommand
from ctidesk.ui.shortcuts.table import Shortcut

KEY = "knowledge"
SHORTCUTS = (Shortcut("desk.knowledge", "Search the knowledge base", "Desk", "Ctrl+Shift+I"),)


def knowledge_commands(show: Callable[[str], None]) -> tuple[DeskCommand, ...]:
    """`show(key)`: the aid in front, with the keyboard."""
    return (
        DeskCommand(
            name="desk.knowledge",
            title="Search the knowledge base",
            group="Desk",
            run=lambda: show(KEY),
            icon="search",
            words="article glossary term diagnosis code help look up",
        ),
    )
