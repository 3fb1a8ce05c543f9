"""Taking members, or calls with their wrap-ups, out of the desk into a file: what the desk needs.

Runs in: desk process, any thread (frozen values and a port). The rules of `calls.ports` hold:
nothing blocks, `done` and `progress` come on Qt main.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.calls.text import plain

MIN_REASON, MAX_REASON = 8, 200
"""Characters."""


class ExportForm(StrEnum):
    CSV = "csv"
    VCARD_4 = "vcard4"
    VCARD_3 = "vcard3"


class Contents(StrEnum):
    """What a file can hold. Calls stand alone and in CSV only."""

    MEMBERS = "members"
    FACILITIES = "facilities"
    COLLEAGUES = "colleagues"
    CALLS = "calls"


DIRECTORY = (Contents.MEMBERS, Contents.FACILITIES, Contents.COLLEAGUES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """`reason`: why data leave the desk, in the user's words, for the audit trail. `begins`,
    `ends`: days of calls (local time), both included; None: all."""

    path: Path
    contents: tuple[Contents, ...]
    reason: str = field(repr=False)
    form: ExportForm = ExportForm.CSV
    begins: date | None = None
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """`share`: 0..1, by what is left to read."""

    rows: int = 0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class ExportResult:
    """`counts`: people, facilities, colleagues, calls that are in the file; a member counts once.
    `cancelled`: there is no file."""

    file_name: str
    counts: tuple[tuple[Contents, int], ...] = ()
    cancelled: bool = False


class MemberExport(Protocol):
    """One export at a time; look-ups of callers go before it all the while."""

    @property
    def forbidden(self) -> KnownError | None:
        """Why nothing may be exported here, and how that is changed; None where it may."""
        ...

    def start(
        self,
        order: ExportOrder,
        progress: Callable[[ExportProgress], None],
        done: Done[ExportResult],
    ) -> None:
        """Write the file, whole or not at all. Errors: export_forbidden, export_reason,
        export_unwritable, export_order, and the cache's."""
        ...

    def cancel(self) -> None:
        """Stop the running export soon; its `done` comes all the same."""
        ...


def check(order: ExportOrder) -> KnownError | None:
    """What is wrong with an order, None if nothing."""
    if len(plain(order.reason, MAX_REASON)) < MIN_REASON:
        return KnownError(
            "export_reason",
            "An export needs a reason.",
            f"Say in {MIN_REASON} letters or more what the file is for; it is kept in the audit "
            "trail.",
        )
    calls = Contents.CALLS in order.contents
    if not order.contents or (calls and order.contents != (Contents.CALLS,)):
        return KnownError(
            "export_order",
            "Calls and the directory do not go into one file.",
            "Export them one after the other.",
        )
    if calls and order.form is not ExportForm.CSV:
        return KnownError("export_order", "Calls go into a CSV file only.", "Choose CSV.")
    if order.begins and order.ends and order.begins > order.ends:
        return KnownError(
            "export_order", "The period ends before it begins.", "Put the days in their order."
        )
    return None


def summary(result: ExportResult) -> str:
    """One sentence: "120 members and 4 facilities are in the file." """
    if result.cancelled:
        return "Stopped: no file was written."
    parts = [f"{count:,} {words(what, count)}" for what, count in result.counts if count]
    if not parts:
        return "There was nothing to export: the file holds its headings at most."
    said = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    one = sum(count for _, count in result.counts) == 1
    return f"{said} {'is' if one else 'are'} in the file."


def words(what: Contents, count: int) -> str:
    if count != 1:
        return what.value
    return "facility" if what is Contents.FACILITIES else what.value.removesuffix("s")
