"""Why an engine could not be built, in words for whoever builds it.

Runs in: the build.
"""

from __future__ import annotations


class CannotBuild(Exception):
    """`text` says what is wrong in a sentence, `remedy` what to do about it. `broken`: everything
    was there and the result is bad, which is a mistake of the recipe."""

    def __init__(self, text: str, remedy: str, broken: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.remedy = remedy
        self.broken = broken
