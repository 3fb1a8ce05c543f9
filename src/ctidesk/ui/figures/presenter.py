"""Handle time split in its parts: of the calls at hand, the shift, each reason and each party.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ctidesk.calls.call import Call
from ctidesk.calls.desk import CallDesk
from ctidesk.calls.ports import Clock
from ctidesk.metrics.shift import Figures, ShiftStatistics
from ctidesk.ui import words
from ctidesk.ui.figures.lines import LineLine
from ctidesk.ui.live import Live, but_telemetry

NO_FIGURE = "–"
MAX_REASONS = 12
"""More codes than these fit no screen; the rest is in the sum above them."""


@dataclass(frozen=True, slots=True)
class FigureLine:
    """Times as text, "–" where there is no figure. `count` is "" for a single call."""

    name: str
    count: str
    total: str
    dial: str
    talk: str
    hold: str
    wrap_up: str


@dataclass(frozen=True, slots=True)
class FiguresState:
    """`now`: the calls at hand, live, each with its excused time below it. `unexcused`: the shift
    without that time (R24), empty where there was none. `occupancy`: "72 %" or "–"."""

    now: tuple[FigureLine, ...]
    shift: FigureLine
    unexcused: tuple[FigureLine, ...]
    by_reason: tuple[FigureLine, ...]
    by_party: tuple[FigureLine, ...]
    occupancy: str
    lines: tuple[LineLine, ...] = ()


class FiguresPresenter:
    """Derived from the event log alone; `code_label` puts a wrap-up code in words, `name_of` a
    call."""

    def __init__(
        self,
        desk: CallDesk,
        statistics: ShiftStatistics,
        clock: Clock,
        code_label: Callable[[str], str],
        name_of: Callable[[Call], str],
    ) -> None:
        self._desk = desk
        self._statistics = statistics
        self._clock = clock
        self._code_label = code_label
        self._name_of = name_of
        self.lines: Callable[[], tuple[LineLine, ...]] = tuple
        """How the lines of the last calls were."""
        self.live = Live(self._state)
        self.shown = False
        """Whether somebody looks: only then the times run."""
        desk.subscribe(but_telemetry(lambda _change: self.tick()))

    def tick(self) -> None:
        """Once a second while a call or a wrap-up runs, and at each event."""
        if self.shown:
            self.live.refresh()

    def _state(self) -> FiguresState:
        now = self._clock.mono()
        statistics = self._statistics
        whole = statistics.figures(now)
        return FiguresState(
            now=tuple(
                line
                for call in self._desk.calls.values()
                if not call.consult_of
                for line in self._call(call, now)
            ),
            shift=_line("All handled calls", whole),
            unexcused=_unexcused(whole),
            by_reason=tuple(
                _line(self._code_label(code) or "No code", statistics.figures(now, reason=code))
                for code in statistics.reasons()[:MAX_REASONS]
            ),
            by_party=tuple(
                _line(
                    words.PARTY_WORDS[words.party_of(party)],
                    statistics.figures(now, party=party),
                )
                for party in statistics.parties()
            ),
            occupancy=NO_FIGURE if whole.occupancy is None else f"{whole.occupancy:.0%}",
            lines=self.lines(),
        )

    def _call(self, call: Call, now: float) -> tuple[FigureLine, ...]:
        time = self._statistics.call(call.call_id, now)
        if time is None or not time.answered:
            return ()
        line = FigureLine(
            name=self._name_of(call),
            count="",
            total=words.short_duration(time.total_s),
            dial=words.short_duration(time.dial_s),
            talk=words.short_duration(time.talk_s),
            hold=words.short_duration(time.hold_s),
            wrap_up=words.short_duration(time.wrap_up_s),
        )
        if not time.excuses:
            return (line,)
        return line, _total_only(f"of it excused: {', '.join(time.excuses)}", "", time.excused_s)


def _line(name: str, figures: Figures) -> FigureLine:
    return FigureLine(
        name=name,
        count=str(figures.handled),
        total=_time(figures.aht_s),
        dial=_time(figures.average_dial_s),
        talk=_time(figures.average_talk_s),
        hold=_time(figures.average_hold_s),
        wrap_up=_time(figures.average_wrap_up_s),
    )


def _unexcused(figures: Figures) -> tuple[FigureLine, ...]:
    if not figures.excused_calls:
        return ()
    count = str(figures.excused_calls)
    return (
        _total_only("Without excused time", str(figures.handled), figures.unexcused_aht_s),
        _total_only("Excused time in all", count, figures.excused_s),
    )


def _total_only(name: str, count: str, seconds: float | None) -> FigureLine:
    return FigureLine(name, count, _time(seconds), "", "", "", "")


def _time(seconds: float | None) -> str:
    return NO_FIGURE if seconds is None else words.short_duration(seconds)
