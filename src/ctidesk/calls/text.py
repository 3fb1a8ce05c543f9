"""Text that strangers supply (display names, headers) made plain before anybody sees it.

Runs in: every process, any thread.
"""

from __future__ import annotations

import unicodedata

MAX_CHARS = 64

# Zero-width and bidirectional controls that can reorder or hide text; all of them are category Cf,
# which is refused whole, but for the joiners that some scripts need inside a word.
_JOINERS = {"\u200c", "\u200d"}


def plain(text: str, limit: int = MAX_CHARS) -> str:
    """`text` without control, format and surrogate characters, white space folded, cut at `limit`.

    Never raises; 10 kB or 10 MB cost the same, since only the head is read.
    """
    head = text[: limit * 8]
    if head.isprintable():  # no separator but the space, nothing of category C
        return _cut(head, limit)
    kept: list[str] = []
    for char in head:
        category = unicodedata.category(char)
        if category == "Zs" or char in "\t\r\n":
            kept.append(" ")
        elif category[0] != "C" or (char in _JOINERS and kept):
            kept.append(char)
    return _cut("".join(kept), limit)


def _cut(text: str, limit: int) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"
