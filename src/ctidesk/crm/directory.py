"""Members, facilities and colleagues from the encrypted cache.

Runs in: desk process; called on Qt main, works on the store thread, answers by its `deliver`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ctidesk.calls import numbers
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.calls.text import plain
from ctidesk.care.member import Candidate, Lookup, MemberCard
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection

POP_PATIENCE_S = 0.9
"""The card must say "unavailable" within a second, whatever holds the cache up."""
READ_PATIENCE_S = 5.0
MAX_SEARCH = 100


class SqlMemberDirectory:
    """The `MemberDirectory` on SQLCipher. `region`: where the house stands (ISO 3166-1 alpha-2),
    for numbers without a country code. Never picks a candidate."""

    def __init__(self, store: StoreThread, region: str) -> None:
        self._store = store
        self._region = region

    def warm_up(self) -> None:
        """Load the numbering plans and compile the statements before the first caller waits."""

        def work(connection: Connection) -> None:
            from ctidesk.crm import lookup_sql

            numbers.warm_up(self._region)
            lookup_sql.find(connection, "+4930000000", self._region, 0.0)

        self._store.submit(Lane.READ, work)

    def find_by_number(self, number: str, done: Done[Lookup]) -> None:
        began = time.perf_counter()

        def work(connection: Connection) -> Lookup:
            from ctidesk.crm import lookup_sql

            return lookup_sql.find(connection, number, self._region, began)

        def answer(found: Lookup | KnownError) -> None:
            # a card that can't be had is an answer for the screen, no failure of the call
            if isinstance(found, KnownError):
                found = Lookup(number=plain(number, 32), e164="", reason="unavailable")
            done(found)

        if number:
            self._store.submit(Lane.POP, work, answer, patience_s=POP_PATIENCE_S)
        else:
            self._store.answer(done, Lookup(number="", e164="", reason="withheld"))

    def search(self, text: str, limit: int, done: Done[Sequence[Candidate]]) -> None:
        def work(connection: Connection) -> Sequence[Candidate]:
            from ctidesk.crm import lookup_sql

            return lookup_sql.search(connection, text, self._region, min(limit, MAX_SEARCH))

        self._store.submit(Lane.READ, work, done, patience_s=READ_PATIENCE_S)

    def card(self, member_id: str, done: Done[MemberCard]) -> None:
        def work(connection: Connection) -> MemberCard:
            from ctidesk.crm import card_sql

            return card_sql.card(connection, member_id)

        self._store.submit(Lane.POP, work, done, patience_s=READ_PATIENCE_S)

    def numbers_of(self, candidate: Candidate, done: Done[Sequence[str]]) -> None:
        def work(connection: Connection) -> Sequence[str]:
            from ctidesk.crm import owners_sql

            return owners_sql.dialable_numbers(connection, candidate.key)

        self._store.submit(Lane.READ, work, done, patience_s=READ_PATIENCE_S)
