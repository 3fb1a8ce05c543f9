"""Parking a caller at the exchange, and where the caller waits then.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ctidesk.calls import events as ev
from ctidesk.calls.call import Call, TransferState
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.lamps import LampState


@dataclass(frozen=True, slots=True, kw_only=True)
class Parking:
    """`number`: where callers are transferred to, "" without parking. `places`: where they wait
    then; dialling one gets the caller back. Their lamps are watched."""

    number: str = ""
    places: tuple[str, ...] = ()


class ParkedCallers:
    """Owner thread: the desk's. Set `on_parked(places)`: the place that became taken, or several
    when others parked in the same moment; () when the exchange tells no places."""

    def __init__(
        self, desk: CallDesk, parking: Parking, transfer: Callable[[str, str], None]
    ) -> None:
        self.on_parked: Callable[[tuple[str, ...]], None] = lambda _places: None
        self._desk = desk
        self._parking = parking
        self._transfer = transfer
        self._call_id = ""
        self._completed = False
        self._taken: frozenset[str] = frozenset()
        if parking.number:
            desk.subscribe(self._changed)

    @property
    def can_park(self) -> bool:
        return self._subject() is not None

    def park(self) -> None:
        """Send the caller of the call bar to the parking number."""
        call = self._subject()
        if call is not None:
            self._call_id, self._completed = call.call_id, False
            self._taken = self._busy()
            self._transfer(call.call_id, self._parking.number)

    def _subject(self) -> Call | None:
        call = self._desk.current
        if not self._parking.number or call is None or not call.connected or call.consult_of:
            return None
        free = call.transfer is not TransferState.PENDING
        return call if free and self._desk.consult_of(call.call_id) is None else None

    def _busy(self) -> frozenset[str]:
        lamps = self._desk.lamps
        return frozenset(p for p in self._parking.places if lamps.get(p) is LampState.BUSY)

    def _changed(self, change: Change) -> None:
        if not self._call_id:
            return
        if isinstance(change, ev.TransferFailed) and change.call_id == self._call_id:
            self._call_id = ""
        elif isinstance(change, ev.TransferCompleted) and change.call_id == self._call_id:
            self._completed = True
        elif not isinstance(change, ev.LampsChanged):
            return
        # the lamp may be lit before the transfer is told to be complete, or after
        new = tuple(place for place in self._parking.places if place in self._busy() - self._taken)
        if self._completed and (new or not self._parking.places):
            self._call_id = ""
            self.on_parked(new)
