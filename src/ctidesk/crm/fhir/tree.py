"""Looking into a FHIR resource that may hold anything anywhere, without ever failing.

Runs in: desk process, any thread. Pure. What is there but cannot be understood is noted by the name
of its element, never by its content.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from ctidesk.calls.text import plain

MAX_TEXT = 400
MAX_ITEMS = 200
"""Elements of a list that are looked at; a Patient with more numbers is no person."""
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?![\d-])")
_REFERENCE = re.compile(r"(?:^|/)([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]+)?$")


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference. `key`: "Patient/1", "" when it names none on this server; `display`: as the
    resource that refers calls it."""

    key: str
    display: str

    @property
    def kind(self) -> str:
        return self.key.partition("/")[0]


NOWHERE = Ref("", "")


class Node:
    """An object of a resource with the notes of the whole. All methods answer for anything."""

    __slots__ = ("_notes", "_place", "_value")

    def __init__(self, value: Any, notes: list[str], place: str = "") -> None:
        self._value: dict[str, Any] = value if isinstance(value, dict) else {}
        self._notes = notes
        self._place = place

    def __bool__(self) -> bool:
        return bool(self._value)

    def has(self, key: str) -> bool:
        return key in self._value

    def text(self, key: str, limit: int = MAX_TEXT) -> str:
        """A text without control characters, cut at `limit`."""
        value = self._value.get(key)
        if value is None:
            return ""
        if isinstance(value, str):
            return clean(value, limit)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)[:limit]
        self._odd(key)
        return ""

    def word(self, key: str) -> str:
        """A code: lower case, as R4's value sets have it."""
        return self.text(key, 64).lower()

    def flag(self, key: str) -> bool | None:
        value = self._value.get(key)
        if value is None or isinstance(value, bool):
            return value
        self._odd(key)
        return None

    def number(self, key: str) -> float | None:
        value = self._value.get(key)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9:
            return float(value)
        self._odd(key)
        return None

    def one(self, key: str) -> Node:
        """An object; of a list the first."""
        value = self._value.get(key)
        if isinstance(value, list):
            return next(iter(self.all(key)), Node(None, self._notes))
        if value is not None and not isinstance(value, dict):
            self._odd(key)
        return Node(value, self._notes, f"{self._place}{key}.")

    def all(self, key: str) -> list[Node]:
        """The objects of a list; one that stands without a list counts as one."""
        value = self._value.get(key)
        if value is None:
            return []
        found = value if isinstance(value, list) else [value]
        objects = [each for each in found[:MAX_ITEMS] if isinstance(each, dict)]
        if len(objects) != len(found):
            self._odd(key)
        return [Node(each, self._notes, f"{self._place}{key}.") for each in objects]

    def texts(self, key: str) -> list[str]:
        value = self._value.get(key)
        if value is None:
            return []
        found = value if isinstance(value, list) else [value]
        good = [clean(each, MAX_TEXT) for each in found[:MAX_ITEMS] if isinstance(each, str)]
        # null stands in lists of primitives for a value that an extension replaces
        if len(good) != sum(each is not None for each in found):
            self._odd(key)
        return [each for each in good if each]

    def concept(self, key: str) -> str:
        """A CodeableConcept or Coding in words: its text, else a display, else a code."""
        for concept in self.all(key):
            if said := concept.text("text") or concept.text("display"):
                return said
            codings = concept.all("coding")
            for part in ("display", "code"):
                if said := next((s for each in codings if (s := each.text(part))), ""):
                    return said
            if said := concept.text("code"):
                return said
        return ""

    def codes(self, key: str) -> set[str]:
        """All codes of the concepts at `key`, lower case."""
        found: set[str] = set()
        for concept in self.all(key):
            found |= {code for each in concept.all("coding") if (code := each.word("code"))}
            if code := concept.word("code"):
                found.add(code)
        return found

    def ref(self, key: str) -> Ref:
        return next((ref for each in self.all(key) if (ref := each.as_ref()) != NOWHERE), NOWHERE)

    def refs(self, key: str) -> list[Ref]:
        return [ref for each in self.all(key) if (ref := each.as_ref()) != NOWHERE]

    def as_ref(self) -> Ref:
        """This object as a Reference."""
        said = self.text("reference")
        found = _REFERENCE.search(said) if said else None
        if said and found is None and not said.startswith(("#", "urn:")):
            self._odd("reference")
        return Ref(f"{found[1]}/{found[2]}" if found else "", self.text("display"))

    def day(self, key: str, *, end: bool = False) -> str | None:
        """The day of a date or dateTime as ISO text. Of a year or month alone its first day, its
        last with `end`."""
        said = self.text(key, 64)
        if not said:
            return None
        found = _DATE.match(said)
        try:
            if found is None:
                raise ValueError
            year = int(found[1])
            month = int(found[2]) if found[2] else (12 if end else 1)
            last = calendar.monthrange(year, month)[1] if end else 1
            return date(year, month, int(found[3]) if found[3] else last).isoformat()
        except (ValueError, IndexError):
            self._odd(key)
            return None

    def moment(self, key: str) -> float | None:
        """An instant or dateTime as seconds since the epoch. Without a zone it is UTC: R4 demands
        one wherever there is a time of day."""
        said = self.text(key, 64)
        if not said:
            return None
        try:
            if len(said) < 10:  # a year or month
                said = f"{said}-01-01"[:10] if len(said) == 4 else f"{said}-01"
            read = datetime.fromisoformat(said)
            read = read if read.tzinfo else read.replace(tzinfo=UTC)
            return read.timestamp()
        except (ValueError, OverflowError, OSError):
            self._odd(key)
            return None

    def money(self, key: str) -> str:
        """Money or a SimpleQuantity in words: "20 EUR"."""
        amount = self.one(key)
        value = amount.text("value", 20)
        unit = amount.text("currency", 8) or amount.text("unit", 20) or amount.text("code", 20)
        return f"{value} {unit}".strip() if value else ""

    def _odd(self, key: str) -> None:
        self._notes.append(f"{self._place}{key}")


def clean(text: str, limit: int) -> str:
    """`calls.text.plain`, quick for what is plain already."""
    if len(text) <= limit and text.isprintable() and "  " not in text:
        return text.strip()
    return plain(text, limit)
