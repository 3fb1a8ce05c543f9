"""A CSV file from anywhere as records: encoding and delimiter guessed, broken rows named.

Runs in: desk process, any thread; commands. Pure but for reading the file.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.crm.csv_guard import unguarded

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1250", "iso8859-15")
DELIMITERS = (",", ";", "\t", "|")
MAX_BYTES = 2 * 1024 * 1024 * 1024
MAX_LINE_CHARS = 64 * 1024
MAX_LINES_OF_RECORD = 20
"""A quoted field may span lines; a record longer than this has a quote that was never closed."""
_HEAD_BYTES = 256 * 1024
_HEAD_LINES = 20


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that is no CSV, at the line (1 is the header) where it begins."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class CsvRecord:
    line: int
    fields: tuple[str, ...]


def guess_encoding(path: Path) -> tuple[str, bool]:
    """(encoding, certain). Not certain: the bytes say only that it is an 8-bit code, so that the
    user should look at the names in the preview. Raises `KnownError`."""
    with opened(path) as file:
        head = file.read(_HEAD_BYTES)
        if head.startswith(codecs.BOM_UTF8):
            return "utf-8-sig", True
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16", True
        if b"\0" in head:
            raise wrong_encoding("it is no text file, or UTF-16 without its mark")
        decoder = codecs.getincrementaldecoder("utf-8")()
        chunk = head
        try:
            while chunk:
                decoder.decode(chunk)
                chunk = file.read(1024 * 1024)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252", False
    return "utf-8", True


def guess_delimiter(path: Path, encoding: str) -> str:
    """The delimiter that splits the header into most fields, the same way in the next lines."""
    lines: list[str] = []
    for _, line in _lines(path, encoding):
        lines.append(line)
        if len(lines) == _HEAD_LINES:
            break
    if not lines:
        raise empty()

    def score(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        return (sum(1 for count in counts if count == counts[0]) if counts[0] else 0, counts[0])

    return max(DELIMITERS, key=score)


def records(path: Path, encoding: str, delimiter: str) -> Iterator[CsvRecord | Broken]:
    """All records, the header too. Raises `KnownError` csv_encoding, csv_unreadable."""
    pending: list[tuple[int, str]] = []
    source = _lines(path, encoding)
    while True:
        pending, taken = _take_record(pending, source)
        if not taken:
            return
        line = taken[0][0]
        text = "".join(part for _, part in taken)
        if not text.strip("\r\n"):
            continue
        if len(text) > MAX_LINE_CHARS:
            yield Broken(line, "the row is too long")
            continue
        if text.count('"') % 2:
            yield Broken(line, "a quotation mark is opened and never closed")
            continue
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        except csv.Error:
            yield Broken(line, "a quotation mark stands inside a field")
            continue
        if len(rows) == 1:
            yield CsvRecord(line, tuple(unguarded(field.strip()) for field in rows[0]))
        else:
            yield Broken(line, "a line break stands inside a field without quotation marks")


def size_of(path: Path) -> int:
    """Bytes of the file. Raises `KnownError` csv_unreadable, csv_too_big."""
    try:
        size = path.stat().st_size
    except OSError:
        raise unreadable() from None
    if size > MAX_BYTES:
        raise KnownError(
            "csv_too_big", "The file is larger than 2 GB.", "Split it into smaller files."
        )
    return size


def empty() -> KnownError:
    return KnownError("csv_empty", "The file has no rows.", "Choose a CSV file with a header row.")


def wrong_encoding(why: str) -> KnownError:
    return KnownError(
        "csv_encoding",
        f"The file can't be read with this character encoding: {why}.",
        "Choose another encoding and look at the names in the preview, or save the file as UTF-8.",
    )


def _take_record(
    pending: list[tuple[int, str]], source: Iterator[tuple[int, str]]
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """(lines left over, lines of the next record). With a quote that is never closed only its
    first line is taken, so that the rows after it are not lost with it."""
    taken: list[tuple[int, str]] = []
    quotes = 0
    while len(taken) < MAX_LINES_OF_RECORD:
        line = pending.pop(0) if pending else next(source, None)
        if line is None:
            break
        taken.append(line)
        quotes += line[1].count('"')
        if quotes % 2 == 0:
            return pending, taken
    return taken[1:] + pending, taken[:1]


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Numbered lines. Only CR and LF end a line here, unlike `str.splitlines`."""
    if encoding not in ENCODINGS:
        raise wrong_encoding("this encoding is not known")
    number = 0
    try:
        with opened(path) as raw, io.TextIOWrapper(raw, encoding=encoding, newline=None) as text:
            while line := text.readline(MAX_LINE_CHARS * 2):
                number += 1
                if "\0" in line or any("\x80" <= char <= "\x9f" for char in line):
                    raise wrong_encoding(f"line {number} has characters that no text has")
                yield number, line
    except UnicodeError:
        where = f"at line {number + 1} or soon after it"
        raise wrong_encoding(f"{where} there are bytes that it does not have") from None
    except OSError:
        raise unreadable() from None


def opened(path: Path) -> io.BufferedReader:
    size_of(path)
    try:
        return path.open("rb")
    except OSError:
        raise unreadable() from None


def unreadable() -> KnownError:
    return KnownError(
        "csv_unreadable",
        "The file can't be read.",
        "Check that it is still there, is not open elsewhere, and that you may read it.",
    )
