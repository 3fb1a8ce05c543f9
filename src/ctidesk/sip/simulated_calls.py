"""The calls of a simulated engine: their events, hold and resume, and how they end.

Runs in: desk process or tests, the thread that sends the commands.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from ctidesk.calls import events as ev, phases
from ctidesk.calls.call import Call, Phase
from ctidesk.calls.line_quality import LineBook, LineFigures, LineState
from ctidesk.calls.ports import Clock

Settled = Callable[[bool], None]


class SimulatedCalls:
    """Every event is checked by `phases` before it is told."""

    def __init__(self, clock: Clock, tell: Callable[[ev.EngineEvent, int], None]) -> None:
        self.calls: dict[str, Call] = {}
        self.confirms_holds = True
        """False: each hold and resume waits for `confirm` or `refuse`."""
        self._clock = clock
        self._tell = tell
        self._seq = 0
        self._after: dict[str, list[Settled]] = {}
        self.joins: dict[str, str] = {}
        """Legs that are about to be in a conference, each with the other."""
        self._held_here: set[str] = set()
        self._lines: dict[str, LineBook] = {}

    # --- events ---

    def now(self) -> dict[str, Any]:
        return {"t_mono": self._clock.mono(), "t_wall": self._clock.wall()}

    def happen(self, kind: type[ev.AnyCallEvent], call_id: str, **fields: Any) -> None:
        """Mint, apply and tell. Raises `phases.ImpossibleEvent` for what cannot be."""
        event = kind(call_id=call_id, **self.now(), **fields)
        if isinstance(event, ev.CallOffered | ev.CallDialled):
            self.calls[call_id] = phases.begin(event)
        else:
            self.calls[call_id] = phases.apply(self.calls[call_id], event)
        self.tell(event)

    def tell(self, event: ev.EngineEvent) -> None:
        seq = 0
        if not isinstance(event, ev.TELEMETRY):
            self._seq += 1
            seq = self._seq
        self._tell(event, seq)

    def live(self) -> list[Call]:
        return [call for call in self.calls.values() if not call.ended]

    # --- the line ---

    def measure(self, call_id: str, figures: LineFigures) -> None:
        """One look at the line, as the engine takes it every second."""
        call = self.calls[call_id]
        self.happen(ev.QualityMeasured, call_id, **dataclasses.asdict(figures))
        if call.phase is Phase.TALKING and not call.remote_hold:
            book = self._lines.setdefault(call_id, LineBook())
            now = self._clock.mono()
            self._judged(call_id, book.take(figures, now, call.codec, call.encrypted))

    def _rest(self, call_id: str) -> None:
        if call_id in self._lines:
            self._judged(call_id, self._lines[call_id].rest())

    def _judged(self, call_id: str, changed: LineState | None) -> None:
        if changed is not None:
            self.happen(ev.LineQualityChanged, call_id, **dataclasses.asdict(changed))

    # --- hold and resume, with what follows them ---

    def hold(self, call_id: str, then: Settled | None = None) -> None:
        """Hold; `then(ok)` once the peer confirmed or refused."""
        self.part(call_id)
        self._want(call_id, Phase.HELD, then)

    def resume(self, call_id: str, then: Settled | None = None) -> None:
        """Resume; `then(ok)` once the peer confirmed or refused."""
        self._want(call_id, Phase.TALKING, then)

    def _want(self, call_id: str, wanted: Phase, then: Settled | None) -> None:
        phase = self.calls[call_id].phase
        if phase is wanted or not self.calls[call_id].connected:
            if then is not None:
                then(phase is wanted)
            return
        coming = Phase.HOLDING if wanted is Phase.HELD else Phase.RESUMING
        if phase is not coming:
            self.happen(ev.HoldRequested if wanted is Phase.HELD else ev.ResumeRequested, call_id)
            self._settle(call_id, False)  # an opposite wish is overtaken
        if then is not None:
            self._after.setdefault(call_id, []).append(then)
        # the other end knows of no hold where it refused the one that had to be
        if self.confirms_holds or (call_id in self._held_here and wanted is Phase.TALKING):
            self.confirm(call_id)

    def confirm(self, call_id: str) -> None:
        """The peer's 2xx to our hold or resume."""
        holding = self.calls[call_id].phase is Phase.HOLDING
        self._held_here.discard(call_id)
        if not holding:
            self.make_way(call_id)
        self.happen(ev.CallHeld if holding else ev.CallResumed, call_id)
        self._rest(call_id)
        self._settle(call_id, True)

    def refuse(self, call_id: str, code: int, reason: str) -> None:
        """The peer refuses our hold or resume."""
        wanted = "hold" if self.calls[call_id].phase is Phase.HOLDING else "resume"
        if wanted == "hold" and self._rivals(call_id):
            self._held_here.add(call_id)
            self.happen(ev.CallHeld, call_id)
        else:
            self.happen(ev.HoldFailed, call_id, wanted=wanted, code=code, reason=reason)
        self._settle(call_id, False)

    def _settle(self, call_id: str, ok: bool) -> None:
        for then in self._after.pop(call_id, []):
            then(ok)

    def hold_others(self, call_id: str, then: Callable[[], None]) -> None:
        """Hold every other call that talks; `then()` when all have confirmed or refused."""
        busy = (Phase.TALKING, Phase.HOLDING, Phase.RESUMING)
        others = [c.call_id for c in self.live() if c.call_id != call_id and c.phase in busy]
        missing = set(others)
        if not missing:
            then()

        def settled(other: str) -> None:
            missing.discard(other)
            if not missing:
                then()

        for other in others:
            self.hold(other, lambda _, other=other: settled(other))  # type: ignore[misc]

    def make_way(self, call_id: str) -> None:
        """The call is about to talk: whoever else talks is parted and held."""
        for other in self._rivals(call_id):
            self.hold(other)

    def _rivals(self, call_id: str) -> list[str]:
        busy = (Phase.TALKING, Phase.RESUMING)
        return [
            other.call_id
            for other in self.live()
            if other.call_id != call_id
            and other.phase in busy
            and call_id not in (other.conference_with, self.joins.get(other.call_id))
        ]

    def part(self, call_id: str) -> None:
        """End the conference that the call is in, if any."""
        other = self.calls[call_id].conference_with
        for each in (call_id, other) if other else ():
            self.happen(ev.ConferenceSplit, each)

    def end(self, call_id: str, code: int, reason: str, by: str) -> None:
        """The call is over; its conference partner is told."""
        other = self.calls[call_id].conference_with
        line = self._lines.pop(call_id, LineBook()).record()
        mos = line.mos_mean if line is not None else None
        self.happen(ev.CallEnded, call_id, code=code, reason=reason, by=by, mos=mos, line=line)
        self._settle(call_id, False)
        if other and not self.calls[other].ended:
            self.happen(ev.ConferenceSplit, other)

    def end_locally(self, call_id: str) -> None:
        if self.calls[call_id].connected:
            self.end(call_id, 200, "OK", "local")
        elif self.calls[call_id].phase in (Phase.OFFERED, Phase.ANSWERING):
            self.end(call_id, 486, "Busy Here", "local")
        else:
            self.end(call_id, 487, "Request Terminated", "local")

    def connect(self, call_id: str) -> None:
        self.make_way(call_id)
        self.happen(ev.CallAnswered, call_id)
        self.happen(ev.MediaChanged, call_id, codec="G722/16000", encrypted=True)
