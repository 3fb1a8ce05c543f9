"""How well a call sounds: the E-model's mean opinion score from the figures of a stream.

Runs in: engine process, loop thread. Pure.
"""

from __future__ import annotations

from typing import NamedTuple

from ctidesk.sip.engine.native import StreamFigures

# codec → (equipment impairment Ie, packet-loss robustness Bpl), ITU-T G.113 Appendix I; G.722 is
# judged on the narrow-band scale, which never makes it worse than G.711
IMPAIRMENT = {
    "PCMU": (0.0, 25.1),
    "PCMA": (0.0, 25.1),
    "G722": (0.0, 25.1),
    "OPUS": (0.0, 27.0),
    "GSM": (20.0, 10.0),
    "ILBC": (10.0, 32.0),
    "SPEEX": (11.0, 20.0),
}
PACKET_MS = 20.0


class Measured(NamedTuple):
    """`mos` 1.0–4.5, loss in percent, times in milliseconds."""

    mos: float
    loss_pct: float
    jitter_ms: float
    rtt_ms: float


def mos(codec: str, loss_pct: float, one_way_ms: float) -> float:
    """ITU-T G.107 with default values: 93.2 less the impairments of delay, codec and loss."""
    ie, bpl = IMPAIRMENT.get(codec.partition("/")[0].upper(), (11.0, 20.0))
    delay = 0.024 * one_way_ms + (0.11 * (one_way_ms - 177.3) if one_way_ms > 177.3 else 0.0)
    rating = 93.2 - delay - (ie + (95.0 - ie) * loss_pct / (loss_pct + bpl))
    if rating <= 0:
        return 1.0
    if rating >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)


def measured(codec: str, before: StreamFigures, now: StreamFigures) -> Measured:
    """What happened between two looks at the same stream; a stream that began anew counts from
    its start."""
    if now.packets < before.packets:
        before = StreamFigures()
    lost = max(0, now.lost - before.lost)
    packets = max(0, now.packets - before.packets) + lost
    loss_pct = 100.0 * lost / packets if packets else 0.0
    one_way_ms = now.rtt_ms / 2 + now.delay_ms + PACKET_MS
    return Measured(mos(codec, loss_pct, one_way_ms), loss_pct, now.jitter_ms, now.rtt_ms)
