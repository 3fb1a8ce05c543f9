"""The totals that pjsua2 keeps of a call's stream, as plain values.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pjsua2 as pj


class StreamFigures(NamedTuple):
    """Totals of one stream since its start, for the quality. `delay_ms`: of the jitter buffer;
    `sent`: our packets, `far_*` what the other end said of them in its last of `reports`."""

    packets: int = 0
    lost: int = 0
    concealed_ms: float = 0.0
    jitter_ms: float = 0.0
    rtt_ms: float = 0.0
    delay_ms: float = 0.0
    packet_ms: float = 20.0
    sent: int = 0
    reports: int = 0
    far_lost: int = 0
    far_jitter_ms: float = 0.0


def totals_of(call: Any, index: int) -> StreamFigures:
    """Of the stream `index` of a pjsua2 call; zeros when it is gone."""
    try:
        stat = call.getStreamStat(index)
        # the codec's values are freed with `stream`
        stream = call.getStreamInfo(index)
    except pj.Error:
        return StreamFigures()
    received, told, jitter = stat.rtcp.rxStat, stat.rtcp.txStat, stat.jbuf
    codec = stream.audCodecParam
    frame_ms = float(codec.info.frameLen) or 20.0
    packet_ms = frame_ms * max(1, int(codec.setting.frmPerPkt))
    return StreamFigures(
        packets=int(received.pkt),
        lost=int(received.loss),
        # a gap is counted by frames; an empty buffer once, for the rest of a packet
        concealed_ms=int(jitter.lost) * frame_ms + int(jitter.empty) * packet_ms,
        jitter_ms=int(received.jitterUsec.last) / 1000,
        rtt_ms=int(stat.rtcp.rttUsec.last) / 1000,
        delay_ms=float(jitter.avgDelayMsec),
        packet_ms=packet_ms,
        sent=int(told.pkt),
        reports=int(told.updateCount),
        far_lost=int(told.loss),
        far_jitter_ms=int(told.jitterUsec.last) / 1000,
    )
