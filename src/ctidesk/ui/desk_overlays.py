"""What lies over the panels of the desk window when it is asked for.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from ctidesk.ui.desk_commands import DeskCommands
from ctidesk.ui.desk_presenters import DeskPresenters
from ctidesk.ui.figures.view import FiguresOverlay
from ctidesk.ui.palette.presenter import PalettePresenter
from ctidesk.ui.palette.view import PaletteView
from ctidesk.ui.shortcuts.overview import ShortcutOverview
from ctidesk.ui.shortcuts.table import Shortcuts
from ctidesk.ui.sound.view import SoundOverlay
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.work_list.overlay import WorkOverlay


class DeskOverlays:
    """`below`: all under the call bar, which is never covered. `colleagues`: names, to hand work
    over to."""

    def __init__(
        self,
        around: Surroundings,
        below: QWidget,
        shown: DeskPresenters,
        commands: DeskCommands,
        shortcuts: Shortcuts,
        colleagues: Sequence[str],
    ) -> None:
        self._around, self._below, self._presenters = around, below, shown
        self._colleagues = colleagues
        theme = around.theme
        self.palette = PaletteView(
            theme, below, PalettePresenter(commands, shortcuts, hidden="desk.palette")
        )
        self.shortcuts = ShortcutOverview(theme, below, shortcuts)
        self.figures = FiguresOverlay(theme, below, shown.figures)
        self.sound = SoundOverlay(theme, below, shown.sound)
        self._work: WorkOverlay | None = None

    def work(self) -> WorkOverlay:
        """Made when it is first wanted: few look at it before their first call."""
        if self._work is None:
            self._work = WorkOverlay(
                self._around, self._below, self._presenters.work, self._colleagues
            )
        return self._work
