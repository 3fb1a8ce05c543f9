"""What every `WorkItems` promises: on the fake, and on SQLCipher in a real file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.crm_store import Desk, OpenStore
from tests.support.fake_clock import FakeClock
from tests.support.work_fakes import FakeWorkItems

from ctidesk.calls.errors import KnownError
from ctidesk.care.work import (
    Assigned,
    CallReport,
    Closed,
    Noted,
    Outcome,
    PutOff,
    Tried,
    WorkItem,
    WorkKind,
    WorkState,
)
from ctidesk.crm.work_items import SqlWorkItems

T0 = 1_800_000_000.0
NUMBER = "+493023125010"


@dataclass
class Work:
    port: Any
    ask: Callable[[Callable[[Any], None]], Any]
    clock: FakeClock

    def add(self, *items: WorkItem) -> None:
        assert self.ask(lambda done: self.port.add(items, "Kim", done)) is None

    def act(self, item: WorkItem, step: Any) -> Any:
        return self.ask(lambda done: self.port.act(item.item_id, step, "Kim", done))

    def follow(self, *reports: CallReport) -> None:
        assert self.ask(lambda done: self.port.follow(reports, "Kim", done)) is None

    @property
    def open(self) -> list[WorkItem]:
        return list(self.ask(lambda done: self.port.open_items(100, done)))

    @property
    def closed(self) -> list[WorkItem]:
        return list(self.ask(lambda done: self.port.closed_items(100, done)))


@pytest.fixture(params=["fake", "sqlcipher"])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Work]:
    clock = FakeClock(4.0, wall_offset=T0)
    if request.param == "fake":
        desk = Desk()
        yield Work(FakeWorkItems(clock, desk.deliver), desk.answer, clock)
        return
    opened = OpenStore(tmp_path / "cache.db")
    yield Work(SqlWorkItems(opened.store, clock), opened.desk.answer, clock)
    opened.close()


def missed(call_id: str = "c1", at: float = T0, number: str = NUMBER) -> CallReport:
    return CallReport(what="missed", call_id=call_id, number=number, at_wall=at, title="Jane D.")


def test_items_come_back_due_first_then_oldest(work: Work) -> None:
    work.add(
        WorkItem(title="no date", created_wall=T0),
        WorkItem(title="later", due_wall=T0 + 60),
        WorkItem(title="sooner", due_wall=T0 + 30),
        WorkItem(title="no date, older", created_wall=T0 - 5),
    )
    assert [one.title for one in work.open] == ["sooner", "later", "no date, older", "no date"]
    assert all(one.item_id and one.created_wall for one in work.open)


def test_a_key_makes_an_item_once(work: Work) -> None:
    for _ in range(2):
        work.add(WorkItem(title="call back", key="guide:1"))
    assert len(work.open) == 1
    assert work.act(work.open[0], Closed(outcome=Outcome.DONE)) is None
    work.add(WorkItem(title="call back", key="guide:1"))
    assert work.open == []


def test_a_missed_call_is_there_until_the_caller_was_spoken_to(work: Work) -> None:
    for _ in range(2):
        work.follow(missed())  # the log is told again at each start
    (item,) = work.open
    assert (item.kind, item.number, item.title) == (WorkKind.MISSED, NUMBER, "Jane D.")
    work.follow(
        CallReport(
            what="tried", call_id="d1", number=NUMBER, at_wall=T0 + 60, outcome=Outcome.NO_ANSWER
        )
    )
    (item,) = work.open
    assert [(one.outcome, one.who) for one in item.tries] == [("no_answer", "Kim")]
    assert item.due_wall == T0 + 60 + 3600
    work.follow(missed("c2", T0 + 90))
    (item,) = work.open
    assert [one.outcome for one in item.attempts] == ["no_answer", "rang_again"]
    spoken = CallReport(what="spoken", call_id="c3", number="030 23125010", at_wall=T0 + 120)
    for _ in range(2):
        work.follow(spoken, missed(), missed("c2", T0 + 90))
    assert work.open == []
    (item,) = work.closed
    assert (item.state, item.outcome, item.closed_by) == (WorkState.DONE, "reached", "Kim")
    assert item.closed_wall == T0 + 120


def test_a_call_before_it_was_missed_does_not_close_it(work: Work) -> None:
    early = CallReport(what="spoken", call_id="c0", number=NUMBER, at_wall=T0 - 10)
    work.follow(missed(), early)
    assert len(work.open) == 1
    other = CallReport(what="spoken", call_id="c4", number="+4930999888", at_wall=T0 + 10)
    work.follow(other)
    assert len(work.open) == 1


def test_withheld_numbers_are_never_taken_for_one_another(work: Work) -> None:
    work.follow(missed(number=""), missed("c2", T0 + 1, number=""))
    assert len(work.open) == 2
    work.follow(CallReport(what="spoken", call_id="c3", number="", at_wall=T0 + 9))
    assert len(work.open) == 2


def test_a_callback_stays_open_after_the_call_until_its_outcome_is_said(work: Work) -> None:
    work.add(WorkItem(title="Lab result", kind=WorkKind.CALLBACK, number=NUMBER, created_wall=T0))
    (item,) = work.open
    work.follow(
        CallReport(what="spoken", call_id="d1", number="", at_wall=T0 + 5, item_id=item.item_id)
    )
    (item,) = work.open
    assert [one.outcome for one in item.tries] == ["reached"]
    # it was only the answering machine: the word of the agent replaces what the line said
    assert work.act(item, Tried(outcome="left_message", call_id="d1", next_wall=T0 + 900)) is None
    (item,) = work.open
    assert [one.outcome for one in item.tries] == ["left_message"]
    assert item.due_wall == T0 + 900
    assert work.act(item, Closed(outcome=Outcome.LEFT_MESSAGE)) is None
    assert work.closed[0].state is WorkState.DONE


def test_it_is_given_up_only_after_the_tries_of_the_policy_and_with_a_reason(work: Work) -> None:
    work.add(WorkItem(title="Call back", kind=WorkKind.CALLBACK, number=NUMBER))
    (item,) = work.open
    gave_up = Closed(outcome=Outcome.GAVE_UP, reason="never there")
    refused = work.act(item, gave_up)
    assert isinstance(refused, KnownError)
    assert refused.code == "work_tries"
    for number in range(3):
        assert work.act(item, Tried(outcome=Outcome.NO_ANSWER, call_id=f"d{number}")) is None
    refused = work.act(item, Closed(outcome=Outcome.GAVE_UP))
    assert isinstance(refused, KnownError)
    assert refused.code == "work_reason"
    assert work.act(item, gave_up) is None
    (item,) = work.closed
    assert (item.state, item.reason) == (WorkState.DROPPED, "never there")
    again = work.act(item, Noted(note="x"))
    assert isinstance(again, KnownError)
    assert again.code == "work_closed"


def test_taking_giving_back_and_handing_over(work: Work) -> None:
    work.add(WorkItem(title="Send the form"))
    (item,) = work.open
    work.act(item, Assigned(owner="Kim"))
    assert (work.open[0].state, work.open[0].owner) == (WorkState.TAKEN, "Kim")
    work.act(item, Assigned(owner=""))
    assert (work.open[0].state, work.open[0].owner) == (WorkState.OPEN, "")
    work.act(item, Assigned(owner="Night desk", begun=False))
    assert (work.open[0].state, work.open[0].owner) == (WorkState.OPEN, "Night desk")
    work.act(item, PutOff(due_wall=T0 + 77))
    work.act(item, Noted(note="  the blue one "))
    assert (work.open[0].due_wall, work.open[0].note) == (T0 + 77, "the blue one")


def test_the_next_step_of_a_chain_opens_when_the_one_before_is_done(work: Work) -> None:
    steps = ("Doctor re-authorises", "Insurer", "Supplier")
    work.add(
        *(
            WorkItem(title=title, kind=WorkKind.CHAIN, chain_id="k", step=step, key=f"k:{step}")
            for step, title in enumerate(steps, 1)
        )
    )
    seen = []
    while work.open:
        (item,) = work.open
        seen.append(item.title)
        work.act(item, Closed(outcome=Outcome.DONE))
    assert tuple(seen) == steps


def test_a_dropped_step_drops_the_rest_of_its_chain_where_it_can_be_seen(work: Work) -> None:
    work.add(
        *(
            WorkItem(title=f"{step}", kind=WorkKind.CHAIN, chain_id="k", step=step)
            for step in (1, 2, 3)
        )
    )
    work.act(work.open[0], Closed(outcome=Outcome.DROPPED, reason="the doctor refuses"))
    assert work.open == []
    assert {(one.state, one.reason) for one in work.closed} == {
        (WorkState.DROPPED, "the doctor refuses")
    }
    assert len(work.closed) == 3


def test_what_is_not_there_is_said(work: Work) -> None:
    answer = work.act(WorkItem(title="x", item_id="nobody"), Noted(note="y"))
    assert isinstance(answer, KnownError)
    assert answer.code == "work_gone"
