"""The encrypted cache is locked by another program, or damaged, while the desk works on it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from sqlcipher3 import dbapi2
from tests.support.crm_people import SHARED
from tests.support.flow_centre import Centre
from tests.support.flow_desk import DeskProcess
from tests.support.flow_looks import rows, wrap_up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

NUMBER = SHARED.replace(" ", "")
PAGE = 4096


def opened(centre: Centre) -> Any:
    raw = dbapi2.connect(str(centre.profile.database), isolation_level=None)
    raw.execute(f"PRAGMA key = \"x'{centre.key().hex()}'\"")
    return raw


@contextlib.contextmanager
def locked(centre: Centre) -> Iterator[None]:
    """Another program is writing into the file."""
    raw = opened(centre)
    raw.execute("BEGIN IMMEDIATE")
    yield
    raw.execute("ROLLBACK")
    raw.close()


def flipped(centre: Centre, table: str) -> None:
    """One bit of the first page of a table or index."""
    raw = opened(centre)
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    found = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    raw.close()
    with centre.profile.database.open("r+b") as file:
        file.seek((int(found[0]) - 1) * PAGE + 100)
        (byte,) = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 0x10]))


def handled(centre: Centre, desk: DeskProcess, note: str) -> None:
    leg = centre.talking(desk, NUMBER)
    desk.choose("candidates", "Jane Doe")
    desk.until_call("the chosen card", member="M-1001")
    centre.phones[NUMBER]("hangup", leg=leg)
    desk.until(lambda state: bool(state["wrap_ups"]), "wrap-up")
    wrap_up(desk, note=note)


def test_locked_by_another_program_cards_come_and_what_is_saved_waits(centre: Centre) -> None:
    desk = centre.desk()
    with locked(centre):
        leg = centre.talking(desk, NUMBER)
        desk.choose("candidates", "Jane Doe")
        desk.until_call("the card", member="M-1001")
        centre.phones[NUMBER]("hangup", leg=leg)
        desk.until(lambda state: bool(state["wrap_ups"]), "wrap-up")
        desk.enter("wrap_up_search", "refill")
        desk.submit("wrap_up_search")
        desk.enter("wrap_up_note", "saved while it was locked")
        desk.press("wrap_up_save_ready")
        desk.shows("Another program holds the member cache locked.", "Close backup")
        # the window is no less quick for it: a second call comes and is answered
        again = centre.ring(NUMBER)
        desk.until(lambda state: "offered" in phases(state), "the next call")
        desk.press("call_answer")
        desk.until(lambda state: "talking" in phases(state), "connected")
        centre.phones[NUMBER].hears(again)
        centre.phones[NUMBER]("hangup", leg=again)
        desk.until(lambda state: len(state["wrap_ups"]) == 2, "its wrap-up")
    desk.until(lambda state: len(state["wrap_ups"]) == 1, "the first is saved, the second open")
    wrap_up(desk, note="after it")
    desk.hides("Another program holds the member cache locked.")
    assert desk.quit() == 0
    notes = [row.note for row in rows(centre)["interactions"]]
    assert notes == ["saved while it was locked", "after it"]


def phases(state: dict[str, Any]) -> list[str]:
    return [call["phase"] for call in state["calls"]]


def test_damaged_between_two_shifts_the_saved_work_is_there_and_it_is_said(
    centre: Centre,
) -> None:
    desk = centre.desk()
    handled(centre, desk, "before the damage")
    assert desk.quit() == 0
    flipped(centre, "ix_numbers_e164")
    desk = centre.desk()
    leg = centre.talking(desk, NUMBER)
    centre.phones[NUMBER].hears(leg)
    desk.shows("The member cache was damaged", "Import or synchronise the members again")
    desk.shows("The directory cannot be read now")  # and not "no match": nobody knows
    centre.phones[NUMBER]("hangup", leg=leg)
    desk.until(lambda state: bool(state["wrap_ups"]), "wrap-up")
    wrap_up(desk, note="after the damage")
    assert desk.quit() == 0
    found = rows(centre)
    assert [row.note for row in found["interactions"]] == ["before the damage", "after the damage"]
    calls = [row.state for row in found["outbox"] if row.kind == "interaction"]
    assert calls == ["waiting", "waiting"]
    (_aside,) = centre.profile.root.rglob("*.damaged-*")


def test_cut_short_the_desk_says_so_and_goes_on(centre: Centre) -> None:
    desk = centre.desk()
    handled(centre, desk, "before the cut")
    assert desk.quit() == 0
    raw = opened(centre)
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    raw.close()
    size = centre.profile.database.stat().st_size
    with centre.profile.database.open("r+b") as file:
        file.truncate(size // 2 // PAGE * PAGE)
    desk = centre.desk()
    desk.shows("The member cache was damaged")
    leg = centre.talking(desk, NUMBER)
    centre.phones[NUMBER].hears(leg)
    centre.phones[NUMBER]("hangup", leg=leg)
    desk.until(lambda state: bool(state["wrap_ups"]), "wrap-up")
    wrap_up(desk, note="after the cut")
    assert desk.quit() == 0
    assert "after the cut" in [row.note for row in rows(centre)["interactions"]]
    (_aside,) = centre.profile.root.rglob("*.damaged-*")
