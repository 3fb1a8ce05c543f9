"""The centre's emergency protocol from a TOML file, checked field by field.

Runs in: desk process, any thread. `resources/red_flag/default.toml` shows every field.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctidesk.calls.errors import KnownError
from ctidesk.calls.text_files import BadFile, read_text, toml_table
from ctidesk.care.line_joining import JoinLine
from ctidesk.care.red_flag import FlagProtocol, Phrase
from ctidesk.care.toml_lines import line_at, lines_of

MAX_BYTES = 256 * 1024
MAX_CHARS = 400
MAX_ENTRIES = 40
MAX_OUTCOMES = 6
_TEXTS = (
    "opening",
    "location_say",
    "location_repeat",
    "nurse_do",
    "joined_do",
    "check_back_say",
    "fallback_do",
    "ended_do",
)
_TIMES = {
    "check_back": (30, 60),
    "fallback": (30, 900),
    "call_nurse": (0, 600),
    "ring": (5, 120),
    "next_round": (0, 120),
    "recovery": (15, 600),
}
_KEYS = {"version", "placeholder", "texts", "times", "outcome", "phrase"}


def load_protocol(
    path: Path,
    lines: tuple[JoinLine, ...] = (),
    emergency: JoinLine | None = None,
    lead: JoinLine | None = None,
) -> FlagProtocol:
    """The protocol in `path`, with whom the settings name. Raises `KnownError`
    `bad_red_flag_file`, which names the file, the line and the field."""
    try:
        text = read_text(path, MAX_BYTES)
        plain = toml_table(text)
    except BadFile as problem:
        raise _bad(path.name, str(problem)) from None
    return _Reading(path.name, text).protocol(plain, lines, emergency, lead)


def _bad(name: str, problem: str) -> KnownError:
    return KnownError(
        "bad_red_flag_file",
        f"The emergency protocol “{name}” cannot be used: {problem}.",
        "Correct that place in the file. Until then the protocol from before is used.",
    )


class _Reading:
    """One pass over one file."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._lines = lines_of(text)

    def protocol(
        self,
        plain: dict[str, Any],
        lines: tuple[JoinLine, ...],
        emergency: JoinLine | None,
        lead: JoinLine | None,
    ) -> FlagProtocol:
        for key in plain:
            if key not in _KEYS:
                raise self._wrong("", 0, key, "is not a known entry")
        if plain.get("version") != 1 or isinstance(plain.get("version"), bool):
            raise self._wrong("", 0, "version", "has to be 1")
        if not isinstance(plain.get("placeholder"), bool):
            raise self._wrong("", 0, "placeholder", "has to be true or false")
        texts = self._table(plain, "texts", _TEXTS)
        times = self._times(self._table(plain, "times", tuple(_TIMES)))
        return FlagProtocol(
            placeholder=plain["placeholder"],
            **{key: self._text("texts", 0, texts, key) for key in _TEXTS},
            outcomes=self._outcomes(plain),
            phrases=tuple(
                Phrase(*(self._text("phrase", number, each, k) for k in ("about", "title", "text")))
                for number, each in self._entries(plain, "phrase", ("about", "title", "text"))
            ),
            lines=lines,
            emergency=emergency,
            lead=lead,
            check_back_s=times["check_back"],
            fallback_s=times["fallback"],
            call_nurse_s=times["call_nurse"],
            ring_s=times["ring"],
            next_round_s=times["next_round"],
            recovery_s=times["recovery"],
        )

    def _outcomes(self, plain: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        found: dict[str, str] = {}
        entries = self._entries(plain, "outcome", ("key", "label"))
        for number, each in entries:
            key = self._text("outcome", number, each, "key")
            if key in found:
                raise self._wrong("outcome", number, "key", "is there twice")
            found[key] = self._text("outcome", number, each, "label")
        if not 1 <= len(found) <= MAX_OUTCOMES:
            raise self._wrong("", 0, "outcome", f"has to be there, {MAX_OUTCOMES} times at most")
        return tuple(found.items())

    def _table(self, plain: dict[str, Any], name: str, known: tuple[str, ...]) -> dict[str, Any]:
        table = plain.get(name)
        if not isinstance(table, dict):
            raise self._wrong("", 0, name, "has to be a section")
        for key in table:
            if key not in known:
                raise self._wrong(name, 0, key, "is not known there")
        return table

    def _entries(
        self, plain: dict[str, Any], name: str, known: tuple[str, ...]
    ) -> list[tuple[int, dict[str, Any]]]:
        entries = plain.get(name, [])
        if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
            raise self._wrong("", 0, name, f"has to be [[{name}]], {MAX_ENTRIES} times at most")
        for number, each in enumerate(entries, 1):
            if not isinstance(each, dict):
                raise self._wrong(name, number, name, "has to be a section")
            for key in each:
                if key not in known:
                    raise self._wrong(name, number, key, "is not known there")
        return list(enumerate(entries, 1))

    def _text(self, table: str, number: int, content: dict[str, Any], key: str) -> str:
        value = content.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(table, number, key, "has to be a text")
        if len(value) > MAX_CHARS or any(ord(char) < 32 for char in value):
            raise self._wrong(table, number, key, f"has to be one line of {MAX_CHARS} characters")
        return value.strip()

    def _times(self, content: dict[str, Any]) -> dict[str, float]:
        for key, (low, high) in _TIMES.items():
            value = content.get(key)
            if type(value) is not int or not low <= value <= high:
                raise self._wrong("times", 0, key, f"has to be {low} to {high} seconds")
        return {key: float(content[key]) for key in _TIMES}

    def _wrong(self, table: str, number: int, key: str, problem: str) -> KnownError:
        line = line_at(self._lines, table, number or 1, key) or 1
        field = f"{table}.{key[:40]}" if table else key[:40]
        nth = f" of entry {number}" if number else ""
        return _bad(self._name, f"line {line}, field “{field}”{nth} {problem}")
