"""How the lines of the last calls were, from the event log.

Runs in: desk process, Qt main thread. Pure. Nothing about people: a call is told apart by the time
when it began.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ctidesk.calls import events as ev
from ctidesk.calls.agent_events import LogEvent
from ctidesk.calls.line_quality import LineRecord

KEPT = 10


@dataclass(frozen=True, slots=True)
class CallLine:
    """`queue` "" for a call without one; `consult`: to a colleague, about another call."""

    began_wall: float
    inbound: bool
    queue: str
    consult: bool
    record: LineRecord


class RecentLines:
    """The last `KEPT` measured calls. `add` takes every event of the log, also twice."""

    def __init__(self) -> None:
        self._begun: dict[str, ev.CallOffered | ev.CallDialled] = {}
        self._lines: dict[str, CallLine] = {}

    def add(self, event: object) -> None:
        if isinstance(event, ev.CallOffered | ev.CallDialled):
            self._begun[event.call_id] = event
        elif isinstance(event, ev.CallEnded):
            self._ended(event)

    def take_log(self, log: Iterable[LogEvent]) -> None:
        for event in log:
            self.add(event)

    def latest(self) -> tuple[CallLine, ...]:
        """Newest first."""
        lines = sorted(self._lines.values(), key=lambda line: line.began_wall, reverse=True)
        return tuple(lines[:KEPT])

    def _ended(self, event: ev.CallEnded) -> None:
        began = self._begun.pop(event.call_id, None)
        if began is None or event.line is None:
            return
        inbound = isinstance(began, ev.CallOffered)
        self._lines[event.call_id] = CallLine(
            began_wall=began.t_wall,
            inbound=inbound,
            queue=began.routing.queue if isinstance(began, ev.CallOffered) else "",
            consult=isinstance(began, ev.CallDialled) and bool(began.consult_of),
            record=event.line,
        )
        if len(self._lines) > KEPT:
            oldest = min(self._lines, key=lambda call_id: self._lines[call_id].began_wall)
            del self._lines[oldest]
