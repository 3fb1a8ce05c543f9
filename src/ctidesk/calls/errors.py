"""The error tree: what a user can be told with a remedy, and what is our own mistake.

Runs in: every process, any thread.
"""


class CtideskError(Exception):
    """Root of all errors that ctidesk raises itself. Messages never carry personal data."""


class KnownError(CtideskError):
    """A failure that can happen to a healthy program; carries what the user is told.

    `code` is stable (logs, tests, documentation), `text` says what happened in a clear
    sentence, `remedy` says what the user can do about it.
    """

    def __init__(self, code: str, text: str, remedy: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.remedy = remedy


class BugError(CtideskError):
    """A contract of our own code was broken: to be reported, never shown as the user's fault."""
