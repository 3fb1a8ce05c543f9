"""The sync centre's side of the outbox.

Runs in: desk process; called on Qt main, works on the store thread, answers by its `deliver`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.care.outgoing import Correction, Entry, OutgoingItem
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ctidesk.crm.corrections_sql import Hand

READ_PATIENCE_S = 5.0


class SqlOutgoing:
    """The `Outgoing` on SQLCipher. `sender_woken()`: tells the sender that something may go now;
    `asked_now()`: that it must not wait for its next try. `region`, `member_system`: as in
    `fhir.reading.Surroundings`."""

    def __init__(
        self,
        store: StoreThread,
        sender_woken: Callable[[], None],
        asked_now: Callable[[], None],
        region: str,
        member_system: str = "",
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._woken = sender_woken
        self._asked_now = asked_now
        self._region = region
        self._member_system = member_system
        self._wall = wall

    def items(self, limit: int, done: Done[Sequence[OutgoingItem]]) -> None:
        def work(connection: Connection) -> Sequence[OutgoingItem]:
            from ctidesk.crm import outgoing_sql

            return outgoing_sql.items(connection, limit)

        self._store.submit(Lane.READ, work, done, patience_s=READ_PATIENCE_S)

    def retry(self, item_id: int, who: str, done: Done[None]) -> None:
        def work(connection: Connection) -> None:
            from ctidesk.crm import outgoing_sql

            outgoing_sql.retry(connection, item_id, self._hand(who))

        self._decide(work, done)

    def edit(self, item_id: int, values: Mapping[str, str], who: str, done: Done[None]) -> None:
        def work(connection: Connection) -> None:
            from ctidesk.crm import outgoing_sql

            outgoing_sql.edit(connection, item_id, values, self._hand(who))

        self._decide(work, done)

    def decide(self, item_id: int, values: Mapping[str, str], who: str, done: Done[None]) -> None:
        def work(connection: Connection) -> None:
            from ctidesk.crm import outgoing_sql

            outgoing_sql.decide(connection, item_id, values, self._hand(who))

        self._decide(work, done)

    def discard(self, item_id: int, reason: str, who: str, done: Done[None]) -> None:
        def work(connection: Connection) -> None:
            from ctidesk.crm import outgoing_sql

            outgoing_sql.discard(connection, item_id, reason, self._hand(who))

        self._decide(work, done)

    def try_now(self) -> None:
        self._asked_now()

    def details(self, member_id: str, done: Done[Sequence[Entry]]) -> None:
        def work(connection: Connection) -> Sequence[Entry]:
            from ctidesk.crm import corrections_sql

            return corrections_sql.entries(connection, member_id)

        self._store.submit(Lane.READ, work, done, patience_s=READ_PATIENCE_S)

    def correct(self, correction: Correction, who: str, done: Done[bool]) -> None:
        def work(connection: Connection) -> bool:
            from ctidesk.crm import corrections_sql

            seen, now = correction.seen, correction.now
            return corrections_sql.correct(
                connection, correction.member_id, seen, now, self._hand(who)
            )

        def corrected(outcome: bool | KnownError) -> None:
            if outcome is True:
                self._woken()
            done(outcome)

        self._store.submit(Lane.WRITE, work, corrected)

    def _hand(self, who: str) -> Hand:
        from ctidesk.crm.corrections_sql import Hand
        from ctidesk.crm.fhir.reading import Surroundings

        return Hand(who, self._wall(), Surroundings(self._region, self._member_system))

    def _decide(self, work: Callable[[Connection], None], done: Done[None]) -> None:
        def decided(outcome: KnownError | None) -> None:
            if outcome is None:
                self._woken()
            done(outcome)

        self._store.submit(Lane.WRITE, work, decided)
