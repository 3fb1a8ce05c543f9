"""One caller, one consulted party: consultation, swap, conference, and the way back from each.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.calls import events as ev
from ctidesk.calls.call import Phase
from ctidesk.calls.commands import StartConsult
from ctidesk.calls.errors import KnownError
from ctidesk.sip.engine.leg import Leg
from ctidesk.sip.engine.switchboard import Switchboard

Pair = tuple[Leg, Leg]


class Consults:
    """Pairs are derived from `Call.consult_of`, so that there is one truth; each command takes the
    call_id of either leg."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        board.on_leg_ended = self._leg_ended
        board.on_parting = self.part

    def start(self, leg: Leg, order: StartConsult, dial: Callable[[], None]) -> None:
        """Hold `leg`; `dial()` once that is confirmed. Raises `KnownError` when one is there."""
        if leg.pending_consult is not None or self.consult_of(leg.call_id) is not None:
            raise KnownError(
                "consult_exists",
                "A colleague is already being consulted about this call.",
                "End that consultation first.",
            )
        call = self._board.call(leg)
        if call is not None and call.consult_of:
            raise KnownError(
                "consult_nested",
                "This call is itself a consultation.",
                "Consult about the caller's call instead.",
            )
        leg.pending_consult = order

        def held(ok: bool) -> None:
            wanted = leg.pending_consult is order
            leg.pending_consult = None
            if ok and wanted:
                dial()

        self._board.holding.hold(leg, held)

    def swap(self, call_id: str) -> None:
        """The talking leg goes on hold, then the other one is resumed."""
        caller, consult = self.pair(call_id)
        self._need_answered(consult)
        self._part(caller, consult)
        talks = self._phase(caller) in (Phase.TALKING, Phase.RESUMING)
        first, second = (caller, consult) if talks else (consult, caller)

        def held(ok: bool) -> None:
            if ok:
                self._board.holding.resume(second)

        self._board.holding.hold(first, held)

    def cancel(self, call_id: str) -> None:
        """End the consultation, however far it got, and talk to the caller again."""
        leg = self._board.legs.get(call_id)
        if leg is not None and leg.pending_consult is not None:
            leg.pending_consult = None
            self._board.holding.resume(leg)
            return
        caller, consult = self.pair(call_id)
        self._part(caller, consult)
        self._board.hang_up(consult)
        self._board.holding.resume(caller)

    def merge(self, call_id: str) -> None:
        """Resume whichever is on hold; once both talk, everybody hears everybody."""
        caller, consult = self.pair(call_id)
        self._need_answered(consult)
        caller.joins, consult.joins = consult.call_id, caller.call_id
        missing = 2

        def resumed(ok: bool) -> None:
            nonlocal missing
            missing -= 1
            if ok:
                self._merge_talking(caller, consult)
            if not missing:
                caller.joins = consult.joins = ""

        # each answer looks whether it was the last one missing
        self._board.holding.resume(caller, resumed)
        self._board.holding.resume(consult, resumed)

    def split(self, call_id: str) -> None:
        """The consulted party talks on, the caller is held."""
        caller, consult = self.pair(call_id)
        call = self._board.call(caller)
        if call is None or not call.conference_with:
            raise KnownError(
                "no_conference",
                "There is no conference to split.",
                "Merge the calls first.",
            )
        self._part(caller, consult)
        self._board.holding.hold(caller)

    def part(self, leg: Leg) -> None:
        """End the conference that `leg` is in, if any: one of the legs is about to be held."""
        call = self._board.call(leg)
        other = self._board.legs.get(call.conference_with) if call is not None else None
        if other is not None:
            self._part(leg, other)

    def pair(self, call_id: str) -> Pair:
        """(caller's leg, consultation) for the call_id of either. Raises `KnownError`."""
        leg = self._board.legs.get(call_id)
        call = self._board.call(leg) if leg is not None else None
        if leg is not None and call is not None:
            if call.consult_of in self._board.legs:
                return self._board.legs[call.consult_of], leg
            consult = self.consult_of(call_id)
            if consult is not None:
                return leg, consult
        raise KnownError(
            "no_consult",
            "There is no consultation for this call.",
            "Start a consultation first.",
        )

    def consult_of(self, call_id: str) -> Leg | None:
        """The live consultation about `call_id`."""
        for leg in self._board.legs.values():
            call = self._board.call(leg)
            if call is not None and call.consult_of == call_id and not leg.ending_here:
                return leg
        return None

    def _merge_talking(self, *legs: Leg) -> None:
        calls = [call for call in map(self._board.call, legs) if call is not None]
        talking = [call for call in calls if call.phase is Phase.TALKING]
        if len(talking) == len(legs) and not any(call.conference_with for call in talking):
            for leg, other in (legs, legs[::-1]):
                self._board.emit(ev.ConferenceMerged, leg, other_call_id=other.call_id)

    def _part(self, *legs: Leg) -> None:
        for leg in legs:
            call = self._board.call(leg)
            if call is not None and call.conference_with:
                self._board.emit(ev.ConferenceSplit, leg)

    def _leg_ended(self, ended: Leg) -> None:
        for leg in list(self._board.legs.values()):
            call = self._board.call(leg)
            if call is not None and call.conference_with == ended.call_id:
                self._board.emit(ev.ConferenceSplit, leg)

    def _need_answered(self, consult: Leg) -> None:
        call = self._board.call(consult)
        if call is None or not call.connected:
            raise KnownError(
                "consult_not_answered",
                "The consulted party has not answered yet.",
                "Wait for the answer, cancel, or transfer without consulting.",
            )

    def _phase(self, leg: Leg) -> Phase | None:
        call = self._board.call(leg)
        return None if call is None else call.phase
