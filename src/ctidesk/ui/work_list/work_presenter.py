"""Work that outlives a call on the screen: filter, search, the chosen item, the outcome of a call.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time as clock_time, timedelta

from ctidesk.calls.errors import KnownError
from ctidesk.calls.numbers import same_line
from ctidesk.calls.ports import Clock
from ctidesk.care import work_rules
from ctidesk.care.day_words import local_day
from ctidesk.care.work import (
    Assigned,
    Closed,
    Noted,
    Outcome,
    PutOff,
    Tried,
    WorkItem,
    WorkKind,
)
from ctidesk.care.work_desk import WorkDesk
from ctidesk.ui import words
from ctidesk.ui.live import Live
from ctidesk.ui.work_list import wording
from ctidesk.ui.work_list.state import OutcomeChoice, WorkDetail, WorkLine, WorkPrompt, WorkState

MINE, ALL, CLOSED = "mine", "all", "closed"
FILTERS = (MINE, ALL, CLOSED)
AGAIN = "again"
MOST_LINES = 300
"""More are found by the search; nobody scrolls through them."""
DAY_BEGINS = clock_time(9, 0)


@dataclass(frozen=True, slots=True)
class WorkWords:
    """How numbers and times are written, and how a number that was typed is dialled."""

    shown: words.Shown
    time_of_day: wording.TimeOfDay
    dialable: Callable[[str], str]


class WorkPresenter:
    """Renders the `WorkDesk`; remembers only what the agent looks at."""

    def __init__(self, work: WorkDesk, clock: Clock, how: WorkWords) -> None:
        self._work, self._clock, self._how = work, clock, how
        self._filter, self._text, self._chosen = ALL, "", ""
        self._lines: dict[tuple[WorkItem, int], WorkLine] = {}
        self.live = Live(self._state)
        work.subscribe(self.live.refresh)

    # ----------------------------------------------------------------- intents

    def choose_filter(self, name: str) -> None:
        self._filter = name
        self.live.refresh()

    def next_filter(self) -> None:
        self.choose_filter(FILTERS[(FILTERS.index(self._filter) + 1) % len(FILTERS)])

    def search(self, text: str) -> None:
        self._text = text
        self.live.refresh()

    def choose(self, key: str) -> None:
        """Look at this item. A list that is filled anew has no current line for a moment: that
        changes nothing."""
        if key and key != self._chosen:
            self._chosen = key
            self.live.refresh()

    def tick(self) -> None:
        """Once a minute: what is due becomes overdue."""
        self.live.refresh()

    def dial(self, key: str = "") -> None:
        self._work.dial(key or self._chosen)

    def take(self, key: str = "") -> None:
        self._act(key, Assigned(owner=self._work.agent))

    def give_back(self, key: str = "") -> None:
        self._act(key, Assigned(owner=""))

    def hand_over(self, owner: str, key: str = "") -> None:
        if owner.strip():
            self._act(key, Assigned(owner=owner, begun=False))

    def note(self, text: str, key: str = "") -> None:
        item = self._work.item(key or self._chosen)
        if item is not None and text.strip() != item.note:
            self._act(key, Noted(note=text))

    def put_off(self, due_wall: float, key: str = "") -> None:
        self._act(key, PutOff(due_wall=due_wall))

    def close(self, outcome: str, reason: str = "", key: str = "") -> None:
        """`outcome`: the key of a choice; "again": it is tried again later."""
        name = key or self._chosen
        call_id = self._work.last_call if name == self._work.in_hand else ""
        if outcome == AGAIN:
            at = self._clock.wall() + self._work.policy.retry_s
            self._act(name, Tried(outcome=Outcome.NO_ANSWER, call_id=call_id, next_wall=at))
        else:
            self._act(name, Closed(outcome=Outcome(outcome), reason=reason, call_id=call_id))
        if name == self._work.in_hand:
            self._work.let_go()

    def say_outcome(self, place: int) -> None:
        """The answer to the prompt, by its place."""
        prompt = self.live.state.prompt
        if prompt is not None and place < len(prompt.choices):
            self.close(prompt.choices[place].key, key=prompt.key)

    def not_now(self) -> None:
        """The outcome is said later: the item stays on the list."""
        self._work.let_go()

    def add_callback(self, title: str, number: str, due_wall: float | None) -> KnownError | None:
        """By hand; what is wrong with it, None when it is on the list."""
        if number.strip():
            try:
                number = self._how.dialable(number)
            except KnownError as error:
                return error
        if not title.strip() and not number.strip():
            return KnownError(
                "work_empty", "There is nothing to remember yet.", "Type a number or what to do."
            )
        kind = WorkKind.CALLBACK if number.strip() else WorkKind.TASK
        name = title.strip() or "Call back"
        self._work.add(WorkItem(title=name, kind=kind, number=number.strip(), due_wall=due_wall))
        return None

    @property
    def later(self) -> tuple[tuple[float, str], ...]:
        """When work may be due: in an hour, this afternoon, tomorrow, in a week."""
        return later(self._clock.wall(), self._how.time_of_day)

    # ----------------------------------------------------------------- private

    def _act(self, key: str, step: Assigned | Closed | Noted | PutOff | Tried) -> None:
        item = self._work.item(key or self._chosen)
        if item is not None and item.item_id:
            self._work.act(item.item_id, step)

    def _state(self) -> WorkState:
        now = self._clock.wall()
        found = self._found()
        shown = tuple(self._line(item, now) for item in found[:MOST_LINES])
        due, overdue = counts(self._work.items, now)
        return WorkState(
            lines=shown,
            filter=self._filter,
            text=self._text,
            summary=summary(len(self._work.items), due, overdue),
            due=due,
            overdue=overdue,
            empty=self._empty(),
            prompt=self._prompt(),
            detail=self._detail(now),
        )

    def _found(self) -> list[WorkItem]:
        items: Iterable[WorkItem] = self._work.items
        if self._filter == CLOSED:
            items = self._work.closed
        elif self._filter == MINE:
            items = [one for one in items if one.owner == self._work.agent]
        wanted = self._text.casefold().split()
        if not wanted:
            return list(items)
        return [one for one in items if self._matches(one, wanted)]

    def _matches(self, item: WorkItem, wanted: list[str]) -> bool:
        parts = (item.title, item.member, item.member_id, item.owner, item.note)
        text = " ".join((*parts, wording.KIND_WORDS[item.kind])).casefold()
        return all(
            word in text or (item.number and same_line(word, item.number)) for word in wanted
        )

    def _line(self, item: WorkItem, now: float) -> WorkLine:
        """Worded once a minute: of a thousand items few change."""
        key = item, int(now // 60)
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) > 4 * MOST_LINES:
                self._lines.clear()
            line = self._lines[key] = self._worded(item, now)
        return line

    def _worded(self, item: WorkItem, now: float) -> WorkLine:
        how = self._how
        why_not = "" if item.number else "No number"
        if item.kind is WorkKind.MISSED and not item.number:
            why_not = "The number was withheld."
        if item.closed:
            note = wording.ended(item, how.time_of_day, now)
        else:
            parts = (
                wording.tries(item, how.time_of_day, now),
                wording.owner(item, self._work.agent),
            )
            note = " · ".join(part for part in parts if part)
            hint = "Enter: call" if item.number else why_not if item.is_call else "Not begun"
            note = note or hint
        overdue = work_rules.overdue(item, now)
        return WorkLine(
            key=item.item_id or item.key,
            title=wording.title(item, how.shown),
            detail=wording.detail(item, how.shown, now),
            due="" if item.closed else wording.due(item, how.time_of_day, now),
            note=note,
            icon="check" if item.closed else wording.KIND_ICONS[item.kind],
            overdue=overdue,
            why_not=why_not,
            closed=item.closed,
        )

    def _prompt(self) -> WorkPrompt | None:
        item = self._work.waits_for_outcome
        if item is None or not item.item_id:
            return None
        title = wording.title(item, self._how.shown)
        return WorkPrompt(item.item_id, title, (*_endings(item, prompt=True), _again(self._work)))

    def _detail(self, now: float) -> WorkDetail | None:
        item = self._work.item(self._chosen)
        if item is None:
            return None
        how, agent = self._how, self._work.agent
        due = wording.due(item, how.time_of_day, now)
        lines = (
            wording.detail(item, how.shown, now),
            " · ".join(part for part in (wording.number(item, how.shown), item.member_id) if part),
            due if not item.closed else wording.ended(item, how.time_of_day, now),
            wording.owner(item, agent).capitalize(),
        )
        log = tuple(
            " · ".join(
                part
                for part in (
                    wording.moment(one.at_wall, how.time_of_day, now),
                    wording.outcome(one),
                    one.who,
                )
                if part
            )
            for one in item.attempts
        )
        stored = bool(item.item_id) and not item.closed
        return WorkDetail(
            key=item.item_id or item.key,
            title=wording.title(item, how.shown),
            lines=tuple(line for line in lines if line),
            log=log,
            note=item.note,
            can_dial=bool(item.number) and not item.closed,
            can_take=stored and item.owner != agent,
            can_give_back=stored and bool(item.owner),
            stored=stored,
            choices=_endings(item) if stored else (),
            later=self.later if stored else (),
        )

    def _empty(self) -> tuple[str, str]:
        if self._text:
            return "Nothing found", "Try a name, a number, or another filter."
        if self._filter == CLOSED:
            return "Nothing closed yet", "What is done stays here with its outcome."
        if self._filter == MINE:
            return "Nothing of yours", "Take something from All, or wait for a call."
        return "Nothing to do", "Missed calls, callbacks and tasks come here by themselves."


def counts(items: Iterable[WorkItem], now: float) -> tuple[int, int]:
    """(due by the end of this day and not overdue, overdue)."""
    tomorrow = datetime.combine(local_day(now) + timedelta(days=1), clock_time()).timestamp()
    dates = [one.due_wall for one in items if one.due_wall is not None]
    late = sum(date < now for date in dates)
    return sum(date < tomorrow for date in dates) - late, late


def summary(open_items: int, due: int, overdue: int) -> str:
    """ "3 due, 1 overdue"; "" when nothing is open."""
    parts = [f"{due} due"] if due else []
    parts += [f"{overdue} overdue"] if overdue else []
    if parts or not open_items:
        return ", ".join(parts)
    return f"{open_items} open"


def later(now: float, time_of_day: wording.TimeOfDay) -> tuple[tuple[float, str], ...]:
    at = datetime.fromtimestamp(now)
    morning = datetime.combine(at.date() + timedelta(days=1), DAY_BEGINS)
    week = datetime.combine(at.date() + timedelta(days=7), DAY_BEGINS)
    moments = (now + 3600, now + 3 * 3600, morning.timestamp(), week.timestamp())
    labels = ("In 1 hour", "In 3 hours", "Tomorrow", "In a week")
    return tuple(
        (moment, f"{label}, {time_of_day(moment)}")
        for moment, label in zip(moments, labels, strict=True)
    )


def _endings(item: WorkItem, prompt: bool = False) -> tuple[OutcomeChoice, ...]:
    """`prompt`: only those that need no reason."""
    return tuple(
        OutcomeChoice(outcome, wording.CLOSE_WORDS[outcome])
        for outcome in work_rules.outcomes_of(item)
        if not (prompt and outcome in (Outcome.GAVE_UP, Outcome.DROPPED))
    )


def _again(work: WorkDesk) -> OutcomeChoice:
    minutes = round(work.policy.retry_s / 60)
    when = f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
    return OutcomeChoice(AGAIN, f"Try again in {when}")
