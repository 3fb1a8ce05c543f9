"""How good a line is: from figures to a verdict that does not flap, and the record of a call.

Runs in: engine process (loop thread) and desk process (Qt main thread). Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

GOOD_MOS, FAIR_MOS, POOR_MOS = 4.03, 3.60, 3.10
"""Satisfaction of users by R = 80, 70, 60: ITU-T G.107, Annex B, table B.1."""
HEARD_LOSS_PCT = 3.0
"""Lost packets that people notice before the score falls."""
NO_AUDIO_S = 4.0
"""Longer than any packet is late."""
SILENT_MIC_S = 30.0
"""Long enough for somebody who only listens to a long story."""
WORSE_S, BETTER_S = 3.0, 6.0
"""How long figures must be worse, or better, before the verdict follows."""
EASE_MOS, EASE_LOSS = 0.1, 1.5
"""How much more than the step itself a better verdict needs."""
LONGEST_STEP_S = 5.0
_LOUD_LOSS_PCT, _LOUD_DELAY_MS = 7.0, 300.0
"""Each alone makes a good line poor: the measure of which of them is to blame."""


class Verdict(StrEnum):
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    BAD = "bad"


class Trouble(StrEnum):
    """What is to be told to the agent; NONE also for a line that is merely fair."""

    NONE = "none"
    LOSS = "loss"
    JITTER = "jitter"  # packets come too late to be played
    DELAY = "delay"
    NO_AUDIO = "no_audio"
    SILENT_MIC = "silent_mic"


class Side(StrEnum):
    """Who hears it: the agent, the other end, both."""

    HERE = "here"
    THERE = "there"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class LineState:
    verdict: Verdict = Verdict.GOOD
    trouble: Trouble = Trouble.NONE
    side: Side = Side.HERE

    @property
    def severity(self) -> tuple[int, bool]:
        return _RANKS[self.verdict], self.trouble is not Trouble.NONE


_RANKS = {verdict: rank for rank, verdict in enumerate(Verdict)}


class LinkKind(StrEnum):
    """How this computer is connected."""

    WIFI = "wifi"
    CABLE = "cable"
    UNKNOWN = "unknown"


Link = Callable[[], LinkKind]
"""Port: how the computer is connected now. Returns at once."""


def unknown_link() -> LinkKind:
    """Where nobody can tell."""
    return LinkKind.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFigures:
    """Of the last seconds. `loss_pct`: of what the network should have brought; `concealed_pct`:
    of what should have been played, late packets too. `far_*`: what the other end reports of
    our voice (RTCP), None without a report. `rtt_ms` is 0 until measured. `silent_s`: since when
    nothing has come of what should come; `mic_silent_s`: since when the microphone gives
    nothing at all."""

    mos: float
    loss_pct: float
    jitter_ms: float
    rtt_ms: float
    concealed_pct: float = 0.0
    far_mos: float | None = None
    far_loss_pct: float | None = None
    far_jitter_ms: float | None = None
    silent_s: float = 0.0
    mic_silent_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRecord:
    """A call's line from its first to its last measurement: means over time and worst moments.
    `rtt_*` and `far_*` are None where nobody reported. `encrypted`: all the time. `warnings`: what
    was wrong, as "loss here", each once, in order. Nothing about people."""

    measured_s: float
    mos_mean: float
    mos_min: float
    loss_pct: float
    loss_max_pct: float
    concealed_pct: float
    jitter_max_ms: float
    rtt_mean_ms: float | None = None
    rtt_max_ms: float | None = None
    far_loss_pct: float | None = None
    far_mos_min: float | None = None
    codec: str = ""
    encrypted: bool = False
    warnings: tuple[str, ...] = ()


def judged(figures: LineFigures, ease: bool = False) -> LineState:
    """The state that these figures alone speak for. `ease`: with the steps moved, as they are for
    a line that was worse before."""
    if figures.silent_s >= NO_AUDIO_S:
        return LineState(Verdict.BAD, Trouble.NO_AUDIO, Side.HERE)
    less = EASE_MOS if ease else 0.0
    here = verdict_of(figures.mos - less)
    there = Verdict.GOOD if figures.far_mos is None else verdict_of(figures.far_mos - less)
    noticed = HEARD_LOSS_PCT / (EASE_LOSS if ease else 1.0)
    far_loss = figures.far_loss_pct or 0.0
    bad_here = _RANKS[here] >= _RANKS[Verdict.POOR] or figures.loss_pct >= noticed
    bad_there = _RANKS[there] >= _RANKS[Verdict.POOR] or far_loss >= noticed
    verdict = max(here, there, key=lambda each: _RANKS[each])
    if bad_here or bad_there:
        side = Side.BOTH if bad_here and bad_there else Side.HERE if bad_here else Side.THERE
        return LineState(verdict, _culprit(figures, side), side)
    if figures.mic_silent_s >= SILENT_MIC_S:
        return LineState(verdict, Trouble.SILENT_MIC, Side.THERE)
    return LineState(verdict)


def verdict_of(mos: float) -> Verdict:
    """The word for a score."""
    steps = ((GOOD_MOS, Verdict.GOOD), (FAIR_MOS, Verdict.FAIR), (POOR_MOS, Verdict.POOR))
    return next((verdict for least, verdict in steps if mos >= least), Verdict.BAD)


def _culprit(figures: LineFigures, side: Side) -> Trouble:
    """What takes most of the quality where it is worst heard."""
    far = figures.far_loss_pct or 0.0
    loss = {Side.HERE: figures.loss_pct, Side.THERE: far}.get(side, max(figures.loss_pct, far))
    late = 0.0 if side is Side.THERE else max(0.0, figures.concealed_pct - figures.loss_pct)
    blame = {
        Trouble.LOSS: loss / _LOUD_LOSS_PCT,
        Trouble.JITTER: late / _LOUD_LOSS_PCT,
        Trouble.DELAY: figures.rtt_ms / 2 / _LOUD_DELAY_MS,
    }
    return max(blame, key=lambda trouble: blame[trouble])


class LineJudge:
    """The verdict on one line. It follows the figures when they have been worse for `WORSE_S`, or
    better by a margin for `BETTER_S`, without a break."""

    def __init__(self) -> None:
        self.state = LineState()
        self._way = 0
        """1: the figures are worse than the state, or tell of another trouble; -1: better."""
        self._since = 0.0
        self._coming = LineState()

    def take(self, figures: LineFigures, t_mono: float) -> LineState | None:
        """The new state when it changed."""
        seen = judged(figures)
        if seen.severity < self.state.severity:
            eased = judged(figures, ease=True)
            seen = eased if eased.severity < self.state.severity else self.state
        way = self._way_to(seen)
        if way != self._way:
            self._way, self._since, self._coming = way, t_mono, seen
        elif (way > 0) == (seen.severity <= self._coming.severity):
            # of all that was seen in this stretch, what is nearest to the present state
            self._coming = seen
        if not way or t_mono - self._since < (WORSE_S if way > 0 else BETTER_S):
            return None
        self._way, self.state = 0, self._coming
        return self.state

    def rest(self) -> LineState | None:
        """Nothing is to be heard now (hold): whatever was wrong is over, as far as one can know."""
        self._way = 0
        if self.state == LineState():
            return None
        self.state = LineState()
        return self.state

    def _way_to(self, seen: LineState) -> int:
        if seen.severity < self.state.severity:
            return -1
        other = seen.trouble is not self.state.trouble or seen.side is not self.state.side
        worse = seen.severity > self.state.severity
        return 1 if worse or (other and seen.trouble is not Trouble.NONE) else 0


class LineBook:
    """Judges a line and sums up what becomes the call's record. Owned by whoever measures."""

    def __init__(self) -> None:
        self._judge = LineJudge()
        self._last_mono: float | None = None
        self._sums: dict[str, float] = {}
        self._weights: dict[str, float] = {}
        self._lows: dict[str, float] = {}
        self._highs: dict[str, float] = {}
        self._codec = ""
        self._encrypted = True
        self._warnings: dict[str, None] = {}

    def take(
        self, figures: LineFigures, t_mono: float, codec: str, encrypted: bool
    ) -> LineState | None:
        """One more measurement; the new state when the verdict changed."""
        step_s = 1.0 if self._last_mono is None else t_mono - self._last_mono
        self._last_mono = t_mono
        self._count(figures, min(LONGEST_STEP_S, max(0.0, step_s)))
        self._codec = codec or self._codec
        self._encrypted &= encrypted
        changed = self._judge.take(figures, t_mono)
        if changed is not None and changed.trouble is not Trouble.NONE:
            self._warnings[f"{changed.trouble.value} {changed.side.value}"] = None
        return changed

    def rest(self) -> LineState | None:
        """The call is on hold, or its stream begins anew."""
        self._last_mono = None
        return self._judge.rest()

    def record(self) -> LineRecord | None:
        """What has been measured so far; None for nothing."""
        if "mos" not in self._sums:
            return None
        return LineRecord(
            measured_s=round(self._weights["mos"], 1),
            mos_mean=self._mean("mos", 2) or 1.0,
            mos_min=round(self._lows["mos"], 2),
            loss_pct=self._mean("loss_pct", 2) or 0.0,
            loss_max_pct=round(self._highs["loss_pct"], 2),
            concealed_pct=self._mean("concealed_pct", 2) or 0.0,
            jitter_max_ms=round(self._highs["jitter_ms"], 1),
            rtt_mean_ms=self._mean("rtt_ms", 1),
            rtt_max_ms=_rounded(self._highs.get("rtt_ms"), 1),
            far_loss_pct=self._mean("far_loss_pct", 2),
            far_mos_min=_rounded(self._lows.get("far_mos"), 2),
            codec=self._codec,
            encrypted=self._encrypted,
            warnings=tuple(self._warnings),
        )

    def _count(self, figures: LineFigures, step_s: float) -> None:
        for name in ("mos", "loss_pct", "concealed_pct", "jitter_ms", "far_loss_pct", "far_mos"):
            self._add(name, getattr(figures, name), step_s)
        self._add("rtt_ms", figures.rtt_ms or None, step_s)

    def _add(self, name: str, value: float | None, step_s: float) -> None:
        if value is None:
            return
        self._sums[name] = self._sums.get(name, 0.0) + value * step_s
        self._weights[name] = self._weights.get(name, 0.0) + step_s
        self._lows[name] = min(value, self._lows.get(name, value))
        self._highs[name] = max(value, self._highs.get(name, value))

    def _mean(self, name: str, digits: int) -> float | None:
        weight = self._weights.get(name, 0.0)
        return round(self._sums[name] / weight, digits) if weight > 0 else None


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
