"""The work of the desk: the items as last read, the one in hand, and calls that are about them.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from ctidesk.calls import agent_events as ag, events as ev, phases
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.call import Call, Direction
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock
from ctidesk.calls.text import plain
from ctidesk.calls.work_events import WorkDialled
from ctidesk.care import work_rules
from ctidesk.care.member import Party
from ctidesk.care.pop import ScreenPop
from ctidesk.care.work import CallReport, NoWork, Outcome, WorkItem, WorkItems, WorkStep
from ctidesk.care.work_rules import WorkPolicy

MOST = 2000
MOST_CLOSED = 200
_BUSY = (486, 600)


@dataclass(frozen=True, slots=True)
class WorkPort:
    """Where work is kept, whose desk it is, and by which rules."""

    items: WorkItems = field(default_factory=NoWork)
    agent: str = ""
    policy: WorkPolicy = field(default_factory=WorkPolicy)


class WorkDesk:
    """Items follow the calls by themselves; what only a person knows comes by `act`. Listeners are
    called after something changed. Refusals are published by the desk."""

    def __init__(
        self, desk: CallDesk, actions: DeskActions, pop: ScreenPop, clock: Clock, port: WorkPort
    ) -> None:
        self._desk, self._actions, self._pop = desk, actions, pop
        self._port = port.items
        self.agent = port.agent
        self.policy = port.policy
        self._clock = clock
        self.items: tuple[WorkItem, ...] = ()
        """Open and taken, due first; missed calls that are not stored yet among them."""
        self.closed: tuple[WorkItem, ...] = ()
        self.in_hand = ""
        """The one that was dialled last, until its outcome is said."""
        self.last_call = ""
        self.loaded = False
        self._stored: tuple[WorkItem, ...] = ()
        self._told: set[str] = set()
        """call_ids of missed calls that the cache has."""
        self._calls: dict[str, Call] = {}
        self._dialled: dict[str, str] = {}
        self._dialling: dict[str, WorkItem] = {}
        self._listeners: list[Callable[[], None]] = []
        desk.subscribe(self._changed)

    def subscribe(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    # ----------------------------------------------------------------- reading

    def restore(self) -> None:
        """Read the lists anew."""

        def got(outcome: Sequence[WorkItem] | KnownError) -> None:
            if isinstance(outcome, KnownError):
                return  # the strip says that the cache is away; missed calls are shown all the same
            self._stored, self.loaded = tuple(outcome), True
            self._tell()

        def closed(outcome: Sequence[WorkItem] | KnownError) -> None:
            if not isinstance(outcome, KnownError):
                self.closed = tuple(outcome)
                self._tell()

        self._port.open_items(MOST, got)
        self._port.closed_items(MOST_CLOSED, closed)

    def take_log(self, log: Iterable[ag.LogEvent]) -> None:
        """The whole log, from `recall`: calls that were missed or made while no desk looked."""
        calls: dict[str, Call] = {}
        for event in log:
            if isinstance(event, WorkDialled):
                self._dialled[event.call_id] = event.item_id
            elif isinstance(event, ev.CallEvent):
                _fold(calls, event)
        reports = [r for call in calls.values() if (r := self._report(call)) is not None]
        self._calls |= {key: call for key, call in calls.items() if not call.ended}
        self._follow(reports)

    def item(self, item_id: str) -> WorkItem | None:
        """By its id, or by the key under which it stood before it was stored."""
        every = (*self.items, *self.closed)
        return next((one for one in every if item_id and item_id in (one.item_id, one.key)), None)

    @property
    def waits_for_outcome(self) -> WorkItem | None:
        """The item whose call is over and whose outcome is not said."""
        item = self.item(self.in_hand) if self.in_hand else None
        if item is None or item.closed or self.last_call in self._calls:
            return None
        return item

    # ----------------------------------------------------------------- intents

    def add(self, item: WorkItem) -> None:
        self._port.add((item,), self.agent, self._done)

    def act(self, item_id: str, step: WorkStep) -> None:
        self._port.act(item_id, step, self.agent, self._done)

    def dial(self, item_id: str) -> bool:
        """Dial the number of an item; False when there is none or it cannot be dialled."""
        item = self.item(item_id)
        if item is None or item.closed or not item.number:
            return False
        call_id = self._actions.dial(item.number)
        if not call_id:
            return False
        self._dialling[call_id] = item
        self.in_hand, self.last_call = _name(item), call_id
        if call_id in self._desk.calls:  # told already
            self._prefill(call_id)
        self._tell()
        return True

    def let_go(self) -> None:
        """The outcome was said, or nobody wants to say it now."""
        self.in_hand = ""
        self._tell()

    # ----------------------------------------------------------------- private

    def _done(self, outcome: KnownError | None) -> None:
        if isinstance(outcome, KnownError):
            self._desk.publish(outcome)
        self.restore()

    def _changed(self, change: Change) -> None:
        if not isinstance(change, ev.CallEvent) or isinstance(change, ev.TELEMETRY):
            return
        _fold(self._calls, change)
        call = self._calls.get(change.call_id)
        if isinstance(change, ev.CallDialled):
            self._prefill(change.call_id)
        if call is None:
            return
        answered = call.answered_mono is not None
        if isinstance(change, ev.CallAnswered) or (call.ended and not answered):
            report = self._report(call)
            if report is not None:
                self._follow([report])
        if call.ended:
            self._calls.pop(call.call_id, None)
            if call.call_id == self.last_call and not answered:
                self.in_hand = ""  # nobody was there: that is noted already
            self._tell()

    def _prefill(self, call_id: str) -> None:
        """Whom the item is about: the card of a call that was dialled for it."""
        item = self._dialling.pop(call_id, None)
        if item is None:
            return
        if item.item_id:
            self._dialled[call_id] = item.item_id
            now = {"t_mono": self._clock.mono(), "t_wall": self._clock.wall()}
            self._desk.note(WorkDialled(call_id=call_id, item_id=item.item_id, **now))
        if item.member_id:
            self._actions.set_party(call_id, Party.MEMBER, "agent")
            self._pop.open_member(call_id, item.member_id)

    def _report(self, call: Call) -> CallReport | None:
        if call.consult_of:
            return None
        report = CallReport(
            what="spoken",
            call_id=call.call_id,
            number="" if call.remote.withheld else call.remote.number,
            at_wall=call.began_wall,
            title=plain(call.remote.display_name),
            item_id=self._dialled.get(call.call_id, ""),
        )
        if call.answered_mono is not None:
            answered = call.began_wall + (call.answered_mono - call.began_mono)
            return replace(report, at_wall=answered)
        if not call.ended:
            return None
        if call.direction is Direction.OUTBOUND:
            outcome = Outcome.BUSY if call.end_code in _BUSY else Outcome.NO_ANSWER
            return replace(report, what="tried", outcome=outcome)
        return replace(report, what="missed") if call.ended_by != "local" else None

    def _follow(self, reports: Sequence[CallReport]) -> None:
        if not reports:
            return

        def done(outcome: KnownError | None) -> None:
            if outcome is None:
                self._told |= {one.call_id for one in reports if one.what == "missed"}
            self.restore()

        self._port.follow(reports, self.agent, done)
        self._tell()

    def _tell(self) -> None:
        keys = {one.key for one in self._stored}
        waiting = [
            replace(work_rules.new_missed(self._missed(one.call), self.policy), key=key)
            for one in self._desk.missed
            if one.call.call_id not in self._told
            and not one.called_back
            and (key := work_rules.missed_key(one.call.call_id)) not in keys
        ]
        self.items = tuple(work_rules.due_first((*self._stored, *waiting)))
        for listener in list(self._listeners):
            listener()

    def _missed(self, call: Call) -> CallReport:
        report = self._report(call)
        assert report is not None
        return report


def _fold(calls: dict[str, Call], event: ev.CallEvent) -> None:
    if isinstance(event, ev.CallOffered | ev.CallDialled):
        calls.setdefault(event.call_id, phases.begin(event))
    elif event.call_id in calls:
        try:
            calls[event.call_id] = phases.apply(calls[event.call_id], event)
        except phases.ImpossibleEvent:
            return  # a duplicate after a re-attach


def _name(item: WorkItem) -> str:
    """How the screen names it: one that is not stored has its key alone."""
    return item.item_id or item.key
