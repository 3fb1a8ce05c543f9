"""The made-up directory: same seed, same people, every number found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from ctidesk.care.member import Party
from ctidesk.crm import schema
from ctidesk.crm.database import Database, open_database
from ctidesk.crm.generator import generate, number_of
from ctidesk.crm.lookup_sql import find, search

MEMBERS = 400


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = _made(tmp_path_factory.mktemp("generated") / "cache.db", 1)
    yield made
    made.close()


def _made(path: Path, seed: int) -> Database:
    database = open_database(path, bytes(32))
    seen: list[int] = []
    generate(database, MEMBERS, seed, seen.append)
    assert seen == [MEMBERS]
    return database


def _names(database: Database) -> list[str]:
    query = select(schema.members.c.family).order_by(schema.members.c.id)
    return list(database.read(lambda c: c.execute(query).scalars().all()))


def test_the_same_seed_gives_the_same_people(database: Database, tmp_path: Path) -> None:
    same, other = _made(tmp_path / "same.db", 1), _made(tmp_path / "other.db", 2)
    assert _names(same) == _names(database) != _names(other)
    same.close()
    other.close()


def test_each_member_has_two_numbers_and_is_found_by_both(database: Database) -> None:
    count = select(func.count()).where(schema.numbers.c.owner_kind == 0)
    assert database.read(lambda c: c.execute(count).scalar_one()) == 2 * MEMBERS
    for index in (0, 2, 3, 5, MEMBERS - 1):
        for kind in ("mobile", "home"):
            number = number_of(index, kind)
            found = database.read(lambda c, n=number: find(c, n, "DE", 0.0)).candidates
            assert f"G-{index + 1}" in {c.member_id for c in found}
            assert len(found) == (2 if kind == "home" and index % 4 >= 2 else 1)


def test_there_are_households_carers_and_facilities(database: Database) -> None:
    shared = database.read(lambda c: find(c, number_of(3, "home"), "DE", 0.0))
    assert {c.reason for c in shared.candidates} == {"shared household number"}
    parties = set()
    for words in ("carer", "hospital", "supplier", "insurer"):
        parties |= {c.party for c in database.read(lambda c, w=words: search(c, w, "DE", 3))}
    assert parties == {Party.CARER, Party.PROVIDER, Party.SUPPLIER, Party.INSURER}


def test_a_member_is_searched_by_id_policy_and_birth_date(database: Database) -> None:
    query = select(schema.members).where(schema.members.c.id == 7)
    row = database.read(lambda c: c.execute(query).one())
    year, month, day = row.birth_date.split("-")
    for words in ("G-7", "P-00000007", f"{row.family} {day}.{month}.{year}", row.birth_date):
        found = database.read(lambda c, w=words: search(c, w, "DE", 50))
        assert "G-7" in {c.member_id for c in found}, words


@pytest.mark.parametrize(
    "words", ['"', "a" * 5000, "NOT OR AND", "name:x*", "{}()^-", "\x00", "7" * 300, "é̶" * 50]
)
def test_whatever_is_typed_is_no_syntax(database: Database, words: str) -> None:
    assert len(database.read(lambda c: search(c, words, "DE", 5))) <= 5
