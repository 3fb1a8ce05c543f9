"""The event log, the drafts and the finished interactions in the encrypted cache.

Runs in: desk process; called on Qt main, works on the store thread, answers by its `deliver`.
"""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ctidesk.calls.agent_events import LogEvent, WrapUpSaved
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import TELEMETRY, DtmfReceived
from ctidesk.calls.ports import Clock, Done, Interaction, WrapUpDraft
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SqlCallJournal:
    """The `CallJournal` on SQLCipher. Events and drafts are kept in memory while the cache can't
    be written (locked, disk full, not unlocked yet) and written as soon as it can. The loads see
    all that was confirmed before; they do not wait for what is still queued. `on_queued()`: a
    message for the CRM was saved. `who`: the agent, as the audit trail names her."""

    def __init__(
        self,
        store: StoreThread,
        clock: Clock,
        boot_id: str = "",
        on_queued: Callable[[], None] | None = None,
        who: str = "",
    ) -> None:
        self._store = store
        self._on_queued = on_queued
        self._clock = clock
        self._who = who
        self._boot_id = boot_id or this_boot(clock)

    def append(self, event: LogEvent, done: Done[None] | None = None) -> None:
        """Telemetry is not kept, nor is which key a caller pressed (it may be card data)."""
        if isinstance(event, TELEMETRY):
            if done is not None:
                self._store.answer(done, None)
            return
        kept = dataclasses.replace(event, digit="") if isinstance(event, DtmfReceived) else event

        def work(connection: Connection) -> None:
            from ctidesk.crm import journal_sql

            journal_sql.append(connection, kept, self._boot_id, self._who)

        self._store.submit(Lane.WRITE, work, done, patience_s=math.inf)

    def load_since(self, t_wall: float, done: Done[Sequence[LogEvent]]) -> None:
        def work(connection: Connection) -> Sequence[LogEvent]:
            from ctidesk.crm import journal_sql

            return journal_sql.load_since(
                connection, t_wall, self._boot_id, self._clock.mono(), self._clock.wall()
            )

        self._store.submit(Lane.READ, work, done)

    def save_draft(self, draft: WrapUpDraft, done: Done[None] | None = None) -> None:
        saved_wall = self._clock.wall()

        def work(connection: Connection) -> None:
            from ctidesk.crm import journal_sql

            journal_sql.save_draft(connection, draft, saved_wall)

        self._store.submit(Lane.WRITE, work, done, patience_s=math.inf)

    def load_drafts(self, done: Done[Sequence[WrapUpDraft]]) -> None:
        def work(connection: Connection) -> Sequence[WrapUpDraft]:
            from ctidesk.crm import journal_sql

            return journal_sql.load_drafts(connection)

        self._store.submit(Lane.READ, work, done)

    def save_interaction(
        self, interaction: Interaction, done: Done[None], stamp: WrapUpSaved | None = None
    ) -> None:
        def work(connection: Connection) -> None:
            from ctidesk.crm import journal_sql

            journal_sql.save_interaction(connection, interaction)
            if stamp is not None:
                journal_sql.append(connection, stamp, self._boot_id)

        def saved(outcome: KnownError | None) -> None:
            if outcome is None and self._on_queued is not None:
                self._on_queued()
            done(outcome)

        self._store.submit(Lane.WRITE, work, saved)

    def recordings_are(self, found: Mapping[str, str]) -> None:
        """Manifest by call id, of the recordings on this computer: rows that do not know theirs
        learn it."""

        def work(connection: Connection) -> None:
            from ctidesk.crm import journal_sql

            journal_sql.recordings_are(connection, found)

        self._store.submit(Lane.WRITE, work, None, patience_s=math.inf)

    def outbox_waiting(self, done: Done[int]) -> None:
        def work(connection: Connection) -> int:
            from ctidesk.crm import outbox

            return outbox.waiting(connection)

        self._store.submit(Lane.READ, work, done)


def this_boot(clock: Clock) -> str:
    """An id that changes when the monotonic clock starts anew."""
    if sys.platform == "linux":
        try:
            return _BOOT_ID.read_text("ascii").strip()
        except OSError:
            pass  # a container without /proc: tell it by the time of the boot
    return f"boot-{round((clock.wall() - clock.mono()) / 60)}"
