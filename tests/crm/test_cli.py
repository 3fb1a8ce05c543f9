"""The command that verifies the audit trail."""

from __future__ import annotations

from pathlib import Path

import pytest

from ctidesk.calls.errors import KnownError
from ctidesk.crm import audit
from ctidesk.crm.cli import main
from ctidesk.crm.database import open_database

KEY = bytes(32)


def _key() -> bytes:
    return KEY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    database = open_database(tmp_path / "cache.db", KEY)
    for number in range(3):
        database.write(lambda c, n=number: audit.record(c, t_wall=n, who="a", action="x"))
    database.close()
    return tmp_path / "cache.db"


def _run(path: Path, *arguments: str) -> tuple[int, str]:
    said: list[str] = []
    code = main(["verify", *arguments], path, _key, said.append)
    return code, "".join(said)


def test_a_whole_trail_gives_a_checkpoint_that_verifies_later(path: Path) -> None:
    code, said = _run(path)
    assert code == 0
    assert "whole: 3 rows" in said
    checkpoint = said.split()[-1]
    assert _run(path, "--checkpoint", checkpoint)[0] == 0
    assert _run(path, "--checkpoint", "9:00")[0] == 1


def test_a_tampered_row_is_named(path: Path) -> None:
    database = open_database(path, KEY)
    database.write(lambda c: c.exec_driver_sql("DROP TRIGGER audit_no_update"))
    database.write(lambda c: c.exec_driver_sql("UPDATE audit SET who = 'b' WHERE seq = 2"))
    database.close()
    code, said = _run(path)
    assert (code, "Row 2" in said) == (1, True)


def test_what_can_not_be_read_is_said(path: Path, tmp_path: Path) -> None:
    assert _run(tmp_path / "none.db")[0] == 2
    assert _run(path, "--checkpoint", "garbage")[0] == 2
    said: list[str] = []
    assert main(["verify"], path, lambda: b"x" * 32, said.append) == 2
    assert "key" in said[0]

    def missing() -> bytes:
        raise KnownError("key_missing", "The key is missing.", "Put it back.")

    assert main(["verify"], path, missing, said.append) == 2
    assert "Put it back." in said[-1]
