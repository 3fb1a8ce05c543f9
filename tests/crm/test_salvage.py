"""Damage: found, put aside, agents' work saved, never silently empty."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event as sql_event, func, select
from sqlcipher3 import dbapi2
from tests.support.crm_store import OpenStore
from tests.support.fake_clock import FakeClock
from tests.support.one_call import INTERACTION, log_of_the_call

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import WrapUpDraft
from ctidesk.config.paths import resources
from ctidesk.crm import audit, outbox, schema
from ctidesk.crm.database import open_database
from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.crm.file_import import import_file
from ctidesk.crm.import_files import preview
from ctidesk.crm.import_plan import plan_of
from ctidesk.crm.journal import SqlCallJournal
from ctidesk.crm.salvage import salvage
from ctidesk.crm.store import Lane, StorePhase

SAMPLE = resources() / "demo" / "members.csv"
PAGE = 4096


@pytest.fixture
def filled(tmp_path: Path) -> OpenStore:
    """A closed cache with members, a saved call and a draft."""
    opened = OpenStore(tmp_path / "cache.db")
    opened.desk.answer(lambda done: import_file(opened.store, plan_of(preview(SAMPLE), "DE"), done))
    journal = SqlCallJournal(opened.store, FakeClock())
    for event in log_of_the_call():
        journal.append(event)
    opened.desk.answer(lambda done: journal.save_interaction(INTERACTION, done))
    opened.desk.answer(lambda d: journal.save_draft(WrapUpDraft(call_id="c2", note="half"), d))
    opened.close()
    return opened


def _page_of(opened: OpenStore, table: str) -> int:
    raw = dbapi2.connect(str(opened.path))
    raw.execute(f"PRAGMA key = \"x'{opened.key.hex()}'\"")
    page = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    raw.close()
    return int(page[0])


def _flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 0x10
    path.write_bytes(content)


def _count(opened: OpenStore, table: Any) -> int:
    query = select(func.count()).select_from(table)
    return int(opened.run(lambda c: c.execute(query).scalar_one(), Lane.READ))


def _aside(path: Path) -> list[Path]:
    return sorted(path.parent.glob("cache.db.damaged-*"))


def test_damage_met_by_a_look_up_is_told_and_the_work_of_agents_is_saved(
    filled: OpenStore,
) -> None:
    _flip(filled.path, (_page_of(filled, "ix_numbers_e164") - 1) * PAGE + 100)
    damaged = filled.path.read_bytes()
    opened = OpenStore(filled.path, filled.key)
    assert opened.wait_open().problem is None
    directory = SqlMemberDirectory(opened.store, "DE")

    def look_up() -> Any:
        return opened.desk.answer(lambda d: directory.find_by_number("+491713920031", d))

    assert look_up().reason == "unavailable"
    state = opened.wait_open()
    assert state.phase is StorePhase.OPEN
    assert state.problem is not None and state.problem.code == "cache_damaged"
    assert "all of your saved work" in state.problem.text
    assert [path.read_bytes() == damaged for path in _aside(filled.path)] == [True]

    assert look_up().reason == "unavailable"  # and not "unknown": the members are gone
    for table in (schema.interactions, schema.outbox, schema.drafts, schema.calls):
        assert _count(opened, table) == 1
    assert _count(opened, schema.call_events) == 4
    assert opened.run(audit.verify, Lane.READ).bad_seq == 0
    opened.close()

    again = OpenStore(filled.path, filled.key)  # still told after a restart
    problem = again.wait_open().problem
    assert problem is not None and problem.code == "cache_damaged"
    again.desk.answer(lambda d: import_file(again.store, plan_of(preview(SAMPLE), "DE"), d))
    again.desk.wait(lambda: again.states[-1].problem is None)
    directory = SqlMemberDirectory(again.store, "DE")
    found = again.desk.answer(lambda d: directory.find_by_number("+491713920031", d))
    assert [c.name for c in found.candidates] == ["Lena Fischer"]
    again.close()


def test_damage_in_the_saved_work_saves_the_rest_and_says_so(filled: OpenStore) -> None:
    _flip(filled.path, (_page_of(filled, "interactions") - 1) * PAGE + 100)
    opened = OpenStore(filled.path, filled.key)
    directory = SqlMemberDirectory(opened.store, "DE")
    answer = opened.desk.answer(lambda d: directory.card("M-1003", d))
    assert isinstance(answer, KnownError) and answer.code == "cache_damaged"
    problem = opened.wait_open().problem
    assert problem is not None and "could still be read" in problem.text
    assert _count(opened, schema.outbox) == _count(opened, schema.drafts) == 1
    assert _count(opened, schema.interactions) == 0
    opened.close()


def test_only_the_rows_of_the_bad_pages_are_lost(tmp_path: Path) -> None:
    path, key, messages = tmp_path / "cache.db", bytes(32), 2_000
    database = open_database(path, key)

    def enqueue(connection: Any) -> None:
        for number in range(messages):
            outbox.enqueue(
                connection,
                kind="interaction",
                subject_id=str(number),
                lane="lane",
                body={"note": "n" * 300},
                t_wall=1.0,
            )

    database.write(enqueue)
    database.close()
    # in the middle of the file, between indexes: of so many some hold messages
    middle = path.stat().st_size // PAGE // 2
    bad_pages = range(middle, middle + 8)
    for page in bad_pages:
        _flip(path, page * PAGE + 50)
    database = salvage(path, key)
    kept = database.read(outbox.waiting)
    database.close()
    assert messages - len(bad_pages) * 64 < kept < messages


def test_damage_met_by_a_save_loses_nothing_of_it(filled: OpenStore) -> None:
    _flip(filled.path, (_page_of(filled, "sqlite_autoindex_drafts_1") - 1) * PAGE + 100)
    opened = OpenStore(filled.path, filled.key)
    journal = SqlCallJournal(opened.store, FakeClock())
    other = WrapUpDraft(call_id="c3", note="typed while it broke")
    assert opened.desk.answer(lambda d: journal.save_draft(other, d)) is None
    problem = opened.wait_open().problem
    assert problem is not None and problem.code == "cache_damaged"
    drafts = opened.desk.answer(journal.load_drafts)
    assert {draft.note for draft in drafts} == {"half", "typed while it broke"}
    opened.close()


def test_a_damaged_first_page_saves_nothing_and_admits_it(filled: OpenStore) -> None:
    _flip(filled.path, 300)
    opened = OpenStore(filled.path, filled.key)
    state = opened.wait_open()
    assert state.phase is StorePhase.OPEN
    assert state.problem is not None and "(0 rows)" in state.problem.text
    assert len(_aside(filled.path)) == 1
    opened.close()


def test_a_cut_file_is_noticed(filled: OpenStore) -> None:
    content = filled.path.read_bytes()
    filled.path.write_bytes(content[: len(content) // PAGE // 2 * PAGE])
    opened = OpenStore(filled.path, filled.key)
    opened.wait_open()
    directory = SqlMemberDirectory(opened.store, "DE")
    opened.desk.answer(lambda d: directory.search("Fischer", 5, d))
    opened.desk.answer(lambda d: directory.find_by_number("+491713920031", d))
    problem = opened.wait_open().problem
    assert problem is not None and problem.code == "cache_damaged"
    assert len(_aside(filled.path)) == 1
    opened.close()


def test_a_wrong_key_is_never_taken_for_damage(filled: OpenStore) -> None:
    before = filled.path.read_bytes()
    opened = OpenStore(filled.path, bytes(32))
    state = opened.wait_open()
    assert state.phase is StorePhase.FAILED
    assert state.problem is not None and state.problem.code == "wrong_key"
    opened.close()
    assert filled.path.read_bytes() == before
    assert _aside(filled.path) == []


def test_no_flipped_bit_gives_a_wrong_answer(filled: OpenStore) -> None:
    """Anywhere in the file: the right candidates, or "unavailable"; never others, never none."""
    whole = filled.path.read_bytes()
    rng = random.Random(7)
    outcomes = set()
    for _ in range(12):
        content = bytearray(whole)
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        filled.path.write_bytes(content)
        opened = OpenStore(filled.path, filled.key)
        directory = SqlMemberDirectory(opened.store, "DE")
        found = opened.desk.answer(partial(directory.find_by_number, "+493023125010"))
        outcome = ([c.name for c in found.candidates], found.reason)
        assert outcome in ((["Jane Doe", "Tom Doe"], ""), ([], "unavailable"))
        outcomes.add(found.reason)
        opened.close()
    assert "" in outcomes


def test_a_full_disk_is_told_and_what_was_typed_is_saved_when_there_is_room(
    opened: OpenStore, request: pytest.FixtureRequest
) -> None:
    journal = SqlCallJournal(opened.store, FakeClock())
    opened.wait_open()
    reserve = opened.path.with_name("cache.db.reserve")
    assert reserve.stat().st_size >= 1024 * 1024

    pages = opened.run(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar(), Lane.READ)
    room = [pages]

    def limit(connection: Any) -> None:
        connection.connection.cursor().execute(f"PRAGMA max_page_count = {room[0]}")

    sql_event.listen(Engine, "begin", limit)
    request.addfinalizer(lambda: sql_event.remove(Engine, "begin", limit))
    big = WrapUpDraft(call_id="c9", note="n" * 200_000)
    kept: list[Any] = []
    journal.save_draft(big, kept.append)
    opened.desk.wait(lambda: opened.states[-1].problem is not None)
    assert opened.states[-1].problem.code == "disk_full"  # type: ignore[union-attr]
    opened.desk.wait(lambda: not reserve.exists() or bool(kept))
    assert not reserve.exists()  # given back, for what is most needed
    room[0] = 1_000_000
    opened.desk.wait(lambda: bool(kept))
    assert kept == [None]
    assert opened.desk.answer(journal.load_drafts) == [big]
    assert opened.states[-1].problem is None
