"""How a call's line is: the figures of its last seconds, out of the totals of its stream.

Runs in: engine process, loop thread. Pure.
"""

from __future__ import annotations

from collections import deque

from ctidesk.calls.line_quality import LineFigures
from ctidesk.sip.engine.e_model import mos
from ctidesk.sip.engine.stream_figures import StreamFigures

WINDOW_S = 5.0
"""250 packets: one that is lost counts as 0.4 %."""
STEADY_S = 3.0
"""Figures of a shorter time are shown and not judged: one lost packet would be 2 %."""
REPORTED_PACKETS = 100
"""A report about fewer of our packets says nothing."""
STALE_S = 20.0
"""Reports come every five seconds; one that is older than this is no longer believed."""
PLAYED = 0.7
"""With less of the due packets sent at all, the other end sends no silence: what is then filled
in is no loss."""
FAR_BUFFER_MS = 40.0
"""What the other end's jitter buffer will add; nobody tells."""


class LineMeter:
    """The figures of one call. `look` takes the totals as they are now."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, StreamFigures]] = deque()
        self._came_mono: float | None = None
        self._spoke_mono: float | None = None
        self._reported: StreamFigures | None = None
        self._far: tuple[float, float, float] | None = None  # (t_mono, loss_pct, jitter_ms)

    @property
    def steady(self) -> bool:
        """Whether the figures cover enough time to be judged."""
        return bool(self._seen) and self._seen[-1][0] - self._seen[0][0] >= STEADY_S

    def restart(self) -> None:
        """Another stream, or none is listened to: what was counted is no measure any more."""
        self._seen.clear()
        self._came_mono = self._spoke_mono = None
        self._reported = self._far = None

    def look(self, t_mono: float, codec: str, now: StreamFigures) -> LineFigures:
        """The figures of the last `WINDOW_S`."""
        if self._seen and now.packets < self._seen[-1][1].packets:
            self.restart()  # the stream began anew
        self._seen.append((t_mono, now))
        while len(self._seen) > 2 and self._seen[1][0] <= t_mono - WINDOW_S:
            self._seen.popleft()
        t_before, before = self._seen[0]
        loss_pct, concealed_pct = _losses(before, now, t_mono - t_before)
        self._take_report(t_mono, now)
        far_loss, far_jitter = self._far[1:] if self._far is not None else (None, None)
        one_way_ms = now.rtt_ms / 2 + now.packet_ms
        far_mos = None if far_loss is None else mos(codec, far_loss, one_way_ms + FAR_BUFFER_MS)
        return LineFigures(
            mos=round(mos(codec, max(loss_pct, concealed_pct), one_way_ms + now.delay_ms), 2),
            loss_pct=round(loss_pct, 2),
            concealed_pct=round(concealed_pct, 2),
            jitter_ms=round(now.jitter_ms, 2),
            rtt_ms=round(now.rtt_ms, 2),
            far_mos=None if far_mos is None else round(far_mos, 2),
            far_loss_pct=None if far_loss is None else round(far_loss, 2),
            far_jitter_ms=None if far_jitter is None else round(far_jitter, 2),
        )

    def silent_s(self, t_mono: float) -> float:
        """Seconds since a packet came."""
        if self._came_mono is None or self._arrived():
            self._came_mono = t_mono
        return round(t_mono - self._came_mono, 1)

    def mic_silent_s(self, t_mono: float, level: float | None) -> float:
        """Seconds since the microphone gave anything; `level` None when it is not listened to."""
        if level is None or level > 0 or self._spoke_mono is None:
            self._spoke_mono = t_mono
        return round(t_mono - self._spoke_mono, 1)

    def _arrived(self) -> bool:
        return len(self._seen) > 1 and self._seen[-1][1].packets > self._seen[-2][1].packets

    def _take_report(self, t_mono: float, now: StreamFigures) -> None:
        """Loss of our voice between two reports of the other end (RTCP RR, RFC 3550, 6.4.1)."""
        if self._far is not None and t_mono - self._far[0] > STALE_S:
            self._far = None
        last = self._reported
        if last is None:
            self._reported = now
            return
        sent = now.sent - last.sent
        if now.reports == last.reports or sent < REPORTED_PACKETS:
            return
        lost = max(0, now.far_lost - last.far_lost)
        self._far = (t_mono, min(100.0, 100.0 * lost / sent), now.far_jitter_ms)
        self._reported = now


def _losses(before: StreamFigures, now: StreamFigures, span_s: float) -> tuple[float, float]:
    """Percent of the packets that the network lost, and of the time that had to be filled in."""
    lost = max(0, now.lost - before.lost)
    sent = max(0, now.packets - before.packets) + lost
    if not sent:
        return 0.0, 0.0
    loss_pct = 100.0 * lost / sent
    if sent * now.packet_ms < PLAYED * span_s * 1000:
        return loss_pct, loss_pct
    filled_ms = max(0.0, now.concealed_ms - before.concealed_ms)
    return loss_pct, min(100.0, 100.0 * filled_ms / (sent * now.packet_ms))
