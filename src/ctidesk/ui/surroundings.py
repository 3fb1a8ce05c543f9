"""What every view is given: the look, the one tick per second, the clock.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.calls.ports import Clock
from ctidesk.ui.theme.scale import Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.widgets.timer import SecondTick, TimerLabel


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One per window, owned by the composition root."""

    theme: Theme
    tick: SecondTick
    clock: Clock

    def timer(self, size: Type = Type.BODY, name: str = "") -> TimerLabel:
        return TimerLabel(self.theme, self.tick, self.clock, size, name)
