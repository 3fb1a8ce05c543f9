"""What a measured quality means in bars and words.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.calls.events import QualityMeasured
from ctidesk.ui.theme.tokens import Role


@dataclass(frozen=True, slots=True)
class Quality:
    """`bars` 0..4; `detail` names the figures."""

    bars: int
    role: Role
    word: str
    detail: str = ""


NO_CALL = Quality(0, Role.AWAY, "No call")

# Satisfaction of users by MOS, ITU-T G.107 annex B, table B.1
_STEPS = (
    (4.03, Quality(4, Role.READY, "Good")),
    (3.60, Quality(3, Role.READY, "Fair")),
    (3.10, Quality(2, Role.HOLD, "Poor")),
)
_BAD = Quality(1, Role.DANGER, "Bad")


def quality_of(measured: QualityMeasured | None) -> Quality:
    """The bars for a measurement, `NO_CALL` for none."""
    if measured is None:
        return NO_CALL
    found = next((quality for least, quality in _STEPS if measured.mos >= least), _BAD)
    detail = (
        f"MOS {measured.mos:.1f} · loss {measured.loss_pct:.1f} % · "
        f"jitter {measured.jitter_ms:.0f} ms · round trip {measured.rtt_ms:.0f} ms"
    )
    return Quality(found.bars, found.role, found.word, detail)
