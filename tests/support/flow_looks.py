"""What a call left behind: rows of the encrypted cache, recordings, processes.

Runs in: the test process.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import select
from tests.support.flow_centre import Centre
from tests.support.flow_desk import DeskProcess
from tests.support.sip_desk import python_environment
from tests.support.sip_sound import RATE, loudness

from ctidesk.crm import audit, journal_sql, schema, work_schema
from ctidesk.crm.database import open_database

WAV_HEADER_BYTES = 44


def children_of(pid: int, name: str) -> list[psutil.Process]:
    """Living children of `pid` whose command line names `name`."""
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE and name in " ".join(child.cmdline()):
                found.append(child)
    return found


def recordings(centre: Centre) -> list[Path]:
    return sorted(path for path in centre.profile.spool.iterdir() if path.is_dir())


def opened_by_command(centre: Centre, folder: Path) -> tuple[bytes, bytes]:
    """(agent, caller) PCM of a recording that must be genuine, as a compliance officer gets it."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ctidesk.app", "recording", "open", str(folder)),
            *("--identity", str(centre.key_file), "--out", "-"),
        ],
        env=python_environment(),
        capture_output=True,
        timeout=50,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    frames = memoryview(done.stdout[WAV_HEADER_BYTES:]).cast("h")
    return frames[0::2].tobytes(), frames[1::2].tobytes()


def tone_windows(pcm: bytes, hz: int, loud: float = 500.0) -> list[bool]:
    """For each tenth of a second, whether `hz` is heard."""
    step = 2 * RATE // 10
    return [loudness(pcm[at : at + step], hz) > loud for at in range(0, len(pcm) - step, step)]


def stored_drafts(centre: Centre) -> dict[str, str]:
    """call_id → note, as the encrypted cache has it now."""
    database = open_database(centre.profile.database, centre.key())
    try:
        return database.read(
            lambda connection: {
                draft.call_id: draft.note for draft in journal_sql.load_drafts(connection)
            }
        )
    finally:
        database.close()


def stored_events(centre: Centre, call_id: str) -> list[str]:
    """Names of the events of a call that are on the disk, in order."""
    database = open_database(centre.profile.database, centre.key())
    of_call = schema.call_events.c.call_id == call_id
    query = select(schema.call_events.c.name).where(of_call).order_by(schema.call_events.c.seq)
    try:
        return database.read(lambda connection: list(connection.execute(query).scalars()))
    finally:
        database.close()


def rows(centre: Centre) -> dict[str, list[Any]]:
    """What the encrypted cache holds of calls, opened with its key from outside the desk; the
    audit trail must be genuine."""
    database = open_database(centre.profile.database, centre.key())
    tables = (
        *(schema.interactions, schema.outbox, schema.audit, schema.calls, schema.drafts),
        *(work_schema.work_items, work_schema.work_attempts, schema.members),
    )

    def read(connection: Any) -> dict[str, list[Any]]:
        found = {table.name: list(connection.execute(select(table)).all()) for table in tables}
        assert audit.verify(connection).bad_seq == 0
        return found

    try:
        return database.read(read)
    finally:
        database.close()


def wrap_up(desk: DeskProcess, code: str = "refill", note: str = "") -> None:
    """Choose a code by typing, write a note (or leave it as it is), save and be ready."""
    desk.enter("wrap_up_search", code)
    desk.submit("wrap_up_search")
    if note:
        desk.enter("wrap_up_note", note)
    desk.press("wrap_up_save_ready")
    desk.until(lambda state: not state["wrap_ups"], "saved")


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
