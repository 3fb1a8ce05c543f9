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

    `form`: "csv" or "vcard". `guessed`: column name → heading of the file; `mapping`: the same as
    guessed, or, with `kept`, as it was agreed to for the last file with these headings. `rows`:
    the first ones, as they stand (members' data: for the screen only). `encoding_certain` False:
    look at the names.
    """

    path: Path
    encoding: str
    encoding_certain: bool
    delimiter: str
    headings: tuple[str, ...]
    mapping: Mapping[str, str]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    form: str = "csv"
    guessed: Mapping[str, str] = field(default_factory=dict)
    kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """What the user agreed to. `mapping`: column name → heading of the file; it is kept for the
    next file with these `headings`. `dry_run`: say what would come of it, write nothing."""

    path: Path
    encoding: str
    delimiter: str
    mapping: Mapping[str, str]
    form: str = "csv"
    headings: tuple[str, ...] = ()
    dry_run: bool = False


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
    """What an import did, or a dry run would. People, facilities and colleagues count once each,
    however many rows speak of them. `rejected` may be cut: `rows_rejected` counts all."""

    file_name: str
    rows_read: int = 0
    rows_rejected: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: tuple[RejectedRow, ...] = ()
    cancelled: bool = False
    dry_run: bool = False


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

    def forget_mapping(self, headings: Sequence[str]) -> None:
        """Guess again at the next file with these headings."""
        ...

    def cancel(self) -> None:
        """Stop the running import soon; its `done` comes all the same."""
        ...

    def save_report(self, result: ImportResult, path: Path, done: Done[None]) -> None:
        """Write the rejected rows to a CSV file: line, column, reason. Error: report_unwritable."""
        ...


def summary(result: ImportResult) -> str:
    """One sentence: "120 new, 3 changed, 40 unchanged, 2 rows rejected." """
    counts = (
        f"{result.added:,} new, {result.changed:,} changed, {result.unchanged:,} unchanged, "
        f"{_rows(result.rows_rejected)}"
    )
    if result.cancelled:
        return f"Stopped: {counts} so far."
    return f"Dry run, nothing was written: {counts}." if result.dry_run else f"{counts}."


def _rows(rejected: int) -> str:
    return f"{rejected:,} {'row' if rejected == 1 else 'rows'} rejected"
