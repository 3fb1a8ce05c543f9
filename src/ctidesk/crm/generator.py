"""A directory of made-up members of any size, the same for the same seed.

Runs in: commands, tests and benchmarks, in a thread that owns the file alone. No real people: names
are drawn from lists, numbers are counted up and scattered over a range, so that none is met twice
by chance and any can be computed (`number_of`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from ctidesk.crm.database import Database
from ctidesk.crm.lookup_sql import birth_token
from ctidesk.crm.matching import PARTY_OF_FACILITY, tail_of
from ctidesk.crm.schema import Owner, members as members_table, numbers as numbers_table

READ_WALL = 1_760_000_000.0
BATCH = 20_000
HOUSEHOLD_EVERY = 4
"""Each fourth member shares the home number with the one before, as one household."""
CARER_EVERY = 20
FACILITIES = 200
_GIVEN = (
    "Anna Ben Clara David Ewa Felix Greta Hugo Ines Jan Karin Leo Mia Nils Olga Paul "
    "Rosa Sven Tina Uwe Vera Walter Yara Zoe Ada Bo Carl Dora Emil Fay"
)
_FAMILY = (
    "Abel Berg Conrad Dahl Ernst Falk Graf Hahn Imhof Jung Kern Lang Moser Noll Otto "
    "Pohl Quast Roth Sommer Thal Ulrich Vogt Winter Young Zander Adler Brandt Cramer "
    "Decker Engel"
)
_KINDS = ("hospital", "clinic", "practice", "supplier", "insurer")
_PRIME = 7_368_787
"""Coprime with the ranges: multiplication scatters consecutive members over them, one to one."""

_MEMBER = (
    "INSERT INTO members(id, member_id, given, family, birth_date, postcode, address,"
    " policy_number, language, household, source, read_wall)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'de', ?, 'generated', ?)"
)
_NUMBER = (
    "INSERT INTO numbers(owner_kind, owner_ref, e164, national, tail, kind, preferred)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_FTS = "INSERT INTO directory_fts(rowid, name, ident) VALUES (?, ?, ?)"
_RELATION = (
    "INSERT INTO relations(id, member_ref, name, kind, may_speak, source, read_wall)"
    " VALUES (?, ?, ?, 'carer', 1, 'generated', ?)"
)
_FACILITY = (
    "INSERT INTO facilities(id, facility_id, name, kind, party, source, read_wall)"
    " VALUES (?, ?, ?, ?, ?, 'generated', ?)"
)


def number_of(index: int, kind: str) -> str:
    """The E.164 number of the member with this index (from 0): "mobile" or "home". Members of a
    household have the same home number."""
    if kind == "mobile":
        return f"+49170{index * _PRIME % 10_000_000:07d}"
    if index % HOUSEHOLD_EVERY == HOUSEHOLD_EVERY - 1:
        index -= 1
    return f"+4930{index * _PRIME % 100_000_000:08d}"


def generate(
    database: Database,
    members: int,
    seed: int = 1,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Fill an empty cache with up to 10,000,000 `members`, two numbers each, households, carers
    and facilities. `progress` gets the number of members written."""
    rng = random.Random(seed)
    database.read(lambda connection: connection.exec_driver_sql("PRAGMA cache_size = -200000"))
    database.write(_without_indexes)
    database.write(_facilities)
    rows = _people(rng, members)
    done = 0
    while batch := list(islice(rows, BATCH)):
        database.write(lambda connection, b=batch: _write(connection, b))  # type: ignore[misc]
        done += len(batch)
        if progress is not None:
            progress(done)
    database.write(_with_indexes)
    database.read(lambda connection: connection.exec_driver_sql("PRAGMA cache_size = -8000"))


def _without_indexes(connection: Connection) -> None:
    """Rows come in no order: an index made at the end is several times quicker."""
    for index in (*numbers_table.indexes, *members_table.indexes):
        index.drop(connection)


def _with_indexes(connection: Connection) -> None:
    for index in (*numbers_table.indexes, *members_table.indexes):
        index.create(connection)


def _people(rng: random.Random, members: int) -> Iterator[tuple[Any, ...]]:
    """One row of `members` each."""
    given, families = _GIVEN.split(), _FAMILY.split()
    for index in range(members):
        family = rng.choice(families)
        house = f"H{index // HOUSEHOLD_EVERY}" if index % HOUSEHOLD_EVERY >= 2 else ""
        born = f"{rng.randint(1930, 2015)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        yield (
            index + 1,
            f"G-{index + 1}",
            rng.choice(given),
            family,
            born,
            f"{rng.randint(10_000, 99_999)}",
            f"Street {rng.randint(1, 200)}",
            f"P-{index + 1:08d}",
            house,
            READ_WALL,
        )


def _write(connection: Connection, batch: list[tuple[Any, ...]]) -> None:
    numbers: list[tuple[Any, ...]] = []
    entries: list[tuple[int, str, str]] = []
    carers: list[tuple[Any, ...]] = []
    for row in batch:
        ref, member_id, given, family, born, *_ = row
        for kind, preferred in (("mobile", True), ("home", False)):
            numbers.append(_number(Owner.MEMBER, ref, number_of(ref - 1, kind), kind, preferred))
        ident = f"{member_id} P-{ref:08d} {birth_token(born)}"
        entries.append((ref * 4, f"{given} {family}", ident))
        if ref % CARER_EVERY == 0:
            carer = ref // CARER_EVERY
            name = f"Carer {family}"
            carers.append((carer, ref, name, READ_WALL))
            e164 = f"+49151{carer * _PRIME % 10_000_000:07d}"
            numbers.append(_number(Owner.RELATION, carer, e164, "mobile", True))
            entries.append((carer * 4 + Owner.RELATION, name, ""))
    connection.exec_driver_sql(_MEMBER, batch)
    connection.exec_driver_sql(_NUMBER, numbers)
    connection.exec_driver_sql(_FTS, entries)
    if carers:
        connection.exec_driver_sql(_RELATION, carers)


def _facilities(connection: Connection) -> None:
    rows, numbers, entries = [], [], []
    families = _FAMILY.split()
    for ref in range(1, FACILITIES + 1):
        kind = _KINDS[ref % len(_KINDS)]
        name = f"{kind.capitalize()} {families[ref % len(families)]} {ref}"
        party = PARTY_OF_FACILITY[kind].value
        rows.append((ref, f"GF-{ref}", name, kind, party, READ_WALL))
        numbers.append(_number(Owner.FACILITY, ref, f"+49302312{ref:04d}", "main", True))
        entries.append((ref * 4 + Owner.FACILITY, name, f"GF-{ref}"))
    connection.exec_driver_sql(_FACILITY, rows)
    connection.exec_driver_sql(_NUMBER, numbers)
    connection.exec_driver_sql(_FTS, entries)


def _number(owner: Owner, ref: int, e164: str, kind: str, preferred: bool) -> tuple[Any, ...]:
    national = e164[3:]
    return int(owner), ref, e164, national, tail_of(national), kind, preferred
