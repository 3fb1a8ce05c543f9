"""Why an engine could not be built, in words for whoever builds it.

Runs in: the build.
"""

from __future__ import annotations


class CannotBuild(Exception):
    """`text` says what is wrong in a sentence, `remedy` what to do about it."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(text)
        self.text = text
        self.remedy = remedy
