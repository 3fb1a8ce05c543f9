"""The log of each open call, kept in memory until its interaction is stored.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Iterable

from ctidesk.calls import agent_events as ag, events as ev
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.ports import Interaction
from ctidesk.metrics.interaction import build_interaction
from ctidesk.wrapup.session import WrapUpResult


class OpenCallLog:
    """Subscribes to the desk before any panel does, so that it knows each event first."""

    def __init__(self, desk: CallDesk, agent_name: str) -> None:
        self._agent_name = agent_name
        self._events: dict[str, dict[ag.LogEvent, None]] = {}
        self._consults: dict[str, list[str]] = {}
        """call_id → its consultations; theirs are kept as long as the call's own."""
        desk.subscribe(self._changed)

    def take_log(self, log: Iterable[ag.LogEvent]) -> None:
        """The whole log, from `recall`."""
        for event in log:
            self._add(event)
        for event in log:
            if isinstance(event, ag.WrapUpSaved):
                self._forget(event.call_id)

    def interaction_of(self, result: WrapUpResult) -> Interaction:
        """What goes to the CRM. Raises `UnfinishedCall` for a call that the log does not know."""
        call_id = result.draft.call_id
        legs = (call_id, *self._consults.get(call_id, ()))
        log = [*(event for leg in legs for event in self._events.get(leg, {})), result.event]
        return build_interaction(call_id, log, result.draft, self._agent_name)

    def _changed(self, change: Change) -> None:
        if isinstance(change, ag.WrapUpSaved):
            self._forget(change.call_id)
        elif isinstance(change, ev.CallEvent | ag.AgentEvent):
            self._add(change)

    def _add(self, event: ag.LogEvent) -> None:
        if isinstance(event, ev.TELEMETRY) or not event.call_id:
            return
        if isinstance(event, ev.RecordingSegmentSealed | ag.AgentStateChanged):
            return
        if isinstance(event, ev.CallDialled) and event.consult_of:
            self._consults.setdefault(event.consult_of, []).append(event.call_id)
        self._events.setdefault(event.call_id, {})[event] = None

    def _forget(self, call_id: str) -> None:
        for leg in (call_id, *self._consults.pop(call_id, ())):
            self._events.pop(leg, None)
