"""Text folded for comparing and searching: case, accents, umlauts and spacing don't count.

Runs in: every process, any thread. Only for comparing, never for showing or storing.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
# letters that Unicode does not decompose
_PLAIN = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe"})
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


def folded(text: str) -> str:
    """Lower case without accents: "Müller-Łoś" → "muller-los"."""
    lower = unicodedata.normalize("NFKC", text).casefold().translate(_PLAIN)
    apart = unicodedata.normalize("NFKD", lower)
    return "".join(char for char in apart if not unicodedata.combining(char))


def words(text: str) -> tuple[str, ...]:
    """The words of `text`, folded, in order."""
    return tuple(_WORD.findall(folded(text)))


def spellings(text: str) -> frozenset[str]:
    """`text` folded both ways that an umlaut is written: "Müller" → {"muller", "mueller"}."""
    lower = unicodedata.normalize("NFKC", text).casefold()
    return frozenset({folded(lower), folded(lower.translate(_TWO_LETTERS))})
