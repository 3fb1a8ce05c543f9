"""How events flow between engine, desk and log, and how a new desk takes up an earlier one's work.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from ctidesk.calls import events as ev
from ctidesk.calls.agent import Rest
from ctidesk.calls.agent_events import AgentState, LogEvent
from ctidesk.calls.desk import CallDesk
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import CallJournal, Clock
from ctidesk.calls.recall import recall
from ctidesk.sip.protocol import Snapshot
from ctidesk.sip.supervisor import EngineSupervisor

log = logging.getLogger(__name__)

RECALLED_S = 16 * 3600.0
"""How far back a new desk looks in the log: longer than any shift."""


class Plumbing:
    """Connects `supervisor`, `desk` and `journal`.

    An event is acknowledged to the engine only when the log has it, so that none is lost with a
    desk. `on_recalled(log)` comes once, after the earlier desk's work was taken up.
    """

    def __init__(
        self,
        supervisor: EngineSupervisor,
        desk: CallDesk,
        journal: CallJournal,
        clock: Clock,
        on_recalled: Callable[[Sequence[LogEvent]], None],
    ) -> None:
        self._supervisor = supervisor
        self._desk = desk
        self._journal = journal
        self._clock = clock
        self._on_recalled = on_recalled
        self._stored_log: Sequence[LogEvent] | None = None
        self._engine_seen = False
        self._recalled = False
        supervisor.on_event = self._event
        supervisor.on_missed = self._missed
        supervisor.on_snapshot = self._snapshot
        supervisor.on_refused = lambda _command, why: desk.publish(why)
        self._attached_seq = 0

    def load_log(self) -> None:
        """Ask the journal for what earlier desks left. Call again when the cache opened late."""
        if not self._recalled:
            self._journal.load_since(self._clock.wall() - RECALLED_S, self._log_loaded)

    def go_without_log(self) -> None:
        """The cache is not there: calls work all the same. A log that comes later is taken up."""
        if self._desk.agent.rest.state is AgentState.LOGGED_OUT:
            self._log_in()

    # ----------------------------------------------------------------- private

    def _event(self, event: ev.DeskEvent, seq: int) -> None:
        if seq:
            self._desk.handle(event, lambda outcome: self._stored(outcome, seq))
        else:
            self._desk.handle(event)
        if isinstance(event, ev.EngineLost):
            self._engine_seen = True  # nothing is live then
            self._recall()

    def _missed(self, events: Sequence[ev.EngineEvent]) -> None:
        for event in events[:-1]:
            self._desk.handle(event)
        if events:
            self._desk.handle(events[-1], lambda outcome: self._stored(outcome, self._attached_seq))

    def _snapshot(self, snapshot: Snapshot) -> None:
        self._attached_seq = snapshot.seq
        self._desk.attach(snapshot.calls, snapshot.registrations, snapshot.sound)
        self._engine_seen = True
        self._recall()

    def _stored(self, outcome: KnownError | None, seq: int) -> None:
        if outcome is None:
            self._supervisor.acknowledge(seq)
        else:
            # the engine keeps it, and a later desk asks again
            log.warning("an event could not be stored: %s", outcome.code)

    def _log_loaded(self, outcome: Sequence[LogEvent] | KnownError) -> None:
        if isinstance(outcome, KnownError):
            log.warning("the log could not be loaded: %s", outcome.code)
            return
        self._stored_log = outcome
        self._recall()

    def _recall(self) -> None:
        if self._recalled or self._stored_log is None or not self._engine_seen:
            return
        self._recalled = True
        whole = recall(self._desk, self._stored_log, self._clock)
        self._stored_log = None
        if self._desk.agent.rest.state is AgentState.LOGGED_OUT:
            self._log_in()
        self._on_recalled(whole)

    def _log_in(self) -> None:
        """A desk that starts is not ready until its agent says so."""
        change = self._desk.agent.choose(Rest(AgentState.NOT_READY, "Signed in"))
        if change is not None:
            self._desk.note(change)
