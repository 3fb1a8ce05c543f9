"""Measurements of line quality."""

from __future__ import annotations

from ctidesk.calls.events import QualityMeasured


def measured(mos: float) -> QualityMeasured:
    return QualityMeasured(
        call_id="c1", t_mono=0.0, t_wall=0.0, mos=mos, loss_pct=0.5, jitter_ms=4.0, rtt_ms=30.0
    )
