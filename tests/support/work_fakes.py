"""Work in memory, by the rules of the real one.

Runs in: tests.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.support.crm_fakes import Deliver, at_once

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock, Done
from ctidesk.care import work_rules
from ctidesk.care.work import CallReport, Outcome, WorkItem, WorkState, WorkStep
from ctidesk.care.work_rules import WorkPolicy


@dataclass
class FakeWorkItems:
    """`problem`: what every write answers while it is set; `away`: reading and writing fail."""

    clock: Clock
    deliver: Deliver = at_once
    policy: WorkPolicy = field(default_factory=WorkPolicy)
    items: dict[str, WorkItem] = field(default_factory=dict)
    problem: KnownError | None = None

    def open_items(self, limit: int, done: Done[Sequence[WorkItem]]) -> None:
        found = work_rules.due_first(i for i in self.items.values() if work_rules.is_open(i))
        self._answer(done, found[:limit])

    def closed_items(self, limit: int, done: Done[Sequence[WorkItem]]) -> None:
        closed = [item for item in self.items.values() if item.closed]
        found = sorted(closed, key=lambda item: item.closed_wall or 0.0, reverse=True)
        self._answer(done, found[:limit])

    def add(self, items: Sequence[WorkItem], who: str, done: Done[None]) -> None:
        def work() -> None:
            for item in items:
                self._add(item)

        self._do(work, done)

    def act(self, item_id: str, step: WorkStep, who: str, done: Done[None]) -> None:
        def work() -> None:
            if item_id not in self.items:
                raise KnownError("work_gone", "This is not on the list any more.", "Look again.")
            before = self.items[item_id]
            after = work_rules.apply(before, step, who, self.clock.wall(), self.policy)
            self._put(after)

        self._do(work, done)

    def follow(self, reports: Sequence[CallReport], who: str, done: Done[None]) -> None:
        def work() -> None:
            for report in sorted(reports, key=lambda one: one.at_wall):
                if report.what == "missed" and self._knows(report.call_id):
                    continue
                changed = False
                for item in list(self.items.values()):
                    after = work_rules.heard(item, report, who, self.policy)
                    if after is not None:
                        self._put(after)
                        changed = True
                if report.what == "missed" and not changed:
                    self._add(work_rules.new_missed(report, self.policy))

        self._do(work, done)

    # ----------------------------------------------------------------- private

    def _do(self, work: Callable[[], None], done: Done[None]) -> None:
        kept = dict(self.items)
        answer = self.problem
        if answer is None:
            try:
                work()
            except KnownError as error:
                answer, self.items = error, kept
        self._answer(done, answer)

    def _answer(self, done: Done[Any], answer: object) -> None:
        self.deliver(lambda: done(answer))

    def _add(self, item: WorkItem) -> None:
        if item.key and any(one.key == item.key for one in self.items.values()):
            return
        made = replace(
            item,
            item_id=uuid.uuid4().hex,
            created_wall=item.created_wall or self.clock.wall(),
            title=item.title.strip(),
        )
        before = [one for one in self._chain(made) if one.step < made.step and not one.closed]
        if made.chain_id and before and made.state is WorkState.OPEN:
            made = replace(made, state=WorkState.WAITING)
        self.items[made.item_id] = made

    def _put(self, item: WorkItem) -> None:
        self.items[item.item_id] = item
        if item.closed and item.chain_id:
            for later in work_rules.next_states(item, self._chain(item)):
                self.items[later.item_id] = later

    def _chain(self, item: WorkItem) -> list[WorkItem]:
        return [one for one in self.items.values() if one.chain_id == item.chain_id]

    def _knows(self, call_id: str) -> bool:
        return any(
            item.key == work_rules.missed_key(call_id)
            or any(
                one.call_id == call_id and one.outcome == Outcome.RANG_AGAIN
                for one in item.attempts
            )
            for item in self.items.values()
        )
