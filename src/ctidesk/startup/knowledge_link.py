"""The knowledge base of a running desk: the centre's folder, or the examples, taken when the cache
has opened.

Runs in: desk process, Qt main thread; reading and writing have threads of their own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.care.knowledge import KnowledgeReport
from ctidesk.config.paths import resources
from ctidesk.crm.knowledge_folder import CENTRE, SHIPPED, KnowledgeFolder, has_own
from ctidesk.crm.store import StorePhase, StoreState, StoreThread
from ctidesk.ui.desk_commands import DeskCommand

log = logging.getLogger(__name__)

NOTICE = "knowledge"
Outcome = KnowledgeReport | KnownError


class KnowledgeLink:
    """`folder`: of the settings, "" for none. `on_taken(report)`: there is something new to read,
    or something is wrong."""

    def __init__(
        self, store: StoreThread, folder: str, on_taken: Callable[[Outcome], None]
    ) -> None:
        self._store = store
        self._folder = folder
        self._on_taken = on_taken
        self._running: KnowledgeFolder | None = None
        self._open = False

    def cache_changed(self, state: StoreState) -> None:
        """Read when it has opened; again when it is a new one, after damage."""
        opened = state.phase is StorePhase.OPEN
        if opened and not self._open:
            self.take()
        self._open = opened

    def take(self) -> None:
        """Read what changed; one reading at a time."""
        if self._running is not None:
            return
        if self._folder:
            self._take(Path(self._folder), CENTRE)
            return
        # what a command imported stays; only who has nothing of their own is given the examples

        def known(own: bool | KnownError) -> None:
            if own is False and self._running is None:
                self._take(resources() / "knowledge", SHIPPED)

        has_own(self._store, known)

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()

    def command(self) -> DeskCommand:
        return DeskCommand(
            name="desk.knowledge_again",
            title="Read the knowledge base again",
            group="Desk",
            run=self.take,
            possible=lambda: bool(self._folder),
            icon="sync",
            words="articles folder refresh reload",
        )

    def _take(self, folder: Path, source: str) -> None:
        self._running = KnowledgeFolder(self._store, folder, source)
        self._running.take(self._taken)

    def _taken(self, outcome: Outcome) -> None:
        self._running = None
        if isinstance(outcome, KnownError):
            log.info("the knowledge base was not read: %s", outcome.code)
        self._on_taken(outcome)


def trouble_of(outcome: Outcome) -> KnownError | None:
    """What the agent is told: nothing, while all is well."""
    if isinstance(outcome, KnownError):
        # a cache that closes or cannot be written says so itself
        return outcome if outcome.code == "knowledge_folder" else None
    if not outcome.problems:
        return None
    first = outcome.problems[0]
    more = len(outcome.problems) - 1
    text = f"Knowledge base: {first.text}" + (f" And {more:,} more." if more else "")
    return KnownError("bad_article", text, first.remedy)
