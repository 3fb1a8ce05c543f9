"""One line of a list: what it says and how it is painted.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.ui.theme.tokens import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`right`: a word at the right end, in the colour `role`, with `since_mono` a running time
    below it. `note`: third row, small. `struck`: title and detail are not to be relied on.
    `marked`: the one that the rest of the screen is about. `found`: (begin, length) of the words
    in `detail` that were looked for, underlined in a list that wraps. `say`: a sentence for the
    caller below the title, which then takes as many rows as it needs."""

    key: str
    title: str
    detail: str = ""
    note: str = ""
    icon: str = ""
    role: Role = Role.MUTED
    right: str = ""
    since_mono: float | None = None
    note_role: Role = Role.MUTED
    note_icon: str = ""
    struck: bool = False
    marked: bool = False
    found: tuple[tuple[int, int], ...] = ()
    say: str = ""

    @property
    def spoken(self) -> str:
        """For screen readers: everything but the running time."""
        parts = (self.right, self.title, self.say, self.detail, self.note)
        return ", ".join(part for part in parts if part)
