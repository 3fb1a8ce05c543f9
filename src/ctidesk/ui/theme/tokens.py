"""The colour tokens of one theme, read from its file and checked.

Runs in: desk process, any thread (frozen values, no Qt).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ctidesk.calls.errors import BugError

_HEX = re.compile(r"#[0-9A-Fa-f]{6}")


class Role(StrEnum):
    """What a colour means. Status colours always come with an icon and a word."""

    BG = "bg"
    SURFACE = "surface"
    TEXT = "text"
    MUTED = "muted"
    BORDER = "border"
    ACCENT = "accent"
    READY = "ready"
    RINGING = "ringing"
    ON_CALL = "on_call"
    HOLD = "hold"
    WRAP_UP = "wrap_up"
    AWAY = "away"
    DANGER = "danger"


TEXT_ROLES = tuple(role for role in Role if role not in (Role.BG, Role.SURFACE, Role.BORDER))
"""Roles that are written in; each is readable (4.5:1) on BG and on SURFACE."""


class BadTheme(BugError):
    """A theme file that ships with the program is incomplete or malformed."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme. Colours are "#RRGGBB"."""

    name: str
    dark: bool
    colours: dict[Role, str]

    def __getitem__(self, role: Role) -> str:
        return self.colours[role]

    def tint(self, role: Role, share: float, ground: Role = Role.BG) -> str:
        """`share` (0..1) of the colour of `role` laid over `ground`."""
        return mix(self[ground], self[role], share)

    @property
    def hover(self) -> str:
        return self.tint(Role.TEXT, 0.07, Role.SURFACE)

    @property
    def pressed(self) -> str:
        return self.tint(Role.TEXT, 0.14, Role.SURFACE)

    @property
    def selection(self) -> str:
        """Ground of a selected row; TEXT is written on it."""
        return self.tint(Role.ACCENT, 0.20 if self.dark else 0.13)

    @property
    def divider(self) -> str:
        """Decorative lines, which need no contrast of their own."""
        return self.tint(Role.BORDER, 0.35)

    @property
    def disabled(self) -> str:
        """Text of what can't be used now; exempt from the contrast rule (WCAG 2.2, 1.4.3)."""
        return self.tint(Role.MUTED, 0.62)

    def pill(self, role: Role) -> str:
        """Ground of a status pill whose text has the colour of `role`."""
        return self.tint(role, 0.14 if self.dark else 0.07)


def load(file: Path) -> Tokens:
    """The tokens in `file`. Raises `BadTheme` when a role is missing or not "#RRGGBB"."""
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
        colours = {role: str(plain["colours"][role.value]) for role in Role}
        name, dark = str(plain["name"]), bool(plain["dark"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadTheme(f"theme {file.stem}: {type(error).__name__}") from error
    for role, colour in colours.items():
        if not _HEX.fullmatch(colour):
            raise BadTheme(f"theme {file.stem}: {role.value} is not a colour")
    return Tokens(name, dark, colours)


def mix(ground: str, over: str, share: float) -> str:
    """`over` laid on `ground` with opacity `share`, as "#RRGGBB"."""
    parts = zip(_rgb(ground), _rgb(over), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in parts)


def contrast(one: str, other: str) -> float:
    """Contrast ratio 1..21 of two colours (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = []
    for value in _rgb(colour):
        channel = value / 255
        linear.append(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
