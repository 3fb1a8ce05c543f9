"""A desk's store and sender in a process of its own, which kills itself at a statement.

Runs in: a child of the tests: `python -m tests.support.fhir_mortal_desk PATH BASE DIES_AFTER JSON`.
DIES_AFTER counts statements and HTTP exchanges (before and after each) over all threads; 0: never.
JSON: calls to save, as [call_id, member_id, follow_up]. Prints a line for each confirmed save, and
"empty" when nothing waits any more.
"""

from __future__ import annotations

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

from ctidesk.crm import journal_sql, outbox
from ctidesk.crm.fhir.transport import Http, Reply, Request
from ctidesk.crm.store import Lane

KEY = bytes(range(32))
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


def main() -> None:
    folder, base, dies_after, calls = sys.argv[1:]
    rig = SendRig(Path(folder), base, read_s=1.0, key=KEY)
    mortal(int(dies_after))
    rig.start()
    for call_id, member_id, follow_up in json.loads(calls):
        done = call(call_id, member_id=member_id, follow_up=follow_up)
        rig.opened.run(lambda c, done=done: journal_sql.save_interaction(c, done))
        sys.stdout.write(f"{call_id}\n")
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
