"""Looks at every connected call once a second: levels, the line's figures, the verdict on it.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import dataclasses

from ctidesk.calls import events as ev
from ctidesk.calls.call import Call, Phase
from ctidesk.calls.line_quality import LineFigures, LineState
from ctidesk.sip.engine.bridge import MIC, Bridge, call_port
from ctidesk.sip.engine.leg import Leg
from ctidesk.sip.engine.lifeline import Lifeline
from ctidesk.sip.engine.switchboard import Switchboard


class Measuring:
    """`has_mic` False: there is no microphone whose silence would mean anything."""

    def __init__(self, board: Switchboard, bridge: Bridge, has_mic: bool) -> None:
        self._board = board
        self._bridge = bridge
        self._has_mic = has_mic
        self._lifeline = Lifeline()

    def look(self, now_mono: float) -> None:
        """Tell the figures of all calls, and what changed in the verdicts."""
        for leg in list(self._board.legs.values()):
            call = self._board.call(leg)
            if call is None or not call.connected or leg.native is None:
                continue
            if not leg.media_runs:
                self._lifeline.look(leg, 0)  # on hold: only its OPTIONS tell that it lives
                continue
            figures = leg.native.figures(leg.media.index)
            self._lifeline.look(leg, figures.packets + figures.reports)
            heard = call.phase is Phase.TALKING and not call.remote_hold
            if not heard:
                # on hold nothing is sent, or nobody listens: there is nothing to measure
                leg.meter.restart()
            measured = leg.meter.look(now_mono, call.codec, figures)
            mic = self._mic(call)
            if heard:
                measured = self._silences(leg, measured, now_mono, mic)
                leg.mos = measured.mos
            self._tell(leg, measured, mic or 0.0)
            if heard and leg.meter.steady:
                changed = leg.line.take(measured, now_mono, call.codec, call.encrypted)
            else:
                changed = None if heard else leg.line.rest()
            if changed is not None:
                self._tell_change(leg, changed)

    def _silences(
        self, leg: Leg, measured: LineFigures, now_mono: float, mic: float | None
    ) -> LineFigures:
        return dataclasses.replace(
            measured,
            silent_s=leg.meter.silent_s(now_mono),
            mic_silent_s=leg.meter.mic_silent_s(now_mono, mic if self._has_mic else None),
        )

    def _mic(self, call: Call) -> float | None:
        """How loud the agent is, 0..1; None while nobody is to hear it."""
        if call.phase is not Phase.TALKING or call.muted:
            return None
        return self._bridge.level(MIC)

    def _tell(self, leg: Leg, measured: LineFigures, mic: float) -> None:
        self._board.emit(
            ev.QualityMeasured,
            leg,
            **dataclasses.asdict(measured),
            mic_level=round(mic, 3),
            speaker_level=round(self._bridge.level(call_port(leg.call_id)), 3),
        )

    def _tell_change(self, leg: Leg, changed: LineState) -> None:
        self._board.emit(
            ev.LineQualityChanged,
            leg,
            verdict=changed.verdict,
            trouble=changed.trouble,
            side=changed.side,
        )
