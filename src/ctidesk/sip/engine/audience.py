"""Who is to be heard: what the states of the calls ask of the bridge and of the sound devices.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctidesk.calls.call import Call, Phase
from ctidesk.sip.engine.bridge import LegAudio
from ctidesk.sip.engine.leg import Leg

if TYPE_CHECKING:
    from ctidesk.sip.engine.switchboard import Switchboard


def voices(board: Switchboard) -> list[LegAudio]:
    """What the bridge needs to know of each call."""
    return [
        LegAudio(
            call,
            media=leg.media_runs and not leg.ending_here,
            tapped=leg.tap is not None,
            waits=call.phase is Phase.OFFERED and not leg.ending_here,
        )
        for leg, call in _calls(board)
    ]


def audible(board: Switchboard) -> tuple[bool, bool]:
    """Whether any call is there, and whether one rings that nobody talks over."""
    calls = _calls(board)
    offered = any(call.phase is Phase.OFFERED and not leg.ending_here for leg, call in calls)
    return bool(calls), offered and not any(call.connected for _leg, call in calls)


def talking(board: Switchboard, but: Leg | None = None) -> list[Leg]:
    """Legs that the agent talks on, or is about to, apart from `but`."""
    busy = (Phase.TALKING, Phase.RESUMING, Phase.HOLDING)
    return [leg for leg, call in _calls(board) if leg is not but and call.phase in busy]


def rivals(board: Switchboard, leg: Leg) -> list[Leg]:
    """Legs that the agent talks on and that are in no conference with `leg`, present or to come;
    what is being hung up is parted already."""
    found = []
    for other, call in _calls(board):
        joined = leg.call_id in (call.conference_with, other.joins)
        talks = other is not leg and call.phase in (Phase.TALKING, Phase.RESUMING)
        if talks and not joined and not other.ending_here:
            found.append(other)
    return found


def _calls(board: Switchboard) -> list[tuple[Leg, Call]]:
    return [(leg, call) for leg in board.legs.values() if (call := board.call(leg)) is not None]
