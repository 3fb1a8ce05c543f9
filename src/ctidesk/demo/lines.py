"""What the desk and a house of the demo centre say to each other: one JSON object per line.

Runs in: desk process (any thread) and the demo centre's processes. A house reads `Request`s on
stdin and writes `Report`s on stdout; it ends with its stdin.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from ctidesk.calls.codec import MalformedMessage, from_plain, to_plain

MAX_LINE_CHARS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`do`: "call" (`who` phones the agent in `after_s` seconds, waits `patience_s` for an answer
    and hangs up after `talk_s` of talking, 0 = never), "hang_up" (`who`, "" = all), "list" or
    "quit"."""

    do: str
    who: str = ""
    after_s: float = 0.0
    talk_s: float = 0.0
    patience_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What happened. `what`: "ready" (`code`: the UDP port), "people" (`text`: keys, one blank
    between), "refused" (`text`: a sentence), "gone" (the process ended), or a step of leg number
    `leg` of `who` as `sip.engine.scripted_party.LegListener` names them. `t_mono`: seconds,
    monotonic clock of the machine. `house`: set by the desk's end, "callers" or "colleagues"."""

    what: str
    t_mono: float
    who: str = ""
    leg: int = 0
    code: int = 0
    text: str = ""
    level: float = 0.0
    house: str = ""


def line(message: Request | Report) -> str:
    """One line of ASCII JSON with its line end."""
    return json.dumps(to_plain(message), separators=(",", ":")) + "\n"


def request_of(text: str) -> Request:
    """Raises `MalformedMessage`."""
    return from_plain(Request, _plain(text))


def report_of(text: str) -> Report:
    """Raises `MalformedMessage`."""
    return from_plain(Report, _plain(text))


def _plain(text: str) -> object:
    if len(text) > MAX_LINE_CHARS:
        raise MalformedMessage("line too long")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedMessage("not JSON") from None
