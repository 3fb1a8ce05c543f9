"""A real store whose outbox a real sender empties into a real server, mostly through the proxy.

Runs in: tests.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from tests.support.crm_store import OpenStore
from tests.support.one_call import INTERACTION

from ctidesk.calls.ports import Interaction
from ctidesk.care.outgoing import OutgoingState
from ctidesk.crm import journal_sql, outbox, schema
from ctidesk.crm.fhir.breaker import Breaker
from ctidesk.crm.fhir.call_resources import Sealed
from ctidesk.crm.fhir.connect import CrmPlace, connect_sending
from ctidesk.crm.fhir.sending import Sending, Way
from ctidesk.crm.outgoing import SqlOutgoing
from ctidesk.crm.store import Lane

SEALED = Sealed(900, "c2hhMQ==", "ab" * 32)
HASTE = 0.005
"""Pauses are so much shorter than a user's."""


def call(call_id: str, **values: Any) -> Interaction:
    """A finished call like `one_call.INTERACTION`."""
    return dataclasses.replace(INTERACTION, call_id=call_id, line=None, consult_lines=(), **values)


class SendRig:
    """`base`: of the server or the proxy before it."""

    def __init__(
        self,
        folder: Path,
        base: str,
        read_s: float = 20.0,
        haste: float = HASTE,
        key: bytes | None = None,
        checkpoint_s: float | None = None,
    ) -> None:
        self.checkpoint_s = checkpoint_s
        self.opened = OpenStore(folder / "cache.db", key)
        self.opened.wait_open()
        self.desk = self.opened.desk
        self.base = base
        self.read_s = read_s
        self.haste = haste
        self.states: list[OutgoingState] = []
        self.sending = self._new()
        self.outgoing = SqlOutgoing(
            self.opened.store, self.sending.wake, self.sending.try_now, "DE"
        )

    def save(self, *interactions: Interaction) -> None:
        for each in interactions:
            self.opened.run(lambda c, each=each: journal_sql.save_interaction(c, each))
        self.sending.wake()

    def start(self) -> None:
        self.sending.start()

    def until(self, true: Callable[[], bool]) -> None:
        """Deliver until `true()`; the desk's patience bounds it."""
        self.desk.wait(true)

    def until_empty(self) -> None:
        """Nothing waits; whatever was given up stays."""
        while True:
            told = len(self.states)
            if not {row.state for row in self.rows()} & {outbox.WAITING, outbox.SENDING}:
                return
            self.until(lambda told=told: len(self.states) > told)

    def rows(self) -> list[Any]:
        query = select(schema.outbox).order_by(schema.outbox.c.id)
        found: list[Any] = self.opened.run(lambda c: c.execute(query).all(), Lane.READ)
        return found

    def states_of_rows(self) -> list[tuple[str, str]]:
        return [(row.kind, row.state) for row in self.rows()]

    def audit(self) -> list[tuple[str, str, str]]:
        table = schema.audit
        query = select(table.c.action, table.c.who, table.c.purpose).order_by(table.c.seq)
        rows = self.opened.run(lambda c: c.execute(query).all(), Lane.READ)
        return [(row.action, row.who, row.purpose) for row in rows]

    def close(self) -> None:
        assert self.sending.stop(30.0)
        self.opened.close()

    # ----------------------------------------------------------------- private

    def _new(self) -> Sending:
        return Sending(
            self._connect,
            self.desk.deliver,
            self.states.append,
            Breaker(jitter=lambda s: s * self.haste),
            self.checkpoint_s,
        )

    def _connect(self, stopped: Callable[[], bool]) -> Way:
        place = CrmPlace(server=self.base, source="CRM", region="DE", silence_s=self.read_s)
        return connect_sending(place, lambda: "", self.opened.store, lambda _: SEALED, stopped)
