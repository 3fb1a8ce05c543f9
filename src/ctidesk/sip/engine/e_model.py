"""The E-model of ITU-T G.107: how a conversation is judged by delay, codec and lost packets.

Runs in: engine process, loop thread. Pure. Every parameter that a network does not measure has its
default value of G.107, table 2 (SLR 8, RLR 2, STMR 15, TELR 65, WEPL 110, A 0 …).
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Impairment(NamedTuple):
    """`ie`: the codec's own impairment; `bpl`: how many percent of random loss halve what is left
    (G.107, 7.5)."""

    ie: float
    bpl: float


CODECS = {
    "PCMU": Impairment(0.0, 25.1),
    "PCMA": Impairment(0.0, 25.1),
    "G722": Impairment(0.0, 25.1),
    "OPUS": Impairment(0.0, 25.1),
}
"""ITU-T G.113, Appendix I, tables I.1 and I.4: G.711 with packet loss concealment. The wideband
codecs have values for the wideband scale of G.107.1 only (Appendix IV). On this narrow-band scale a
clean wideband call is counted as a clean G.711 call, never as a better one, and its concealment as
that of G.711: steps and warnings then mean the same with every codec."""
OTHER = Impairment(11.0, 19.0)
"""G.729A, for a codec that nothing is known about."""

RO = 94.77
"""Basic signal-to-noise ratio, 15 − 1.5 (SLR + No) with No = −61.18 dBm0p (G.107, 7.2)."""
IS = 1.41
"""Simultaneous impairments at the default values (G.107, 7.3)."""
TELR_DB, WEPL_DB = 65.0, 110.0
SENSITIVE_MS = 100.0
"""mT: delays up to this one are not noticed (G.107, table 1, default class)."""


def delay_impairment(one_way_ms: float) -> float:
    """Id = Idte + Idle + Idd of G.107, 7.4, with the echo path as long as the way there and back.
    `one_way_ms` counts from mouth to ear, the jitter buffer included."""
    return _talker_echo(one_way_ms) + _listener_echo(2 * one_way_ms) + _too_late(one_way_ms)


def _talker_echo(t: float) -> float:
    if t < 1.0:
        return 0.0
    terv = TELR_DB - 40 * math.log10((1 + t / 10) / (1 + t / 150)) + 6 * math.exp(-0.3 * t * t)
    half = (RO - (80 + 2.5 * (terv - 14))) / 2
    return (half + math.sqrt(half * half + 100) - 1) * (1 - math.exp(-t))


def _listener_echo(tr: float) -> float:
    half = (RO - 10.5 * (WEPL_DB + 7) * math.pow(tr + 1, -0.25)) / 2
    return half + math.sqrt(half * half + 169)


def _too_late(ta: float) -> float:
    if ta <= SENSITIVE_MS:
        return 0.0
    x = math.log2(ta / SENSITIVE_MS)
    return 25 * (math.pow(1 + x**6, 1 / 6) - 3 * math.pow(1 + (x / 3) ** 6, 1 / 6) + 2)


def loss_impairment(codec: str, loss_pct: float) -> float:
    """Ie-eff of G.107, 7.5, for random loss (BurstR 1). `codec`: its name as in SDP, in any case;
    `loss_pct`: packets in percent that the decoder did without."""
    ie, bpl = CODECS.get(codec.partition("/")[0].upper(), OTHER)
    lost = min(100.0, max(0.0, loss_pct))
    return ie + (95.0 - ie) * lost / (lost + bpl)


def rating(codec: str, loss_pct: float, one_way_ms: float) -> float:
    """R of G.107, 7.1: 93.2 for a perfect narrow-band call, 0 for a hopeless one."""
    delay = delay_impairment(max(0.0, one_way_ms))
    return max(0.0, RO - IS - delay - loss_impairment(codec, loss_pct))


def mos_of(r: float) -> float:
    """The mean opinion score of R, G.107, Annex B (B.4): 1.0–4.5."""
    if r <= 0:
        return 1.0
    if r >= 100:
        return 4.5
    # the cubic dips below 1 for R under 6.5
    return max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)


def mos(codec: str, loss_pct: float, one_way_ms: float) -> float:
    """How people would judge it, 1.0–4.5."""
    return mos_of(rating(codec, loss_pct, one_way_ms))
