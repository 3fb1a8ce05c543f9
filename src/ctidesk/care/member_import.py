"""Taking members from a file into the directory, as the desk needs it.

Runs in: desk process, any thread (frozen values and a port). The rules of `calls.ports` hold:
nothing blocks, `done` and `progress` come on Qt main.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ctidesk.calls.ports import Done


@dataclass(frozen=True, slots=True)
class ImportColumn:
    """Something that a directory entry can have. `title` is what people read."""

    name: str
    title: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPreview:
    """What was understood of a file; nothing was taken from it yet.

    `mapping`: column name → heading of the file, as guessed. `rows`: the first ones, as they
    stand (members' data: for the screen only). `encoding_certain` False: look at the names.
    """

    path: Path
    encoding: str
    encoding_certain: bool
    delimiter: str
    headings: tuple[str, ...]
    mapping: Mapping[str, str]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """What the user agreed to. `mapping`: column name → heading of the file."""

    path: Path
    encoding: str
    delimiter: str
    mapping: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was left out. `line`: 1 is the header. `column`: the file's heading, "" when the
    whole row is broken. Nothing of what stood in the row."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """How far an import came. `read_bytes` of `total_bytes` for a progress bar."""

    rows_read: int = 0
    rows_rejected: int = 0
    read_bytes: int = 0
    total_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did. People, facilities and colleagues count once each, however many rows
    speak of them. `rejected` may be cut: `rows_rejected` counts all."""

    file_name: str
    rows_read: int = 0
    rows_rejected: int = 0
    added: int = 0
    updated: int = 0
    rejected: tuple[RejectedRow, ...] = ()
    cancelled: bool = False


class MemberImport(Protocol):
    """One import at a time; look-ups of callers go before it all the while."""

    @property
    def columns(self) -> Sequence[ImportColumn]:
        """Everything that a column of a file can stand for."""
        ...

    @property
    def needed(self) -> Sequence[str]:
        """Names of columns of which a file must have at least one."""
        ...

    @property
    def encodings(self) -> Sequence[str]: ...

    def preview(
        self, path: Path, done: Done[ImportPreview], encoding: str = "", delimiter: str = ""
    ) -> None:
        """Look at the head of the file; what is not given is guessed. Errors: csv_encoding,
        csv_unreadable, csv_empty, csv_header, csv_too_big."""
        ...

    def start(
        self,
        order: ImportOrder,
        progress: Callable[[ImportProgress], None],
        done: Done[ImportResult],
    ) -> None:
        """Import. After an error or `cancel` the rows before it stay."""
        ...

    def cancel(self) -> None:
        """Stop the running import soon; its `done` comes all the same."""
        ...

    def save_report(self, result: ImportResult, path: Path, done: Done[None]) -> None:
        """Write the rejected rows to a CSV file: line, column, reason. Error: report_unwritable."""
        ...


def summary(result: ImportResult) -> str:
    """One sentence: "120 new, 3 updated, 2 rows rejected." """
    counts = f"{result.added:,} new, {result.updated:,} updated, {_rows(result.rows_rejected)}"
    return f"Stopped: {counts} so far." if result.cancelled else f"{counts}."


def _rows(rejected: int) -> str:
    return f"{rejected:,} {'row' if rejected == 1 else 'rows'} rejected"
