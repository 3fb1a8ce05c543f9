"""The fields of one table of a guide's file, each checked, each mistake with its line.

Runs in: desk process, any thread. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from ctidesk.calls.errors import KnownError
from ctidesk.care.guide_expression import BadExpression, Expression, Kind, parse
from ctidesk.care.guide_texts import BadText, Text, read_text
from ctidesk.care.toml_lines import Place, line_at

MAX_LABEL = 80
ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_WORDS: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "a table",
}

E = TypeVar("E", bound=StrEnum)


def bad_guide(name: str, problem: str) -> KnownError:
    return KnownError(
        "bad_guide",
        f"The guide in “{name}” cannot be used: {problem}.",
        "Correct that place in the file; “ctidesk guide check” names every mistake. Until then the "
        "version before it stays.",
    )


class Source:
    """One file: its name, the lines of its places, the language of its sentences, and the
    mistakes found so far."""

    def __init__(self, name: str, lines: Mapping[Place, int], language: str = "en") -> None:
        self.name = name
        self.language = language
        self._lines = lines
        self.problems: list[KnownError] = []

    def wrong(self, table: str, number: int, key: str, what: str) -> None:
        line = line_at(self._lines, table, number, key) or 1
        # of texts in another language, "step.address" and "block.1" name their place by themselves
        named = table if "." in table else f"{table} {number}"
        where = named if table else "the guide"
        field = f", field “{key}”" if key else ""
        self.problems.append(bad_guide(self.name, f"line {line}, {where}{field} {what}"))


class Fields:
    """One table. A wrong field is noted in the source and read as if it were not there."""

    def __init__(self, source: Source, table: str, number: int, plain: Any) -> None:
        self._source, self._table, self.number = source, table, number
        self._plain: Mapping[str, Any] = plain if isinstance(plain, dict) else {}
        if not isinstance(plain, dict):
            self.wrong("", "is not a table")

    def wrong(self, key: str, what: str) -> None:
        self._source.wrong(self._table, self.number, key, what)

    def only(self, known: Iterable[str]) -> None:
        for key in self._plain:
            if key not in set(known):
                self.wrong(str(key)[:40], "is not known here")

    def has(self, key: str) -> bool:
        return key in self._plain

    def get(self, key: str, kind: type, default: Any) -> Any:
        value = self._plain.get(key, default)
        if key in self._plain and type(value) is not kind:
            self.wrong(key, f"has to be {_WORDS[kind]}")
            return default
        return value

    def label(self, key: str, needed: bool = True) -> str:
        text = " ".join(self.get(key, str, "").split())
        if (needed and not text) or len(text) > MAX_LABEL or not text.isprintable():
            self.wrong(key, f"has to be a text of 1–{MAX_LABEL} printable characters")
        return text

    def id(self, key: str = "id") -> str:
        text: str = self.get(key, str, "")
        if not ID.fullmatch(text):
            self.wrong(key, "has to be 1–40 of the characters a–z, 0–9 and _, a letter first")
        return text

    def number_of(self, key: str) -> float | None:
        value = self._plain.get(key)
        if value is None:
            return None
        if type(value) not in (int, float) or not -1_000_000 <= value <= 1_000_000:
            self.wrong(key, "has to be a number of at most seven digits")
            return None
        return float(value)

    def texts(self, key: str, most: int = 30) -> tuple[str, ...]:
        values = self.get(key, list, [])
        if len(values) > most or not all(isinstance(each, str) and each.strip() for each in values):
            self.wrong(key, f"has to be a list of at most {most} texts")
            return ()
        return tuple(values)

    def one_of(self, key: str, kind: type[E], default: E | None) -> E | None:
        text = str(self._plain.get(key, ""))
        if key not in self._plain and default is not None:
            return default
        try:
            return kind(text)
        except ValueError:
            self.wrong(key, f"has to be one of: {', '.join(kind)}")
            return default

    def text(self, key: str, kinds: Mapping[str, Kind], needed: bool = False) -> Text:
        """A sentence with facts."""
        if not self.has(key):
            if needed:
                self.wrong(key, "is missing")
            return Text()
        language = self._source.language
        found: Text = self._read(key, lambda raw: read_text(raw, kinds, language), Text())
        return found

    def when(self, kinds: Mapping[str, Kind], key: str = "when") -> Expression | None:
        """A condition."""
        if not self.has(key):
            return None
        found: Expression | None = self._read(key, lambda raw: parse(raw, kinds), None)
        return found

    def _read(self, key: str, read: Callable[[str], Any], default: Any) -> Any:
        raw = self._plain[key]
        if not isinstance(raw, str):
            self.wrong(key, "has to be text")
            return default
        try:
            return read(raw)
        except (BadExpression, BadText) as problem:
            self.wrong(key, str(problem))
            return default

    def inside(self, key: str, plain: object) -> Fields:
        """A table within a field of this one; its mistakes stand at that field."""
        return _Inner(self, key, plain)


class _Inner(Fields):
    def __init__(self, outer: Fields, key: str, plain: object) -> None:
        self._outer, self._outer_key = outer, key
        super().__init__(outer._source, outer._table, outer.number, plain)

    def wrong(self, key: str, what: str) -> None:
        self._outer.wrong(self._outer_key, f"(“{key}”) {what}" if key else what)
