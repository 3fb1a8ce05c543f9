"""The texts of guides: sentences with facts and answers in braces.

Runs in: desk process, any thread. Pure.

    Your {rx.drug} will be with you on {answer.day}.
    Please ask {rx.prescriber|your doctor}.          a word for what is not known
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass

from ctidesk.care.guide_expression import Value
from ctidesk.care.spoken_values import spoken

MAX_TEXT = 600
MAX_TEXT_WITH_FACTS = 2_000
UNKNOWN = "[not known]"
_FIELD = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z0-9_]+)*")


class BadText(ValueError):
    """The text cannot be used; the message says why, for the author of a guide."""


@dataclass(frozen=True, slots=True)
class Text:
    """A checked text. `names`: the facts and answers in it. `language`: how days are said."""

    raw: str = ""
    names: frozenset[str] = frozenset()
    language: str = "en"

    def __bool__(self) -> bool:
        return bool(self.raw)

    def filled(self, facts: Mapping[str, Value]) -> str:
        """With what is known; what is not has its word from the text, or says so."""

        def one(match: re.Match[str]) -> str:
            name, bar, instead = match.group(1).partition("|")
            value = facts.get(name.strip())
            if value is not None:
                return spoken(value, self.language)
            return instead.strip() if bar else UNKNOWN

        return " ".join(_FIELD.sub(one, self.raw)[:MAX_TEXT_WITH_FACTS].split())


NO_TEXT = Text()


def read_text(raw: str, names: Container[str], language: str = "en") -> Text:
    """`names`: what may stand in braces. Raises `BadText`."""
    text = " ".join(raw.split())
    if not text:
        raise BadText("is empty")
    if len(text) > MAX_TEXT:
        raise BadText(f"is longer than {MAX_TEXT} characters")
    if not text.isprintable():
        raise BadText("holds characters that cannot be shown")
    found = {match.group(1).partition("|")[0].strip() for match in _FIELD.finditer(text)}
    if "{" in _FIELD.sub("", text) or "}" in _FIELD.sub("", text):
        raise BadText("has a brace without its partner")
    for name in sorted(found):
        if not _NAME.fullmatch(name) or name not in names:
            raise BadText(f"names “{name[:40]}”, which is no known fact or earlier answer")
    return Text(text, frozenset(found), language)
