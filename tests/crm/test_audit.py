"""The hash chain names the first row that was tampered with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ctidesk.crm import audit
from ctidesk.crm.database import Database, open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "cache.db", bytes(32))
    for number in range(1, 6):
        opened.write(
            lambda c, n=number: audit.record(
                c, t_wall=1000.0 + n, who="agent7", action="card_opened", member_id=f"M-{n}"
            )
        )
    # somebody with the key and without scruples
    for name in ("audit_no_update", "audit_no_delete"):
        opened.write(lambda c, n=name: c.exec_driver_sql(f"DROP TRIGGER {n}"))
    yield opened
    opened.close()


def _tamper(database: Database, statement: str) -> audit.Verdict:
    database.write(lambda c: c.exec_driver_sql(statement))
    return database.read(audit.verify)


def test_an_untouched_chain_is_good_and_has_a_head(database: Database) -> None:
    verdict = database.read(audit.verify)
    assert (verdict.rows, verdict.bad_seq, verdict.problem, verdict.head.seq) == (5, 0, "", 5)


@pytest.mark.parametrize(
    ("statement", "seq", "problem"),
    [
        ("UPDATE audit SET member_id = 'M-9' WHERE seq = 3", 3, "changed"),
        ("UPDATE audit SET t_wall = 0 WHERE seq = 5", 5, "changed"),
        ("DELETE FROM audit WHERE seq = 2", 2, "missing"),
        ("DELETE FROM audit WHERE seq = 1", 1, "missing"),
        ("UPDATE audit SET hash = zeroblob(32) WHERE seq = 4", 4, "changed"),
        ("UPDATE audit SET previous = zeroblob(32) WHERE seq = 4", 4, "follow"),
        ("UPDATE audit SET seq = 9 WHERE seq = 4", 4, "missing"),
    ],
)
def test_the_first_bad_row_is_named(
    database: Database, statement: str, seq: int, problem: str
) -> None:
    verdict = _tamper(database, statement)
    assert verdict.bad_seq == seq
    assert problem in verdict.problem


def test_a_cut_tail_shows_against_a_checkpoint(database: Database) -> None:
    head = database.read(audit.verify).head
    verdict = _tamper(database, "DELETE FROM audit WHERE seq >= 4")
    assert verdict.bad_seq == 0  # the chain alone can't tell
    verdict = database.read(lambda c: audit.verify(c, head))
    assert verdict.bad_seq == 4
    assert "cut off" in verdict.problem


def test_a_chain_that_was_rewritten_shows_against_a_checkpoint(database: Database) -> None:
    head = database.read(audit.verify).head
    database.write(lambda c: c.exec_driver_sql("DELETE FROM audit WHERE seq = 5"))
    database.write(lambda c: audit.record(c, t_wall=1.0, who="x", action="other"))
    assert database.read(audit.verify).bad_seq == 0
    assert database.read(lambda c: audit.verify(c, head)).bad_seq == 5
