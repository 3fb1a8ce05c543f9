"""The rows of a file that is imported, whatever its form: looked at first, then read to the end.

Runs in: desk process, any thread; commands. Pure but for reading the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.crm import csv_text, vcard_rows
from ctidesk.crm.csv_columns import guess_mapping
from ctidesk.crm.csv_rows import BadCell
from ctidesk.crm.csv_text import Broken, CsvRecord
from ctidesk.crm.import_plan import CSV, VCARD, ImportPlan, Preview
from ctidesk.crm.vcard_text import is_vcard

PREVIEW_ROWS = 20
REQUIRED = ("member_id", "facility_id", "extension")
"""A file must have at least one of these columns."""


def preview(path: Path, encoding: str = "", delimiter: str = "") -> Preview:
    """The head of the file with guesses for all that is not given. Reads the file (not on Qt
    main). Raises `KnownError` csv_encoding, csv_unreadable, csv_empty, csv_header, csv_too_big."""
    form = VCARD if is_vcard(path) else CSV
    certain = True
    if not encoding:
        encoding, certain = csv_text.guess_encoding(path)
    if form == CSV:
        delimiter = delimiter or csv_text.guess_delimiter(path, encoding)
    found = _records(path, form, encoding, delimiter)
    header = _header(found)
    mapping = vcard_rows.guess_mapping() if form == VCARD else guess_mapping(header)
    used = set(mapping.values())
    rows = (each.fields for each in found if isinstance(each, CsvRecord))
    return Preview(
        path=path,
        form=form,
        encoding=encoding,
        encoding_certain=certain,
        delimiter=delimiter if form == CSV else "",
        header=header,
        mapping=mapping,
        ignored=tuple(heading for heading in header if heading not in used),
        rows=tuple(islice(rows, PREVIEW_ROWS)),
    )


class RowsOfFile:
    """The rows of a plan's file, one after the other, and their cells by column. Raises
    `KnownError` csv_…, also while it is read."""

    def __init__(self, plan: ImportPlan) -> None:
        self.total_bytes = csv_text.size_of(plan.path)
        self._rows = _records(plan.path, plan.form, plan.encoding, plan.delimiter)
        header = _header(self._rows)
        places = {heading: place for place, heading in reversed(list(enumerate(header)))}
        self._places = {c: places[h] for c, h in plan.mapping.items() if h in places}
        if not any(column in self._places for column in REQUIRED):
            raise _no_header()
        self._width = len(header)
        self.at_end = False

    def take(self, most: int) -> list[CsvRecord | Broken]:
        """The next ones; fewer than `most` are the last."""
        found = list(islice(self._rows, most))
        self.at_end = len(found) < most
        return found

    def cells(self, row: CsvRecord) -> dict[str, str]:
        """Raises `BadCell`."""
        if len(row.fields) > self._width:
            raise BadCell("", f"{len(row.fields)} fields, but the header has {self._width}")
        return {
            column: row.fields[place]
            for column, place in self._places.items()
            if place < len(row.fields)
        }


def _records(path: Path, form: str, encoding: str, delimiter: str) -> Iterator[CsvRecord | Broken]:
    if form == VCARD:
        return vcard_rows.records(path, encoding)
    return csv_text.records(path, encoding, delimiter)


def _header(found: Iterator[CsvRecord | Broken]) -> tuple[str, ...]:
    first = next(found, None)
    if first is None:
        raise csv_text.empty()
    if isinstance(first, Broken) or not any(first.fields):
        raise _no_header()
    return first.fields


def _no_header() -> KnownError:
    return KnownError(
        "csv_header",
        "The first row of the file has no heading that says who a row is about.",
        "The first row must hold headings, and one of them must stand for the member's id "
        "(or a facility's id, or a colleague's extension).",
    )
