"""Who hears whom: the wanted connections of the audio bridge, and how they are kept.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from typing import Any, NamedTuple

import pjsua2 as pj

from ctidesk.calls.call import Call, Phase

log = logging.getLogger("ctidesk.engine")

Port = tuple[str, str]
"""Role and call_id ("" for the agent's own devices)."""
Edge = tuple[Port, Port]
"""From a source to a sink."""

MIC: Port = ("mic", "")
SPEAKER: Port = ("speaker", "")
SILENCE: Port = ("silence", "")
KNOCK: Port = ("knock", "")
"""The tone of a call that waits while the agent talks on another: for the agent's ear alone."""


def call_port(call_id: str) -> Port:
    return ("call", call_id)


def agent_tap(call_id: str) -> Port:
    """The recording's left: what the agent says into this call."""
    return ("agent_tap", call_id)


def caller_tap(call_id: str) -> Port:
    """The recording's right: what the agent hears of this call."""
    return ("caller_tap", call_id)


class LegAudio(NamedTuple):
    """What the bridge must know of a call. `media`: its stream runs; `tapped`: it is recorded;
    `waits`: nobody has answered or refused it yet."""

    call: Call
    media: bool
    tapped: bool
    waits: bool = False


def wanted_edges(legs: Iterable[LegAudio]) -> set[Edge]:
    """Every connection that should exist now. Nothing of the agent reaches a call that is not
    confirmed as talking, its recording included."""
    by_id = {leg.call.call_id: leg for leg in legs}
    edges: set[Edge] = set()
    for leg in by_id.values():
        edges |= _own_edges(leg)
        other = by_id.get(leg.call.conference_with)
        if other is not None and _talks(leg) and _talks(other):
            edges.add((call_port(leg.call.call_id), call_port(other.call.call_id)))
            if other.tapped:
                edges.add((call_port(leg.call.call_id), caller_tap(other.call.call_id)))
    if any(leg.waits for leg in by_id.values()) and any(map(_talks, by_id.values())):
        edges.add((KNOCK, SPEAKER))
    return edges


def _own_edges(leg: LegAudio) -> set[Edge]:
    call = leg.call
    port = call_port(call.call_id)
    edges: set[Edge] = set()
    ringing = leg.media and call.phase in (Phase.DIALLING, Phase.RINGING)
    if _talks(leg) or ringing:
        edges.add((port, SPEAKER))
    if _talks(leg) and not call.muted:
        edges.add((MIC, port))
        if leg.tapped:
            edges.add((MIC, agent_tap(call.call_id)))
    if leg.tapped:
        # silence keeps both sides of a recording in step when nothing else plays into them
        edges |= {(SILENCE, agent_tap(call.call_id)), (SILENCE, caller_tap(call.call_id))}
        if leg.media:
            edges.add((port, caller_tap(call.call_id)))
    return edges


def _talks(leg: LegAudio) -> bool:
    return leg.media and leg.call.phase is Phase.TALKING


class Bridge:
    """Keeps the native connections equal to the wanted ones. pjsua2 drops links by itself at each
    hold, resume and re-INVITE, so a renewed port is connected from scratch."""

    def __init__(self) -> None:
        self._media: dict[Port, Any] = {}
        self._made: set[Edge] = set()
        self._wanted: set[Edge] = set()

    def attach(self, port: Port, media: Any) -> None:
        """`media` is the port from now on; whatever was connected before is not trusted."""
        self._media[port] = media
        self._made = {edge for edge in self._made if port not in edge}
        for other in [p for p in self._media if p != port]:
            for edge in ((port, other), (other, port)):
                if edge not in self._wanted and _possible(edge):
                    self._disconnect(edge)
        self.reconcile(self._wanted)

    def detach(self, port: Port) -> None:
        """The port goes away: its connections are cut as far as they still exist."""
        for edge in [edge for edge in self._made if port in edge]:
            self._disconnect(edge)
            self._made.discard(edge)
        self._media.pop(port, None)

    def reconcile(self, wanted: set[Edge]) -> None:
        """Make `wanted` true for all ports that are there."""
        self._wanted = wanted
        for edge in self._made - wanted:
            self._disconnect(edge)
        self._made &= wanted
        for source, sink in sorted(wanted - self._made):
            if source in self._media and sink in self._media:
                try:
                    self._media[source].startTransmit(self._media[sink])
                except pj.Error as fault:
                    # the stream went away meanwhile; its next media state brings it back
                    log.warning("bridge: %s to %s: %s", source[0], sink[0], fault.status)
                else:
                    self._made.add((source, sink))

    def level(self, port: Port) -> float:
        """How loud what comes out of the port is now, 0..1; 0 without it."""
        media = self._media.get(port)
        if media is None:
            return 0.0
        try:
            # "tx" is from the port's view: what it transmits into the bridge
            return min(1.0, float(media.getTxLevel()) / 255.0)
        except pj.Error:
            return 0.0

    def _disconnect(self, edge: Edge) -> None:
        source, sink = self._media.get(edge[0]), self._media.get(edge[1])
        if source is not None and sink is not None:
            with contextlib.suppress(pj.Error):  # it vanished with its call
                source.stopTransmit(sink)


def _possible(edge: Edge) -> bool:
    sources, sinks = ("mic", "silence", "call"), ("speaker", "call", "agent_tap", "caller_tap")
    return edge[0][0] in sources and edge[1][0] in sinks
