"""Orders that are only written down, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.care.orders import CareOrder, Placing
from ctidesk.care.work import WorkItem


@dataclass
class FakeCareOrders:
    """`problem`: why nothing can be placed."""

    placed: list[Placing] = field(default_factory=list)
    problem: KnownError | None = None

    def place(self, placing: Placing, who: str, done: Done[Sequence[WorkItem]]) -> None:
        if self.problem is not None:
            done(self.problem)
            return
        if all(one.key != placing.key for one in self.placed):
            self.placed.append(placing)
        done(())

    @property
    def orders(self) -> tuple[CareOrder, ...]:
        return tuple(order for placing in self.placed for order in placing.orders)
