"""The log of each open call, kept in memory until its interaction is stored.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Iterable

from ctidesk.calls import agent_events as ag
from ctidesk.calls import events as ev
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.ports import Interaction
from ctidesk.metrics.interaction import build_interaction
from ctidesk.wrapup.session import WrapUpResult


class OpenCallLog:
    """Subscribes to the desk before any panel does, so that it knows each event first."""

    def __init__(self, desk: CallDesk, agent_name: str) -> None:
        self._agent_name = agent_name
        self._events: dict[str, dict[ag.LogEvent, None]] = {}
        desk.subscribe(self._changed)

    def take_log(self, log: Iterable[ag.LogEvent]) -> None:
        """The whole log, from `recall`."""
        for event in log:
            self._add(event)
        for event in log:
            if isinstance(event, ag.WrapUpSaved):
                self._events.pop(event.call_id, None)

    def interaction_of(self, result: WrapUpResult) -> Interaction:
        """What goes to the CRM. Raises `UnfinishedCall` for a call that the log does not know."""
        call_id = result.draft.call_id
        log = [*self._events.get(call_id, {}), result.event]
        return build_interaction(call_id, log, result.draft, self._agent_name)

    def _changed(self, change: Change) -> None:
        if isinstance(change, ag.WrapUpSaved):
            self._events.pop(change.call_id, None)
        elif isinstance(change, ev.CallEvent | ag.AgentEvent):
            self._add(change)

    def _add(self, event: ag.LogEvent) -> None:
        if isinstance(event, ev.TELEMETRY) or not event.call_id:
            return
        if isinstance(event, ev.RecordingSegmentSealed | ag.AgentStateChanged):
            return
        self._events.setdefault(event.call_id, {})[event] = None
