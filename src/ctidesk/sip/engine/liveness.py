"""Whether the other end of each call is still there, asked after the computer has slept.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pjsua2 as pj

from ctidesk.sip.engine.leg import Leg
from ctidesk.sip.engine.native import TransactionSeen

if TYPE_CHECKING:
    from ctidesk.sip.engine.switchboard import Switchboard

SILENT_S = 6.0
"""A peer that does not even answer an OPTIONS by then is gone."""
_GONE = (404, 408, 410, 481, 604)
"""RFC 5057 5.2: what says that there is no such call any more. Any other answer shows life."""


class Liveness:
    """Asks by OPTIONS within the dialog; what is dead ends like any other broken call."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board

    def probe_all(self) -> None:
        """Ask for every connected call."""
        for leg in list(self._board.legs.values()):
            call = self._board.call(leg)
            if call is None or not call.connected or leg.native is None or leg.ending_here:
                continue
            self._settle(leg)
            lost = functools.partial(self._board.lose, leg, "No Answer After The Break")
            leg.probe = self._board.endpoint.call_later(SILENT_S, lost)
            try:
                leg.native.ask_alive()
            except pj.Error:
                self._board.lose(leg, "Not Reached After The Break")

    def answered(self, leg: Leg, seen: TransactionSeen) -> None:
        """The end of an OPTIONS of ours; within a native callback."""
        if leg.probe is None:
            return
        self._settle(leg)
        if seen.code in _GONE or (not seen.received and seen.code >= 500):
            self._board.endpoint.post(lambda: self._board.lose(leg, "The Call Was Over"))

    @staticmethod
    def _settle(leg: Leg) -> None:
        if leg.probe is not None:
            leg.probe.cancel()
        leg.probe = None
