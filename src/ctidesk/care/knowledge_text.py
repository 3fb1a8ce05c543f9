"""Markdown as plain words: what is searched and what snippets show.

Runs in: desk process, any thread.
"""

from __future__ import annotations

import re

_RULES = (
    (re.compile(r"```[^\n]*"), " "),
    (re.compile(r"<(script|style)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL), " "),
    (re.compile(r"<!--.*?(-->|\Z)", re.DOTALL), " "),
    (re.compile(r"</?[A-Za-z][^<>]{0,2000}>"), " "),
    (re.compile(r"!\[([^\[\]\n]*)\]\([^()\n]*\)"), r"\1"),
    (re.compile(r"\[\[(?:[^\[\]|\n]*\|)?([^\[\]|\n]*)\]\]"), r"\1"),
    (re.compile(r"\[([^\[\]\n]*)\]\([^()\n]*\)"), r"\1"),
    (re.compile(r"^\s{0,3}(#{1,6}|>|[-*+]|\d{1,3}[.)])\s+", re.MULTILINE), ""),
    (re.compile(r"^[\s|:-]{3,}$", re.MULTILINE), " "),
    (re.compile(r"\|"), " "),
    (re.compile(r"[*`]|(?<!\w)_+|_+(?!\w)|~~"), ""),
)
_PLAIN = str.maketrans(
    {
        "ł": "l",
        "Ł": "l",
        "đ": "d",
        "Đ": "d",
        "ø": "o",
        "Ø": "o",
        "ħ": "h",
        "Ħ": "h",
        "ı": "i",
        "ß": "ss",
        "ẞ": "ss",
        "æ": "ae",
        "Æ": "ae",
        "œ": "oe",
        "Œ": "oe",
        "þ": "th",
        "Þ": "th",
    }
)
_UNFOLDED = re.compile(r"\w*[łŁđĐøØħĦıßẞæÆœŒþÞ]\w*")
MAX_FOLDED = 2_000


def said(markdown: str) -> str:
    """The words of `markdown` on one line."""
    text = markdown
    for shape, instead in _RULES:
        text = shape.sub(instead, text)
    return " ".join(text.split())


def fold(word: str) -> str:
    """`word` in plain letters where Unicode has no accent to take off: "łóżko" → "lóżko"."""
    return word.translate(_PLAIN)


def folded_words(*texts: str) -> str:
    """The words of `texts` with such letters, folded; for an index of their own."""
    found = {fold(word) for text in texts for word in _UNFOLDED.findall(text)}
    return " ".join(sorted(found)[:MAX_FOLDED])
