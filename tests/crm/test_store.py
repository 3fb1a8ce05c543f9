"""The store thread: what goes first, what happens when the file can't be had."""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2
from tests.support.crm_people import RECORDS, SINGLE
from tests.support.crm_store import PATIENCE_S, Desk, OpenStore
from tests.support.fake_clock import FakeClock
from tests.support.one_call import INTERACTION, offered

from ctidesk.calls.errors import KnownError
from ctidesk.crm import faults, schema
from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.crm.journal import SqlCallJournal
from ctidesk.crm.store import Lane, StorePhase, StoreThread


class Locker:
    """Another program that holds the write lock of the file."""

    def __init__(self, opened: OpenStore) -> None:
        self._connection = dbapi2.connect(str(opened.path), isolation_level=None)
        self._connection.execute(f"PRAGMA key = \"x'{opened.key.hex()}'\"")
        self._connection.execute("BEGIN IMMEDIATE")

    def release(self) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


@pytest.fixture
def locked(opened: OpenStore) -> Iterator[Locker]:
    opened.put(RECORDS)
    yield Locker(opened)


def _mark(name: str) -> Any:
    return lambda c: c.execute(schema.marks.insert().values(name=name, value="x"))


def _marks(opened: OpenStore) -> set[str]:
    return set(opened.run(lambda c: c.execute(schema.marks.select()).scalars().all(), Lane.READ))


class Stuck:
    """A job that lasts until it is released."""

    def __init__(self, opened: OpenStore, lane: Lane) -> None:
        self._hold, self._held = threading.Event(), threading.Event()
        opened.store.submit(lane, self._block)
        assert self._held.wait(PATIENCE_S)

    def release(self) -> None:
        self._hold.set()

    def _block(self, _: Any) -> None:
        self._held.set()
        assert self._hold.wait(PATIENCE_S)


def test_look_ups_go_before_reads_and_saves_before_bulk_work(opened: OpenStore) -> None:
    order: list[str] = []
    stuck = Stuck(opened, Lane.BULK), Stuck(opened, Lane.READ)
    for lane in (Lane.BULK, Lane.WRITE, Lane.READ, Lane.POP):
        for number in (1, 2):
            name = f"{lane.name} {number}"
            opened.store.submit(lane, lambda c, n=name: order.append(n), lambda _: None)
    for each in stuck:
        each.release()
    opened.desk.wait(lambda: len(order) == 8)
    reads = [name for name in order if name.startswith(("POP", "READ"))]
    assert reads == ["POP 1", "POP 2", "READ 1", "READ 2"]
    writes = [name for name in order if name not in reads]
    assert writes == ["WRITE 1", "WRITE 2", "BULK 1", "BULK 2"]


@pytest.mark.parametrize("lane", [Lane.WRITE, Lane.BULK])
def test_a_look_up_does_not_wait_for_a_write_and_sees_what_was_confirmed(
    opened: OpenStore, lane: Lane
) -> None:
    opened.put(RECORDS)
    stuck = Stuck(opened, lane)
    directory = SqlMemberDirectory(opened.store, "DE")
    found = opened.desk.answer(lambda done: directory.find_by_number(SINGLE, done))
    assert [c.name for c in found.candidates] == ["Lena Fischer"]
    stuck.release()


def test_what_is_being_written_is_not_read_before_it_is_whole(opened: OpenStore) -> None:
    hold, held = threading.Event(), threading.Event()

    def half(connection: Any) -> None:
        _mark("half")(connection)
        held.set()
        assert hold.wait(PATIENCE_S)

    opened.store.submit(Lane.WRITE, half)
    assert held.wait(PATIENCE_S)
    assert _marks(opened) == set()
    hold.set()
    opened.run(lambda c: None)
    assert _marks(opened) == {"half"}


def test_a_look_up_is_answered_unavailable_while_another_read_is_stuck(opened: OpenStore) -> None:
    opened.put(RECORDS)
    stuck = Stuck(opened, Lane.READ)
    directory = SqlMemberDirectory(opened.store, "DE")
    answers: list[Any] = []
    directory.find_by_number(SINGLE, answers.append)
    opened.desk.wait(lambda: bool(answers))
    assert (answers[0].reason, answers[0].candidates) == ("unavailable", ())
    stuck.release()
    found = opened.desk.answer(lambda done: directory.find_by_number(SINGLE, done))
    assert [c.name for c in found.candidates] == ["Lena Fischer"]
    assert len(answers) == 1  # the late answer was dropped


def test_a_read_cannot_write(opened: OpenStore) -> None:
    with pytest.raises(KnownError):
        opened.run(_mark("by a read"), Lane.READ)
    assert _marks(opened) == set()


def test_a_mistake_in_a_job_surfaces_and_the_store_goes_on(opened: OpenStore) -> None:
    answers: list[Any] = []
    opened.store.submit(Lane.READ, lambda c: 1 / 0, answers.append)
    with pytest.raises(ZeroDivisionError):
        opened.desk.wait(lambda: len(answers) > 1)
    assert [answer.code for answer in answers] == ["cache_failed"]
    assert opened.run(lambda c: 7, Lane.READ) == 7


def test_a_failed_write_leaves_nothing(opened: OpenStore) -> None:
    def half(connection: Any) -> None:
        _mark("half")(connection)
        raise KnownError("half", "text", "remedy")

    with pytest.raises(KnownError):
        opened.run(half)
    assert _marks(opened) == set()


def test_reads_go_on_and_writes_wait_while_another_program_holds_the_lock(
    opened: OpenStore, locked: Locker
) -> None:
    done: list[Any] = []
    opened.store.submit(Lane.WRITE, _mark("first"), done.append)
    opened.store.submit(Lane.WRITE, _mark("second"), done.append)
    opened.desk.wait(lambda: opened.states[-1].problem is not None)
    assert opened.states[-1].problem.code == "cache_locked"  # type: ignore[union-attr]
    directory = SqlMemberDirectory(opened.store, "DE")
    found = opened.desk.answer(lambda d: directory.find_by_number(SINGLE, d))
    assert [c.name for c in found.candidates] == ["Lena Fischer"]
    assert done == []
    locked.release()
    opened.desk.wait(lambda: len(done) == 2)
    assert not any(isinstance(answer, KnownError) for answer in done)
    assert _marks(opened) == {"first", "second"}
    assert opened.states[-1].problem is None


def test_a_write_is_given_up_in_words_when_its_patience_ends(
    opened: OpenStore, locked: Locker
) -> None:
    kept: list[Any] = []
    opened.store.submit(Lane.WRITE, _mark("kept"), kept.append, patience_s=math.inf)
    answer = opened.desk.answer(
        lambda done: opened.store.submit(Lane.WRITE, _mark("given up"), done, patience_s=0.6)
    )
    assert answer.code == "cache_locked"
    assert kept == []
    locked.release()
    opened.desk.wait(lambda: bool(kept))
    assert _marks(opened) == {"kept"}


def test_nothing_is_written_twice_and_all_is_written_at_the_end(tmp_path: Path) -> None:
    opened = OpenStore(tmp_path / "cache.db")
    for number in range(50):
        opened.store.submit(Lane.WRITE, _mark(f"m{number}"))
    opened.close()
    again = OpenStore(opened.path, opened.key)
    assert len(_marks(again)) == 50
    again.close()
    assert again.store.state.phase is StorePhase.CLOSED


def test_after_the_close_jobs_are_refused(tmp_path: Path) -> None:
    opened = OpenStore(tmp_path / "cache.db")
    opened.close()
    answer = opened.desk.answer(lambda done: opened.store.submit(Lane.READ, lambda c: 1, done))
    assert answer.code == "cache_closed"


def test_a_missing_key_is_told_events_are_kept_and_written_once_it_is_there(
    tmp_path: Path,
) -> None:
    """The key store is locked at first: calls work, the cache is off, nothing gets lost."""
    desk, states = Desk(), []
    keys: list[bytes] = []
    locked = KnownError("key_store_locked", "text", "remedy")

    def key() -> bytes:
        if not keys:
            raise locked
        return keys[0]

    store = StoreThread(SqlCipherCache(tmp_path / "cache.db", key), desk.deliver, states.append)
    store.start()
    desk.wait(lambda: bool(states) and states[-1].phase is StorePhase.FAILED)
    assert states[-1].problem is locked
    journal = SqlCallJournal(store, FakeClock())
    appended: list[Any] = []
    journal.append(offered(1.0), appended.append)
    directory = SqlMemberDirectory(store, "DE")
    assert desk.answer(lambda d: directory.find_by_number(SINGLE, d)).reason == "unavailable"
    assert desk.answer(lambda d: journal.save_interaction(INTERACTION, d)) is locked
    assert appended == []
    assert not (tmp_path / "cache.db").exists()
    keys.append(secrets.token_bytes(32))
    store.open_again()
    desk.wait(lambda: bool(appended))
    assert desk.answer(lambda d: journal.load_since(0.0, d)) == [offered(1.0)]
    assert store.close(PATIENCE_S)


def test_a_file_that_is_locked_at_the_start_is_opened_when_it_is_free(tmp_path: Path) -> None:
    first = OpenStore(tmp_path / "cache.db")
    first.put(RECORDS)
    first.close()
    other = dbapi2.connect(str(first.path), isolation_level=None)
    other.execute(f"PRAGMA key = \"x'{first.key.hex()}'\"")
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")
    opened = OpenStore(first.path, first.key)
    state = opened.wait_open()
    assert (state.phase, state.problem and state.problem.code) == (
        StorePhase.FAILED,
        "cache_locked",
    )
    directory = SqlMemberDirectory(opened.store, "DE")
    found = opened.desk.answer(lambda d: directory.find_by_number(SINGLE, d))
    assert found.reason == "unavailable"
    other.execute("ROLLBACK")
    other.close()
    opened.desk.wait(lambda: opened.states[-1].phase is StorePhase.OPEN)
    found = opened.desk.answer(lambda d: directory.find_by_number(SINGLE, d))
    assert [c.name for c in found.candidates] == ["Lena Fischer"]
    opened.close()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (5, "cache_locked"),
        (6, "cache_locked"),
        (13, "disk_full"),
        (11, "cache_damaged"),
        (26, "cache_damaged"),
        (8, "cache_unreadable"),
        (10 | (3 << 8), "cache_unreadable"),
        (14, "cache_unreadable"),
        (19, None),
        (1, None),
    ],
)
def test_codes_of_sqlite_have_words(code: int, name: str | None) -> None:
    known = faults.of_code(code)
    assert (known.code if known else None) == name
