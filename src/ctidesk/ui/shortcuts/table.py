"""The table of shortcuts: defaults, remapping, and the refusal of conflicts.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ctidesk.calls.errors import BugError, KnownError

_MODIFIERS = ("Ctrl", "Alt", "Shift", "Meta")
_SPELLINGS = {"control": "Ctrl", "strg": "Ctrl", "cmd": "Meta", "win": "Meta", "option": "Alt"}
_PLACES = ("Home", "End", "PgUp", "PgDown", "Left", "Right", "Up", "Down")
_OTHERS = ("Space", "Tab", "Return", "Enter", "Escape", "Backspace", "Delete", "Insert", "Pause")
_NAMED = {name.lower(): name for name in (*_PLACES, *_OTHERS)}
_FUNCTION = re.compile(r"F([1-9]|1[0-9]|2[0-4])", re.IGNORECASE)

# Keys that editing and moving around need everywhere; nobody may take them away.
RESERVED = frozenset(
    {f"Ctrl+{key}" for key in (*"ACVXYZ", "Backspace", "Delete", "Insert", "Tab")}
    | {f"Ctrl+{key}" for key in _PLACES}
    | {f"Ctrl+Shift+{key}" for key in (*_PLACES, "Tab", "Z")}
    | {"Alt+F4", "Alt+Tab"}
)


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`command` names a `DeskCommand`, `keys` is spelt canonically, "" means none."""

    command: str
    title: str
    group: str
    keys: str


DEFAULTS = (
    Shortcut("call.answer", "Answer", "Call", "Ctrl+Shift+A"),
    Shortcut("call.end", "Decline or end", "Call", "Ctrl+Shift+D"),
    Shortcut("call.hold", "Hold or resume", "Call", "Ctrl+Shift+H"),
    Shortcut("call.mute", "Mute or unmute", "Call", "Ctrl+Shift+M"),
    Shortcut("call.transfer", "Transfer or consult", "Call", "Ctrl+Shift+T"),
    Shortcut("call.keypad", "Keypad", "Call", "Ctrl+Shift+K"),
    Shortcut("call.pause_recording", "Pause or resume the recording", "Call", "Ctrl+Shift+R"),
    Shortcut("desk.wrap_up", "Go to wrap-up", "Desk", "Ctrl+Shift+W"),
    Shortcut("desk.red_flag", "Red flag: emergency", "Desk", "Ctrl+Shift+E"),
    Shortcut("desk.palette", "Find a command", "Desk", "Ctrl+K"),
    Shortcut("desk.next_pane", "Next pane", "Desk", "F6"),
    Shortcut("desk.previous_pane", "Previous pane", "Desk", "Shift+F6"),
    Shortcut("desk.shortcuts", "Show the shortcuts", "Desk", "F1"),
    Shortcut("agent.status_1", "First status", "Status", "Ctrl+1"),
    Shortcut("agent.status_2", "Second status", "Status", "Ctrl+2"),
    Shortcut("agent.status_3", "Third status", "Status", "Ctrl+3"),
    Shortcut("agent.status_4", "Fourth status", "Status", "Ctrl+4"),
)


class Shortcuts:
    """The table in use. Two commands never have the same keys."""

    def __init__(self, defaults: tuple[Shortcut, ...] = DEFAULTS) -> None:
        self._defaults = {each.command: each for each in defaults}
        self._keys = {each.command: canonical(each.keys) for each in defaults}
        taken = [keys for keys in self._keys.values() if keys]
        if len(set(taken)) != len(taken):
            raise BugError("two default shortcuts have the same keys")
        self._listeners: list[Callable[[], None]] = []

    def all(self) -> tuple[Shortcut, ...]:
        return tuple(
            Shortcut(each.command, each.title, each.group, self._keys[each.command])
            for each in self._defaults.values()
        )

    def keys_of(self, command: str) -> str:
        """The keys as shown, "" when it has none or is not in the table."""
        return self._keys.get(command, "")

    def subscribe(self, listener: Callable[[], None]) -> None:
        """`listener()` after each change."""
        self._listeners.append(listener)

    def remap(self, command: str, keys: str) -> None:
        """Give `command` other keys, "" for none. Raises `KnownError` ("shortcut_malformed",
        "shortcut_reserved", "shortcut_taken") and changes nothing."""
        self._set(command, self._checked(command, keys))
        self._tell()

    def reset(self) -> None:
        """Back to the defaults."""
        self._keys = {name: canonical(each.keys) for name, each in self._defaults.items()}
        self._tell()

    def overrides(self) -> dict[str, str]:
        """What differs from the defaults, for the settings file."""
        return {
            name: keys
            for name, keys in self._keys.items()
            if keys != canonical(self._defaults[name].keys)
        }

    def load(self, overrides: Mapping[str, str]) -> list[KnownError]:
        """Take what a settings file says. What can't be used is left at its default and reported;
        unknown commands (of another version) are passed over."""
        problems: list[KnownError] = []
        known = {name: keys for name, keys in overrides.items() if name in self._keys}
        # free the keys first, so that two commands can swap theirs
        for name in known:
            self._keys[name] = ""
        for name, keys in known.items():
            try:
                self._keys[name] = self._checked(name, keys)
            except KnownError as problem:
                problems.append(problem)
        for name in known:
            default = canonical(self._defaults[name].keys)
            if not self._keys[name] and known[name] != "" and default not in self._keys.values():
                self._keys[name] = default
        self._tell()
        return problems

    def _checked(self, command: str, keys: str) -> str:
        wanted = canonical(keys)
        if not wanted:
            return ""
        if wanted in RESERVED:
            raise KnownError(
                "shortcut_reserved",
                f"{wanted} is needed for editing text and moving around.",
                "Choose other keys, such as Ctrl+Shift and a letter.",
            )
        owner = next((n for n, k in self._keys.items() if k == wanted and n != command), None)
        if owner is not None:
            raise KnownError(
                "shortcut_taken",
                f"{wanted} is already used for “{self._defaults[owner].title}”.",
                "Choose other keys, or change those first.",
            )
        return wanted

    def _set(self, command: str, keys: str) -> None:
        if command not in self._keys:
            raise BugError(f"no such shortcut: {command}")
        self._keys[command] = keys

    def _tell(self) -> None:
        for listener in list(self._listeners):
            listener()


def canonical(keys: str) -> str:
    """`keys` in one spelling: "shift+ctrl+a" → "Ctrl+Shift+A". Raises `KnownError`
    ("shortcut_malformed") for what is no key, or one that types a character by itself."""
    text = keys.strip()
    if not text:
        return ""
    parts = [part.strip() for part in text.split("+")]
    held = {_modifier(part) for part in parts[:-1]}
    key = _key(parts[-1])
    function = _FUNCTION.fullmatch(key) is not None
    if None in held or not key or not (function or held & {"Ctrl", "Alt", "Meta"}):
        raise KnownError(
            "shortcut_malformed",
            "These keys can't be a shortcut.",
            "Use a function key, or Ctrl or Alt with a letter, digit or named key.",
        )
    return "+".join([each for each in _MODIFIERS if each in held] + [key])


def _modifier(part: str) -> str | None:
    spelt = _SPELLINGS.get(part.lower(), part.capitalize())
    return spelt if spelt in _MODIFIERS else None


def _key(part: str) -> str:
    if _FUNCTION.fullmatch(part):
        return part.upper()
    if len(part) == 1 and part.isascii() and (part.isalnum() or part in ",.-/;"):
        return part.upper()
    return _NAMED.get(part.lower(), "")
