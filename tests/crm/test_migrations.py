"""A cache of every earlier version, with rows in it, becomes one of the newest."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select
from tests.support.crm_people import RECORDS
from tests.support.one_call import INTERACTION, log_of_the_call

from ctidesk.calls.codec import to_plain
from ctidesk.calls.ports import Interaction
from ctidesk.crm import card_sql, database, journal_sql, migrating, outbox, queueing, schema
from ctidesk.crm.records_sql import Writer
from ctidesk.crm.salvage import salvage

KEY = bytes(range(32))
WITHOUT_LINES = dataclasses.replace(
    INTERACTION,
    line=None,
    consult_lines=(),
    follow_up="call back",
    recording_manifest="/r/c1/manifest.json",
)


def queued_then(connection: Any, done: Interaction) -> None:
    """The one message of a call as earlier versions wrote it."""
    columns = "idempotency_key, kind, subject_id, lane, body, state, attempts, created_wall"
    connection.exec_driver_sql(
        f"INSERT INTO outbox({columns}, next_try_wall)"
        " VALUES ('k', 'interaction', ?, ?, ?, 'waiting', 0, ?, ?)",
        (
            done.call_id,
            done.member_id,
            json.dumps(to_plain(done)),
            done.saved_wall,
            done.saved_wall,
        ),
    )


@pytest.fixture(params=["0001", "0002"])
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A cache as an earlier version left it: people, the log of a call, its wrap-up."""
    version = request.param
    path = tmp_path / "cache.db"
    with monkeypatch.context() as then:
        then.setattr(database, "HEAD", version)
        then.setattr(journal_sql, "queue_call", queued_then)
        then.setattr(
            migrating,
            "upgrade",
            lambda connection, at: command.upgrade(migrating.scripts(connection), version),
        )
        opened = database.open_database(path, KEY)

        def write(connection):  # type: ignore[no-untyped-def]
            writer = Writer(connection, source="test", read_wall=1.0, import_ref=1)
            for record in RECORDS:
                writer.put(record)
            for event in log_of_the_call():
                journal_sql.append(connection, event, "b")
            journal_sql.save_interaction(connection, WITHOUT_LINES)

        opened.write(write)
        assert _version(opened) == version
        assert ("call_lines" in _tables(opened)) is (version != "0001")
        assert "fhir_resources" not in _tables(opened)
        opened.close()
    return path


def _version(opened: database.Database) -> str:
    query = "SELECT version_num FROM alembic_version"
    return str(opened.read(lambda c: c.exec_driver_sql(query).scalar_one()))


def _tables(opened: database.Database) -> set[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    return set(opened.read(lambda c: c.exec_driver_sql(query).scalars().all()))


def test_an_earlier_version_is_brought_to_the_newest_with_all_its_rows(old: Path) -> None:
    opened = database.open_database(old, KEY)
    assert _version(opened) == schema.HEAD
    kept = opened.read(lambda c: c.execute(select(schema.calls)).all())
    assert [(row.call_id, row.talk_s) for row in kept] == [("c1", 60.0)]
    assert opened.read(lambda c: len(c.execute(select(schema.members)).all())) > 3
    assert opened.read(outbox.waiting) == 1
    ordered = select(schema.outbox.c.kind).order_by(schema.outbox.c.id)
    for _ in range(2):
        opened.write(queueing.tell_apart)
        kinds = opened.read(lambda c: c.execute(ordered).scalars().all())
        assert kinds == ["interaction", "follow_up", "recording"]
    # the log was written before calls had records of their lines
    log = opened.read(lambda c: journal_sql.load_since(c, 0.0, "b", 0.0, 0.0))
    assert log == log_of_the_call()
    assert opened.read(lambda c: c.execute(select(schema.call_lines)).all()) == []
    new = dataclasses.replace(INTERACTION, call_id="c2")
    opened.write(lambda c: journal_sql.save_interaction(c, new))
    lines = opened.read(lambda c: c.execute(select(schema.call_lines)).all())
    assert [(row.call_id, row.position) for row in lines] == [("c2", 0), ("c2", 1)]
    card = opened.read(lambda c: card_sql.card(c, "M-1001"))
    assert card.family == "Doe"
    opened.close()
    database.open_database(old, KEY).close()  # and once more, with nothing to do


def test_what_is_saved_of_a_damaged_earlier_version_is_whole(old: Path) -> None:
    saved = salvage(old, KEY)
    marks = dict(
        saved.read(lambda c: c.execute(select(schema.marks.c.name, schema.marks.c.value)).all())
    )
    assert marks["salvaged_whole"] == "yes"
    assert saved.read(outbox.waiting) == 1
    saved.write(queueing.tell_apart)
    assert saved.read(outbox.waiting) == 3
    saved.close()
