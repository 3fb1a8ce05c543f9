"""An import that a test moves on by hand.

Runs in: tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.care.member_import import (
    ImportColumn,
    ImportOrder,
    ImportPreview,
    ImportProgress,
    ImportResult,
)

COLUMNS = (
    ImportColumn("member_id", "Member id", "Member"),
    ImportColumn("given", "Given name", "Member"),
    ImportColumn("family", "Family name", "Member"),
    ImportColumn("birth_date", "Birth date", "Member"),
    ImportColumn("phone", "Telephone number", "Telephone"),
    ImportColumn("facility_id", "Facility id", "Facility"),
    ImportColumn("extension", "Extension", "Colleague"),
)


def a_preview(path: Path = Path("members.csv"), **more: object) -> ImportPreview:
    values: dict[str, object] = {
        "path": path,
        "encoding": "utf-8",
        "encoding_certain": True,
        "delimiter": ";",
        "headings": ("No.", "First name", "Surname", "Colour"),
        "mapping": {"member_id": "No.", "given": "First name", "family": "Surname"},
        "guessed": {"member_id": "No.", "given": "First name", "family": "Surname"},
        "rows": (("M-1", "Jane", "Doe", "blue"), ("M-2", "Tom", "Doe")),
        **more,
    }
    return ImportPreview(**values)  # type: ignore[arg-type]


class FakeMemberImport:
    """Implements `care.member_import.MemberImport`; answers when told."""

    columns = COLUMNS
    needed = ("member_id", "facility_id", "extension")
    encodings = ("utf-8", "cp1252")

    def __init__(self) -> None:
        self.previews: list[tuple[Path, str, str, Done[ImportPreview]]] = []
        self.orders: list[ImportOrder] = []
        self.reports: list[Path] = []
        self.cancelled = 0
        self.forgotten: list[tuple[str, ...]] = []
        self.progress: Callable[[ImportProgress], None]
        self.done: Done[ImportResult]
        self.report_done: Done[None]

    def preview(
        self, path: Path, done: Done[ImportPreview], encoding: str = "", delimiter: str = ""
    ) -> None:
        self.previews.append((path, encoding, delimiter, done))

    def answer_preview(self, outcome: ImportPreview | KnownError, which: int = -1) -> None:
        self.previews[which][3](outcome)

    def start(
        self,
        order: ImportOrder,
        progress: Callable[[ImportProgress], None],
        done: Done[ImportResult],
    ) -> None:
        self.orders.append(order)
        self.progress, self.done = progress, done

    def forget_mapping(self, headings: Sequence[str]) -> None:
        self.forgotten.append(tuple(headings))

    def cancel(self) -> None:
        self.cancelled += 1

    def save_report(self, result: ImportResult, path: Path, done: Done[None]) -> None:
        self.reports.append(path)
        self.report_done = done
