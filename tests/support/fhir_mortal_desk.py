"""A desk's store and sender in a process of its own, which kills itself at a statement.

Runs in: a child of the tests: `python -m tests.support.fhir_mortal_desk PATH BASE DIES_AFTER JSON`.
DIES_AFTER counts statements and HTTP exchanges (before and after each) over all threads; 0: never.
JSON: what to save, calls as [call_id, member_id, follow_up] and corrections of the mobile number of
Patient/p1, who must be on the server, as [id, "p1", number]. Prints a line with the id of each
confirmed save, and "empty" when nothing waits any more.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from tests.support.fhir_sending import SendRig, call

from ctidesk.crm import corrections_sql, journal_sql, outbox
from ctidesk.crm.corrections_sql import Hand
from ctidesk.crm.fhir import exact
from ctidesk.crm.fhir.directory_rows import From
from ctidesk.crm.fhir.kinds import READERS
from ctidesk.crm.fhir.reading import Surroundings, read
from ctidesk.crm.fhir.resource_rows import Item, ResourceRows
from ctidesk.crm.fhir.transport import Http, Reply, Request
from ctidesk.crm.store import Lane

KEY = bytes(range(32))
AROUND = Surroundings("DE")
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"family": "Doe"}],
    "telecom": [{"system": "phone", "use": "mobile", "value": "+49 171 0"}],
}
LONGEST_S = 25.0
_points = itertools.count(1)


def point(dies_after: int) -> None:
    if next(_points) == dies_after:
        os.kill(os.getpid(), signal.SIGKILL)


def mortal(dies_after: int) -> None:
    def statement(*_: Any) -> None:
        point(dies_after)

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "after_cursor_execute", statement)
    event.listen(Engine, "commit", statement)
    send = Http.send

    def sent(self: Http, request: Request) -> Reply:
        point(dies_after)
        reply = send(self, request)
        point(dies_after)
        return reply

    Http.send = sent  # type: ignore[method-assign]


def know_the_patient(connection: Any) -> None:
    """As an earlier pull left them; what was corrected since stays."""
    if connection.exec_driver_sql("SELECT 1 FROM fhir_resources").first() is None:
        reading = read(PATIENT, AROUND, READERS)
        assert reading is not None
        rows = ResourceRows(connection, From("CRM", 1.0), AROUND)
        rows.put(Item(reading, exact.dumped(PATIENT)))


def correct(number: str, connection: Any) -> None:
    (seen,) = (e.value for e in corrections_sql.entries(connection, "p1") if e.name == "mobile")
    by = Hand("agent7", 1_800_000_000.0, AROUND)
    corrections_sql.correct(connection, "p1", {"mobile": seen}, {"mobile": number}, by)


def main() -> None:
    folder, base, dies_after, saves = sys.argv[1:]
    rig = SendRig(Path(folder), base, read_s=1.0, key=KEY)
    rig.opened.run(know_the_patient)
    mortal(int(dies_after))
    rig.start()
    for save_id, member_id, text in json.loads(saves):
        if member_id == "p1":
            rig.opened.run(functools.partial(correct, text))
        else:
            done = call(save_id, member_id=member_id, follow_up=text)
            rig.opened.run(lambda c, done=done: journal_sql.save_interaction(c, done))
        sys.stdout.write(f"{save_id}\n")
        sys.stdout.flush()
        rig.sending.wake()
    ends = time.monotonic() + LONGEST_S
    while rig.opened.run(outbox.waiting, Lane.READ):
        if time.monotonic() > ends:
            break
        time.sleep(0.02)
    else:
        sys.stdout.write("empty\n")
    rig.close()


if __name__ == "__main__":
    main()
