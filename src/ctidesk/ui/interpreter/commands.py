"""The keys of the interpreter.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from ctidesk.ui.desk_commands import DeskCommand, DeskCommands
from ctidesk.ui.interpreter.presenter import InterpreterPresenter
from ctidesk.ui.shortcuts.table import Shortcut

SHORTCUTS = (Shortcut("call.interpreter", "Interpreter", "Call", "Ctrl+Shift+J"),)


def register_interpreter(
    commands: DeskCommands, interpreter: InterpreterPresenter, show: Callable[[], None]
) -> None:
    """One command for the caller's language, and one for each language by name."""
    commands.register(
        DeskCommand(
            name="call.interpreter",
            title="Interpreter",
            group="Call",
            run=show,
            possible=lambda: interpreter.possible,
            icon="users",
            words="language translate",
        )
    )
    for number, language in enumerate(interpreter.languages):
        commands.register(
            DeskCommand(
                name=f"call.interpreter_{number}",
                title=f"Interpreter: {language}",
                group="Call",
                run=functools.partial(interpreter.choose, language),
                possible=lambda: interpreter.possible,
                icon="users",
                words="language translate",
            )
        )
