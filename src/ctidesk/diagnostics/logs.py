"""Logs that cannot carry what they must not: numbers, addresses, names and keys are cut out.

Runs in: every process, any thread.
"""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path

# Digits of a telephone number, member id, date of birth or card; SIP users; e-mail; key material.
_REDACTIONS = (
    (re.compile(r"sips?:[^\s>;]+", re.IGNORECASE), "sip:…"),
    (re.compile(r"AGE-SECRET-KEY-[A-Z0-9]+", re.IGNORECASE), "key:…"),
    (re.compile(r"\b[0-9a-fA-F]{64}\b"), "hex:…"),
    (re.compile(r"[\w.+-]+@[\w.-]+"), "…@…"),
    (re.compile(r"\+?\d[\d ()./-]{4,}\d"), "#…"),
)
MAX_BYTES = 2 * 1024 * 1024
KEPT_FILES = 3


def redacted(text: str) -> str:
    """`text` without anything that looks like a number, an address, a key or a SIP user."""
    for pattern, instead in _REDACTIONS:
        text = pattern.sub(instead, text)
    return text


class RedactingFormatter(logging.Formatter):
    """The last step before the file, so that no logger can go round it. Tracebacks keep file and
    line, their messages are redacted like any other text."""

    def format(self, record: logging.LogRecord) -> str:
        record.message = redacted(record.getMessage())
        head = f"{self.formatTime(record)} {record.levelname} {record.name}: {record.message}"
        if record.exc_info:
            head += "\n" + redacted(self.formatException(record.exc_info))
        return head


def log_to(folder: Path, name: str) -> Path:
    """Send the root logger to `folder/name.log` (rotated, 0600); returns the file's path."""
    path = folder / f"{name}.log"
    path.touch(mode=0o600, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES)
    handler.setFormatter(RedactingFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    return path
