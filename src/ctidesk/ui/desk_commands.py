"""What the agent can order by keyboard: named commands with a title, found by palette and keys.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ctidesk.calls.errors import BugError


class UnknownDeskCommand(BugError):
    """Nobody registered this name, or two did."""


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCommand:
    """`name` is stable ("call.hold"), `title` what the agent reads. `words`: more words that the
    palette finds it by. `run` must return at once; `possible` says whether it makes sense now."""

    name: str
    title: str
    group: str
    run: Callable[[], None]
    possible: Callable[[], bool] = _always
    icon: str = "command"
    words: str = ""


class DeskCommands:
    """All commands of the desk, in the order of registration."""

    def __init__(self) -> None:
        self._commands: dict[str, DeskCommand] = {}

    def register(self, command: DeskCommand) -> None:
        if command.name in self._commands:
            raise UnknownDeskCommand(f"{command.name} is registered twice")
        self._commands[command.name] = command

    def all(self) -> tuple[DeskCommand, ...]:
        return tuple(self._commands.values())

    def get(self, name: str) -> DeskCommand:
        try:
            return self._commands[name]
        except KeyError:
            raise UnknownDeskCommand(name) from None

    def has(self, name: str) -> bool:
        return name in self._commands

    def perform(self, name: str) -> bool:
        """Run it if it is possible now; whether it ran."""
        command = self.get(name)
        if not command.possible():
            return False
        command.run()
        return True
