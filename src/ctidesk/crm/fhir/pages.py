"""A Bundle taken apart entry by entry, each resource also as the very text that the server sent.

Runs in: desk process, the CRM's worker thread. Entry by entry, since one `json.loads` of a long
page would hold the interpreter while a caller's card waits. The text is kept, since FHIR's decimals
have a precision ("1.10") that a number of Python's forgets.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]*")
_MAX_DIGITS = 18


def _whole_number(text: str) -> int | None:
    """None for numbers that no FHIR integer has; Python refuses the longest of them."""
    return int(text) if len(text.lstrip("-")) <= _MAX_DIGITS else None


_DECODER = json.JSONDecoder(parse_int=_whole_number, parse_constant=lambda _: None)


class NotJson(Exception):
    """The text is not the JSON of an object. Carries nothing of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`raw`: the resource's text; `resource`: parsed, {} where an entry has none. `method` and
    `target`: of a history entry, such as "DELETE" and "Patient/1"."""

    raw: str = field(repr=False)
    resource: dict[str, Any] = field(repr=False)
    mode: str = ""
    method: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A searchset or history. `odd`: entries that are no objects or hold no object. `sent`: when,
    by the server's clock (ISO, UTC), "" when it did not say."""

    kind: str
    entries: tuple[Entry, ...]
    total: int | None
    next_url: str = field(default="", repr=False)
    odd: int = 0
    sent: str = ""


def parse(text: str) -> dict[str, Any]:
    """One JSON object. Raises `NotJson`."""
    try:
        value, end = _DECODER.raw_decode(text, _skip(text, 0))
    except (ValueError, RecursionError):
        raise NotJson from None
    if not isinstance(value, dict) or _skip(text, end) != len(text):
        raise NotJson
    return value


def page_of(text: str) -> Page | None:
    """The page, None if the object is no Bundle. Raises `NotJson`."""
    try:
        return _page_of(text)
    except (ValueError, RecursionError, IndexError):
        raise NotJson from None


def _page_of(text: str) -> Page | None:
    about: dict[str, Any] = {}
    entries: list[Entry] = []
    odd = 0
    for key, value in _members(text, into="entry"):
        if key == "entry" and isinstance(value, list):
            entries += [read for read in value if isinstance(read, Entry)]
            odd += sum(1 for read in value if not isinstance(read, Entry))
        else:
            about[key] = value
    if about.get("resourceType") != "Bundle":
        return None
    total = about.get("total")
    return Page(
        kind=str(about.get("type", "")),
        entries=tuple(entries),
        total=total if isinstance(total, int) and not isinstance(total, bool) else None,
        next_url=_next_of(about.get("link")),
        odd=odd,
    )


def _next_of(links: Any) -> str:
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next":
            url = link.get("url")
            return url if isinstance(url, str) else ""
    return ""


def _members(text: str, into: str) -> Iterator[tuple[str, Any]]:
    """(key, value) of each member of the object that the text is; the array of `into` comes as a
    list of what `_entry` made of its elements."""
    at = _after(text, _skip(text, 0), "{")
    if text[at] == "}":
        at += 1
    else:
        while True:
            key, at = _key(text, at)
            if key == into and text[at] == "[":
                value, at = _elements(text, at)
            else:
                value, at = _DECODER.raw_decode(text, at)
            yield key, value
            at = _skip(text, at)
            if text[at] == "}":
                at += 1
                break
            at = _after(text, at, ",")
    if _skip(text, at) != len(text):
        raise ValueError("more after the end")


def _elements(text: str, start: int) -> tuple[list[Entry | None], int]:
    found: list[Entry | None] = []
    at = _after(text, start, "[")
    if text[at] == "]":
        return found, at + 1
    while True:
        if text[at] == "{":
            entry, at = _entry(text, at)
            found.append(entry)
        else:
            _, at = _DECODER.raw_decode(text, at)
            found.append(None)
        at = _skip(text, at)
        if text[at] == "]":
            return found, at + 1
        at = _after(text, at, ",")


def _entry(text: str, start: int) -> tuple[Entry | None, int]:
    about: dict[str, Any] = {}
    raw = ""
    at = _after(text, start, "{")
    if text[at] == "}":
        return None, at + 1
    while True:
        key, at = _key(text, at)
        begin = at
        about[key], at = _DECODER.raw_decode(text, at)
        if key == "resource":
            raw = text[begin:at]
        at = _skip(text, at)
        if text[at] == "}":
            break
        at = _after(text, at, ",")
    resource, request, search = (about.get(name) for name in ("resource", "request", "search"))
    request = request if isinstance(request, dict) else {}
    if not isinstance(resource, dict):
        if "method" not in request:
            return None, at + 1
        resource, raw = {}, ""
    return (
        Entry(
            raw=raw,
            resource=resource,
            mode=str(search.get("mode", "")) if isinstance(search, dict) else "",
            method=str(request.get("method", "")),
            target=str(request.get("url", "")),
        ),
        at + 1,
    )


def _key(text: str, at: int) -> tuple[str, int]:
    """The key at `at`, and where its value begins."""
    if text[at] != '"':
        raise ValueError("a key is a text")
    key, at = _DECODER.raw_decode(text, at)
    return str(key), _after(text, _skip(text, at), ":")


def _after(text: str, at: int, sign: str) -> int:
    """The next token after `sign`, which must stand at `at`."""
    if text[at] != sign:
        raise ValueError("something else was expected")
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
