"""Broken glass: what is withheld is shown for a reason and a time, and leaves its trace.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from ctidesk.calls import disclosure_events as de
from ctidesk.calls.desk import CallDesk
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock
from ctidesk.calls.text import plain

LEAST_REASON_CHARS = 10
MAX_REASON_CHARS = 200


class Glasses:
    """One for each call at most. It holds for the card that was open, while the call lives, and
    ends by itself."""

    def __init__(self, desk: CallDesk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._broken: dict[str, de.GlassBroken] = {}

    def of(self, call_id: str) -> de.GlassBroken | None:
        """The broken glass of this call and its open card, while it lasts."""
        found, call = self._broken.get(call_id), self._desk.calls.get(call_id)
        if found is None or call is None or call.ended:
            return None
        of_card = self._desk.context(call_id).member_id == found.member_id
        return found if of_card and self.left_s(found) > 0 else None

    def left_s(self, glass: de.GlassBroken) -> float:
        return glass.t_mono + glass.limit_s - self._clock.mono()

    def shatter(
        self,
        call_id: str,
        member_id: str,
        reason: str,
        limit_s: float,
        recording_s: float | None,
    ) -> None:
        """Raises `KnownError` without a reason."""
        said = " ".join(plain(reason, MAX_REASON_CHARS).split())
        if len(said) < LEAST_REASON_CHARS:
            raise KnownError(
                "no_reason", "The reason is too short.", "Say in a few words why it has to be seen."
            )
        self._desk.note(
            de.GlassBroken(
                call_id=call_id,
                t_mono=self._clock.mono(),
                t_wall=self._clock.wall(),
                member_id=member_id,
                reason=said,
                limit_s=limit_s,
                recording_s=recording_s,
            )
        )

    def close(self, call_id: str, by: str) -> bool:
        """False if none was broken."""
        found = self._broken.pop(call_id, None)
        if found is None:
            return False
        self._desk.note(
            de.GlassClosed(
                call_id=call_id,
                t_mono=self._clock.mono(),
                t_wall=self._clock.wall(),
                member_id=found.member_id,
                by=by,
            )
        )
        return True

    def over(self) -> list[str]:
        """The calls whose time is up."""
        return [call_id for call_id, one in self._broken.items() if self.left_s(one) <= 0]

    def of_another(self, call_id: str, member_id: str) -> bool:
        found = self._broken.get(call_id)
        return found is not None and found.member_id != member_id

    def take(self, event: de.GlassBroken | de.GlassClosed) -> None:
        if isinstance(event, de.GlassBroken):
            self._broken[event.call_id] = event
        else:
            self._broken.pop(event.call_id, None)

    def forget_gone(self) -> None:
        for call_id in [key for key in self._broken if key not in self._desk.calls]:
            del self._broken[call_id]
