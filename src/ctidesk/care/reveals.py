"""What came on the screen of a call, each group of facts once, and where the recording was then.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from ctidesk.calls import disclosure_events as de, events as ev
from ctidesk.calls.desk import CallDesk
from ctidesk.calls.ports import Clock
from ctidesk.care.disclosure import Field, Gate, Level
from ctidesk.care.identity import IdentityCheck


class Reveals:
    """One event for what is new, never twice for a field of a member in a call."""

    def __init__(self, desk: CallDesk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._known: dict[tuple[str, str], set[str]] = {}
        """By call_id and member_id."""
        self._recording_since: dict[str, float] = {}

    def take(self, event: ev.RecordingStarted | de.FactsRevealed) -> None:
        if isinstance(event, ev.RecordingStarted):
            self._recording_since.setdefault(event.call_id, event.t_mono)
        else:
            self._known.setdefault((event.call_id, event.member_id), set()).update(event.fields)

    def recording_s(self, call_id: str) -> float | None:
        """Seconds since the recording began, None without one."""
        since = self._recording_since.get(call_id)
        return None if since is None else round(self._clock.mono() - since, 1)

    def note(self, member_id: str, gate: Gate, check: IdentityCheck) -> None:
        known = self._known.setdefault((check.call_id, member_id), set())
        new = [one.value for one in Field if gate.may(one) and one.value not in known]
        if not new:
            return
        known.update(new)
        self._desk.note(
            de.FactsRevealed(
                call_id=check.call_id,
                t_mono=self._clock.mono(),
                t_wall=self._clock.wall(),
                member_id=member_id,
                party=check.party.value,
                basis=_basis(gate, check.level),
                fields=tuple(new),
                asked=tuple(dict.fromkeys(one.question for one in check.asked if one.passed)),
                recording_s=self.recording_s(check.call_id),
            )
        )

    def forget_gone(self) -> None:
        live = self._desk.calls
        for call_id in [key for key in self._recording_since if key not in live]:
            del self._recording_since[call_id]
        for key in [key for key in self._known if key[0] not in live]:
            del self._known[key]


def _basis(gate: Gate, level: Level) -> str:
    if gate.glass:
        return "break_glass"
    return "verified" if level is Level.FULLY else "partly"
