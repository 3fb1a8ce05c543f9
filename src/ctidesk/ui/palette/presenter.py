"""Finds commands by what was typed.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.ui.desk_commands import DeskCommand, DeskCommands
from ctidesk.ui.shortcuts.table import Shortcuts


@dataclass(frozen=True, slots=True)
class PaletteLine:
    """One line of the palette."""

    command: str
    title: str
    group: str
    icon: str
    keys: str
    possible: bool


class PalettePresenter:
    """Lines for a text: best match first, then what is possible now, then as registered."""

    def __init__(self, commands: DeskCommands, shortcuts: Shortcuts, hidden: str = "") -> None:
        """`hidden`: a command that is not listed (the palette itself)."""
        self._commands, self._shortcuts, self._hidden = commands, shortcuts, hidden

    def lines(self, typed: str) -> tuple[PaletteLine, ...]:
        ranked = [
            (rank, not line.possible, place, line)
            for place, command in enumerate(self._commands.all())
            if command.name != self._hidden and (rank := match_rank(typed, command)) is not None
            for line in (self._line(command),)
        ]
        return tuple(line for *_, line in sorted(ranked, key=lambda each: each[:3]))

    def perform(self, command: str) -> bool:
        return self._commands.perform(command)

    def _line(self, command: DeskCommand) -> PaletteLine:
        keys = self._shortcuts.keys_of(command.name)
        return PaletteLine(
            command.name, command.title, command.group, command.icon, keys, command.possible()
        )


def match_rank(typed: str, command: DeskCommand) -> int | None:
    """How well `typed` fits: 0 the title begins with it, 1 each typed word begins a word of the
    title, 2 of the other words, 3 its letters stand in the title in order; None: not at all."""
    wanted = typed.casefold().split()
    if not wanted:
        return 0
    title = command.title.casefold()
    if title.startswith(" ".join(wanted)):
        return 0
    if _begin(wanted, title.split()):
        return 1
    if _begin(wanted, f"{title} {command.group} {command.words}".casefold().split()):
        return 2
    return 3 if _in_order("".join(wanted), title) else None


def _begin(wanted: list[str], words: list[str]) -> bool:
    return all(any(word.startswith(each) for word in words) for each in wanted)


def _in_order(letters: str, text: str) -> bool:
    rest = iter(text)
    return len(letters) > 2 and all(letter in rest for letter in letters)
