"""The recorder's three kinds of pipe: audio in, orders in, news out. None of them ever blocks.

Runs in: recorder process, its only thread.
"""

from __future__ import annotations

import json
import os
from typing import Any

_PIECE = 65_536
_MOST = 2 * 1024 * 1024
"""Bytes taken at one go: twice what the largest pipe holds."""
_LONGEST_LINE = 65_536
_MOST_UNREAD = 65_536


class AudioPipe:
    """The reading end of one leg's FIFO."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self.ended = False

    def read(self) -> bytes:
        """All that is there, b"" if nothing is; `ended` once the writer has closed."""
        pieces: list[bytes] = []
        taken = 0
        while not self.ended and taken < _MOST:
            try:
                piece = os.read(self.descriptor, _PIECE)
            except BlockingIOError:
                break
            if not piece:
                self.ended = True
            pieces.append(piece)
            taken += len(piece)
        return b"".join(pieces)


class OrderPipe:
    """JSON lines from the engine. A line that isn't a JSON object is dropped."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ended = False
        self._torn = b""

    def read(self) -> list[dict[str, Any]]:
        """Call it when poll says that there is something."""
        try:
            piece = os.read(self.descriptor, _LONGEST_LINE)
        except BlockingIOError:
            return []
        except OSError:
            piece = b""
        if not piece:
            self.ended = True
            return []
        *lines, self._torn = (self._torn + piece).split(b"\n")
        if len(self._torn) > _LONGEST_LINE:
            self._torn = b""
        return [order for order in map(_object, lines) if order is not None]


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class NewsPipe:
    """JSON lines to the engine. An engine that is gone or doesn't read is no error: at most 64 KiB
    wait for it, what doesn't fit is dropped, since the manifest holds the truth anyway."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._unsent = b""
        self._gone = False
        try:
            os.set_blocking(descriptor, False)
        except OSError:
            self._gone = True

    def tell(self, event: str, **fields: Any) -> None:
        line = json.dumps({"event": event, **fields}, separators=(",", ":")).encode() + b"\n"
        if not self._gone and len(self._unsent) + len(line) <= _MOST_UNREAD:
            self._unsent += line
        self.flush()

    def flush(self) -> None:
        while self._unsent and not self._gone:
            try:
                sent = os.write(self._descriptor, self._unsent)
            except BlockingIOError:
                return
            except OSError:
                self._gone = True
                return
            self._unsent = self._unsent[sent:]
