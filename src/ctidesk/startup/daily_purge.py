"""Erases members whom the centre no longer serves: after the start, once a day, and when asked.

Runs in: desk process, Qt main thread; the work is done on the store thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QTimer

from ctidesk.calls.errors import KnownError
from ctidesk.crm.purge import PurgeReport, purge
from ctidesk.startup.parts import Parts
from ctidesk.ui.desk_commands import DeskCommand

log = logging.getLogger(__name__)

DAY_S = 86_400.0
LOOK_MS = 15 * 60 * 1000
"""A computer that slept knows by the clock that a day has passed, and by no timer."""


class DailyPurge:
    """`tell(sentence, problem)` is called after a run that was asked for, or that erased somebody.
    With `[data] keep_days = 0` nothing is ever erased."""

    def __init__(self, parts: Parts, tell: Callable[[str, KnownError | None], None]) -> None:
        self._parts = parts
        self._keep_days = parts.settings.data.keep_days
        self._tell = tell
        self._last_wall: float | None = None
        self._busy = False
        self._asked = False
        self.last: PurgeReport | KnownError | None = None
        """What came of the latest run."""
        self._timer = QTimer()
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._due)

    def start(self) -> None:
        """The cache is open."""
        if self._keep_days:
            self._timer.start()
            self._run()

    def stop(self) -> None:
        self._timer.stop()

    def run_now(self) -> None:
        """The user asked for it: it is told what came of it, even if that is nothing."""
        if not self._keep_days:
            self._tell(
                "Members are kept for ever here.",
                KnownError("purge_off", "", "[data] keep_days says how long they are kept."),
            )
            return
        self._asked = True
        self._run()

    # ----------------------------------------------------------------- private

    def _due(self) -> None:
        now = self._parts.clock.wall()
        # a clock that was put back must not stop it for long
        if self._last_wall is None or not 0 <= now - self._last_wall < DAY_S:
            self._run()

    def _run(self) -> None:
        if self._busy:
            return
        self._busy = True
        self._last_wall = self._parts.clock.wall()
        wall = self._parts.clock.wall
        purge(self._parts.store, self._keep_days, self._done, shown=self._shown, wall=wall)

    def _shown(self) -> frozenset[str]:
        desk, pop = self._parts.desk, self._parts.pop
        opened = {desk.context(call_id).member_id for call_id in desk.calls}
        found = {c.member_id for lookup in pop.lookups.values() for c in lookup.candidates}
        return frozenset(opened | found)

    def _done(self, answer: PurgeReport | KnownError) -> None:
        self._busy, asked, self._asked = False, self._asked, False
        self.last = answer
        if isinstance(answer, KnownError):
            log.warning("members no longer served were not erased: %s", answer.code)
            if asked:
                self._tell(f"Nothing was erased: {answer.text}", answer)
        elif asked or answer.count:
            self._tell(answer.sentence, None)


def purge_command(daily: DailyPurge) -> DeskCommand:
    """For the palette."""
    return DeskCommand(
        name="data.purge",
        title="Erase members no longer served",
        group="Data",
        run=daily.run_now,
        icon="trash",
        words="purge delete keep days retention ttl",
    )
