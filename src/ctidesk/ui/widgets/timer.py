"""Running times: one tick per second for the whole desk, and none while nothing runs.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from weakref import WeakSet

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel

from ctidesk.calls.ports import Clock
from ctidesk.ui.theme.scale import SEMIBOLD, Type
from ctidesk.ui.theme.theme import Theme, set_tone
from ctidesk.ui.theme.tokens import Role

TICK_MS = 1000


def clock_text(seconds: float) -> str:
    """ "03:41", "1:02:03"; a negative time counts as zero."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes:02}:{left:02}"


def spoken_time(seconds: float) -> str:
    """For screen readers: "3 minutes 41 seconds"."""
    whole = max(0, int(seconds))
    parts = [(whole // 3600, "hour"), (whole % 3600 // 60, "minute"), (whole % 60, "second")]
    words = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n]
    return " ".join(words) or "0 seconds"


class SecondTick(QObject):
    """`ticked` once a second while somebody is subscribed. One per desk."""

    ticked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._subscribers: WeakSet[QObject] = WeakSet()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        # a coarse timer strays by 50 ms: now and then a second would be skipped on the screen
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    @property
    def running(self) -> bool:
        return self._timer.isActive()

    def subscribe(self, who: QObject) -> None:
        """Does not keep `who` alive; one that was deleted drops out at the next tick."""
        self._subscribers.add(who)
        if not self._timer.isActive():
            self._timer.start()

    def unsubscribe(self, who: QObject) -> None:
        self._subscribers.discard(who)
        if not self._subscribers:
            self._timer.stop()

    def _beat(self) -> None:
        for who in list(self._subscribers):
            if not shiboken6.isValid(who):
                self._subscribers.discard(who)
        if self._subscribers:
            self.ticked.emit()
        else:
            self._timer.stop()


class TimerLabel(QLabel):
    """A time that runs up from a moment, down to one, or stands. Paused while it is not visible:
    what it shows follows from the clock alone."""

    ran_out = Signal()
    """The moment of `count_down` was reached; emitted once."""

    def __init__(
        self, theme: Theme, tick: SecondTick, clock: Clock, size: Type = Type.BODY, name: str = ""
    ) -> None:
        super().__init__()
        self._tick, self._clock, self._name = tick, clock, name
        self._since: float | None = None
        self._until: float | None = None
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.figures(size, SEMIBOLD if size is Type.TIMER else 400))
        set_tone(self, Role.TEXT)
        tick.ticked.connect(self._render)
        self.show_seconds(0)

    @property
    def is_running(self) -> bool:
        return self._since is not None or self._until is not None

    def count_up(self, since_mono: float) -> None:
        """Show the time since `since_mono` (seconds, monotonic clock)."""
        self._since, self._until = since_mono, None
        self._follow()

    def count_down(self, until_mono: float) -> None:
        """Show the time left until `until_mono` (seconds, monotonic clock)."""
        self._since, self._until = None, until_mono
        self._follow()

    def show_seconds(self, seconds: float) -> None:
        """Stand at `seconds`."""
        self._since = self._until = None
        self._tick.unsubscribe(self)
        self._write(seconds)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._follow()

    def _follow(self) -> None:
        # a countdown has to run out even where nobody looks
        if self.is_running and (self.isVisible() or self._until is not None):
            self._tick.subscribe(self)
        else:
            self._tick.unsubscribe(self)
        self._render()

    def _render(self) -> None:
        now = self._clock.mono()
        if self._since is not None:
            self._write(now - self._since)
        elif self._until is not None:
            left = self._until - now
            self._write(left + 0.999)
            if left <= 0:
                self.show_seconds(0)
                self.ran_out.emit()

    def _write(self, seconds: float) -> None:
        text = clock_text(seconds)
        if text != self.text():
            self.setText(text)
            said = spoken_time(seconds)
            self.setAccessibleName(f"{self._name}: {said}" if self._name else said)
