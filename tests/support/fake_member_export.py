"""An export that a test moves on by hand.

Runs in: tests.
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.care.member_export import ExportOrder, ExportProgress, ExportResult


class FakeMemberExport:
    """Implements `care.member_export.MemberExport`; answers when told."""

    def __init__(self, forbidden: KnownError | None = None) -> None:
        self.forbidden = forbidden
        self.orders: list[ExportOrder] = []
        self.cancelled = 0
        self.progress: Callable[[ExportProgress], None]
        self.done: Done[ExportResult]

    def start(
        self,
        order: ExportOrder,
        progress: Callable[[ExportProgress], None],
        done: Done[ExportResult],
    ) -> None:
        self.orders.append(order)
        self.progress, self.done = progress, done

    def cancel(self) -> None:
        self.cancelled += 1
