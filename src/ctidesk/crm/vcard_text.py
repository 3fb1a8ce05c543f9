"""The cards of a vCard file, of versions 2.1, 3.0 and 4.0, as telephones and mail programs write.

Runs in: desk process, any thread; commands. Pure but for reading the file.

A reader of our own: vobject 0.9.9, the library there is, gives up the rest of a file at the first
line that it does not understand, and the broken lines of quoted-printable that telephones write are
some; nothing of it has a limit. Here what is odd costs its own card at most, and nothing is ever
longer in memory than `MAX_VALUE`.
"""

from __future__ import annotations

import codecs
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ctidesk.crm.csv_text import ENCODINGS, Broken, opened, unreadable, wrong_encoding

MAX_VALUE = 64 * 1024
"""Bytes of one property; pictures, sounds and keys are passed over whatever their length."""
MAX_PROPERTIES = 500
"""Of one card, those that are passed over not counted."""
_LINE_BYTES = 256 * 1024
_PASSED_OVER = frozenset({"PHOTO", "LOGO", "SOUND", "KEY", "X-MS-CARDPICTURE"})
_NAME = re.compile(rb"(?:([A-Za-z0-9_-]{1,64})\.)?([A-Za-z0-9-]{1,64})(?=[;:])")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}


@dataclass(frozen=True, slots=True)
class Property:
    """`name` and the keys of `params` in capitals; the types that 2.1 writes bare are in TYPE.
    `value` is still escaped. `group`: what its label has in common with it, "item1"."""

    name: str
    value: str = field(repr=False)
    params: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    group: str = ""

    @property
    def types(self) -> frozenset[str]:
        """In small letters: "cell", "home", "pref"."""
        return frozenset(each.lower() for each in self.params.get("TYPE", ()))

    def part(self, number: int) -> str:
        """One component of a value such as N's, all its texts joined by spaces."""
        parts = split(self.value, ";")
        return " ".join(texts(parts[number])) if number < len(parts) else ""


@dataclass(frozen=True, slots=True)
class Card:
    """`line`: where it begins, counted from 1."""

    line: int
    properties: tuple[Property, ...]

    def all(self, name: str) -> list[Property]:
        return [each for each in self.properties if each.name == name]

    def text(self, name: str) -> str:
        """The first that is not empty, "" when there is none."""
        found = (" ".join(texts(each.value, ())) for each in self.all(name))
        return next((each for each in found if each), "")


def is_vcard(path: Path) -> bool:
    """Whether the file begins as one. Raises `KnownError` csv_unreadable, csv_too_big."""
    with opened(path) as file:
        head = file.read(200)
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(mark):
            head = head[: len(head) // 2 * 2].decode(encoding, "replace").encode()
    return head.removeprefix(codecs.BOM_UTF8).lstrip().upper().startswith(b"BEGIN:VCARD")


def cards(path: Path, encoding: str) -> Iterator[Card | Broken]:
    """All cards. `encoding`: of what says none of its own. Raises `KnownError` csv_encoding,
    csv_unreadable."""
    if encoding not in ENCODINGS:
        raise wrong_encoding("this encoding is not known")
    inner = "utf-8" if encoding == "utf-16" else encoding.removesuffix("-sig")
    reader = _Reader(inner)
    try:
        for number, line in _unfolded(_lines(path, encoding)):
            yield from reader.take(number, line)
    except UnicodeError:
        raise wrong_encoding("there are bytes that it does not have") from None
    except OSError:
        raise unreadable() from None
    yield from reader.end()


def split(value: str, separator: str) -> list[str]:
    """At separators that are not escaped; the parts are escaped still."""
    parts, begin, at = [], 0, 0
    while at < len(value):
        if value[at] == "\\":
            at += 1
        elif value[at] == separator:
            parts.append(value[begin:at])
            begin = at + 1
        at += 1
    return [*parts, value[begin:]]


def texts(value: str, separators: tuple[str, ...] = (",",)) -> list[str]:
    """The texts of a value or component, without their escapes, empty ones left out."""
    parts = [value]
    for each in separators:
        parts = [piece for part in parts for piece in split(part, each)]
    plain = (_ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], part) for part in parts)
    return [text for each in plain if (text := each.strip())]


class _Reader:
    """Puts lines together to cards. Cards within cards (AGENT) are passed over."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._begin = 0
        self._depth = 0
        self._agent = False
        self._found: list[Property] = []
        self._problem = ""

    def take(self, number: int, line: bytes) -> Iterator[Card | Broken]:
        word = line.strip().upper()
        if word == b"BEGIN:VCARD":
            if self._depth and not self._agent:
                yield Broken(self._begin, "the card has no end")
                self._depth = 0
            self._agent = False
            self._depth += 1
            if self._depth == 1:
                self._begin, self._found, self._problem = number, [], ""
        elif word == b"END:VCARD" and self._depth:
            self._depth -= 1
            if self._depth == 0:
                yield self._card()
        elif self._depth and word:
            self._agent = re.match(rb"(?:[\w-]+\.)?AGENT[:;]", word) is not None
            if self._depth == 1 and not self._agent:
                self._property(line)

    def end(self) -> Iterator[Broken]:
        if self._depth:
            yield Broken(self._begin, "the card has no end")

    def _card(self) -> Card | Broken:
        if self._problem:
            return Broken(self._begin, self._problem)
        return Card(self._begin, tuple(self._found))

    def _property(self, line: bytes) -> None:
        head = _NAME.match(line)
        if head is None:
            return  # an empty or stray line; pictures of old programs have them
        name = head[2].decode("ascii").upper()
        if name in _PASSED_OVER or self._problem:
            return
        if len(line) > MAX_VALUE:
            self._problem = "a line of the card is too long"
        elif len(self._found) >= MAX_PROPERTIES:
            self._problem = f"more than {MAX_PROPERTIES} properties"
        else:
            raw, value = _cut(line[head.end() :])
            params = _params(raw.decode(self._encoding, "replace"))
            group = (head[1] or b"").decode("ascii").lower()
            try:
                text = _decoded(value, params, self._encoding)
            except (UnicodeError, LookupError):
                self._problem = "the text is not of the character set that the card names"
                return
            if "\0" in text:
                self._problem = "it has characters that no text has"
            self._found.append(Property(name, text, params, group))


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, bytes]]:
    with opened(path) as file:
        if encoding == "utf-16":
            text = codecs.getreader(encoding)(file)
            for number, words in enumerate(iter(lambda: text.readline(_LINE_BYTES), ""), 1):
                yield number, words.rstrip("\r\n").encode("utf-8", "replace")
            return
        number, begins = 0, True
        while line := file.readline(_LINE_BYTES):
            if begins:
                number += 1
            # the rest of an endless line comes as lines that continue it
            line = line.removeprefix(codecs.BOM_UTF8) if number == 1 and begins else line
            yield number, line.rstrip(b"\r\n") if begins else b" " + line.rstrip(b"\r\n")
            begins = line.endswith(b"\n")


def _unfolded(lines: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Logical lines: folded ones joined (RFC 6350, 3.2), and those that quoted-printable breaks.
    One that is too long grows no further, and is too long for who takes it."""
    at, pieces, size, soft = 0, [b""], 0, False
    for number, line in lines:
        folded = line[:1] in (b" ", b"\t") and not soft
        if at and (folded or soft):
            piece = line[1:] if folded else line
        else:
            if at:
                yield at, b"".join(pieces)
            at, pieces, size, piece = number, [], 0, line
        quoted = b"QUOTED-PRINTABLE" in (pieces or [piece])[0][:200].upper().partition(b":")[0]
        soft = quoted and piece.endswith(b"=")
        if size <= MAX_VALUE:
            pieces.append(piece[:-1] if soft else piece)
            size += len(pieces[-1])
    if at:
        yield at, b"".join(pieces)


def _cut(rest: bytes) -> tuple[bytes, bytes]:
    """(parameters, value) at the first colon outside of quotation marks."""
    quoted = False
    for at, byte in enumerate(rest):
        if byte == 0x22:
            quoted = not quoted
        elif byte == 0x3A and not quoted:
            return rest[:at], rest[at + 1 :]
    return rest, b""


def _params(raw: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in _outside_quotes(raw, ";"):
        name, equals, value = each.partition("=")
        if not name.strip():
            continue
        if not equals:  # 2.1 writes the value alone
            word = name.strip().upper()
            name, value = ("ENCODING" if word in _ENCODINGS_OF_2_1 else "TYPE"), word
        values = [
            re.sub(r"\^[n'^]", lambda m: _CARET[m[0]], one.strip().strip('"'))
            for part in _outside_quotes(value, ",")
            # 4.0 allows a list in quotation marks: TYPE="voice,home"
            for one in (part.strip().strip('"').split(","))
        ]
        key = name.strip().upper()
        found[key] = (*found.get(key, ()), *(one for one in values if one))
    return found


_ENCODINGS_OF_2_1 = frozenset({"QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT"})


def _outside_quotes(raw: str, separator: str) -> list[str]:
    return re.findall(rf'(?:"[^"]*"?|[^"{separator}])+', raw)


def _decoded(value: bytes, params: dict[str, tuple[str, ...]], encoding: str) -> str:
    how = {each.upper() for each in params.get("ENCODING", ())}
    if how & {"BASE64", "B"}:
        return ""  # bytes, and none of the properties that are read has any
    if "QUOTED-PRINTABLE" in how:
        value = quopri.decodestring(value)
    charset = next(iter(params.get("CHARSET", ())), "") or encoding
    return codecs.lookup(charset).decode(value)[0] if _is_text(charset) else value.decode(encoding)


def _is_text(charset: str) -> bool:
    """Not one of Python's codecs that unpack or run something."""
    return bool(codecs.lookup(charset)._is_text_encoding)
