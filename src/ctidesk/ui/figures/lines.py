"""How the lines of the last calls were, in words, for the sheet of figures.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ctidesk.calls.agent_events import LogEvent
from ctidesk.calls.desk import CallDesk
from ctidesk.calls.line_quality import Side, Trouble, verdict_of
from ctidesk.calls.text import plain
from ctidesk.metrics.lines import CallLine, RecentLines
from ctidesk.ui.live import but_telemetry
from ctidesk.ui.quality.presenter import VERDICT_WORDS, codec_word, trouble_words

NO_FIGURE = "–"
MAX_QUEUE_CHARS = 24


@dataclass(frozen=True, slots=True)
class LineLine:
    """One call. `detail`: codec, encryption, and what was warned of."""

    name: str
    word: str
    mos: str
    lowest: str
    loss: str
    jitter: str
    round_trip: str
    detail: str


class LinesPresenter:
    """`time_of_day(t_wall)` gives the local time such as "06:41"."""

    def __init__(self, desk: CallDesk, time_of_day: Callable[[float], str]) -> None:
        self._recent = RecentLines()
        self._time_of_day = time_of_day
        desk.subscribe(but_telemetry(self._recent.add))

    def take_log(self, log: Iterable[LogEvent]) -> None:
        """The whole log, from `recall`."""
        self._recent.take_log(log)

    def lines(self) -> tuple[LineLine, ...]:
        """Newest first."""
        return tuple(self._line(each) for each in self._recent.latest())

    def _line(self, one: CallLine) -> LineLine:
        record = one.record
        way = "Consultation" if one.consult else "In" if one.inbound else "Out"
        queue = f" · {plain(one.queue, MAX_QUEUE_CHARS)}" if one.queue else ""
        warned = "; ".join(_warned(each) for each in record.warnings)
        safe = "encrypted" if record.encrypted else "not encrypted"
        return LineLine(
            name=f"{self._time_of_day(one.began_wall)} {way}{queue}",
            word=VERDICT_WORDS[verdict_of(record.mos_mean)],
            mos=f"{record.mos_mean:.1f}",
            lowest=f"{record.mos_min:.1f}",
            loss=f"{record.loss_pct:.1f} %",
            jitter=f"{record.jitter_max_ms:.0f} ms",
            round_trip=NO_FIGURE if record.rtt_mean_ms is None else f"{record.rtt_mean_ms:.0f} ms",
            detail=" · ".join(filter(None, (codec_word(record.codec), safe, warned))),
        )


def _warned(warning: str) -> str:
    """ "loss here" → "packets get lost, you hear it"; a newer desk's word as it is."""
    trouble, _, side = warning.partition(" ")
    try:
        return trouble_words(Trouble(trouble), Side(side))
    except ValueError:
        return plain(warning)
