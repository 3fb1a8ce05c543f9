"""The stretches of a call (ringing, talk, hold, wrap-up) from its stored events.

Runs in: desk process, store thread. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ctidesk.calls import agent_events, events
from ctidesk.calls.agent_events import LogEvent

_BEGINS: dict[type, str] = {
    events.CallOffered: "ring",
    events.CallDialled: "dial",
    events.CallAnswered: "talk",
    events.CallHeld: "hold",
    events.CallResumed: "talk",
    agent_events.WrapUpStarted: "wrap_up",
}
_ENDS = (events.CallEnded, agent_events.WrapUpSaved)


@dataclass(frozen=True, slots=True)
class Segment:
    """`began_wall`: seconds since the epoch, UTC; `duration_s` by the monotonic clock."""

    kind: str  # "ring", "dial", "talk", "hold", "wrap_up"
    began_wall: float
    duration_s: float


def segments_of(log: Iterable[LogEvent], *, until_wall: float) -> list[Segment]:
    """The segments of one call, oldest first. An open one (the save stamps wrap-up only after
    this) lasts until `until_wall`. Repeated events change nothing."""
    found: list[Segment] = []
    kind, began_mono, began_wall = "", 0.0, 0.0
    ended = False
    for event in sorted(log, key=lambda each: each.t_mono):
        ended = ended or isinstance(event, events.CallEnded)
        next_kind = "" if isinstance(event, _ENDS) else _BEGINS.get(type(event), kind)
        if next_kind == kind or (ended and next_kind not in ("", "wrap_up")):
            continue
        if kind:
            found.append(Segment(kind, began_wall, max(0.0, event.t_mono - began_mono)))
        kind, began_mono, began_wall = next_kind, event.t_mono, event.t_wall
    if kind:
        found.append(Segment(kind, began_wall, max(0.0, until_wall - began_wall)))
    return found
