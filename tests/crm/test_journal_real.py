"""The journal on the real cache: one transaction, killed processes, other boots."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.support.crm_people import RECORDS
from tests.support.crm_python import environment
from tests.support.crm_store import OpenStore
from tests.support.fake_clock import FakeClock
from tests.support.one_call import INTERACTION, T0, log_of_the_call

from ctidesk.calls import events
from ctidesk.calls.ports import WrapUpDraft
from ctidesk.crm import audit, journal_sql, schema
from ctidesk.crm.database import open_database
from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.crm.journal import SqlCallJournal, this_boot
from ctidesk.crm.store import Lane

WRITTEN = (
    schema.calls,
    schema.call_segments,
    schema.call_lines,
    schema.interactions,
    schema.wrap_up_codes,
    schema.outbox,
    schema.audit,
)


def _counts(connection: Any) -> dict[str, int]:
    tables = (*WRITTEN, schema.drafts)
    return {
        t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in tables
    }


def _prepared(opened: OpenStore) -> SqlCallJournal:
    journal = SqlCallJournal(opened.store, FakeClock())
    for event in log_of_the_call():
        journal.append(event)
    opened.desk.answer(lambda d: journal.save_draft(WrapUpDraft(call_id="c1", note="x"), d))
    return journal


def test_a_save_writes_every_row_and_ends_the_draft(opened: OpenStore) -> None:
    journal = _prepared(opened)
    opened.put(RECORDS)
    opened.desk.answer(lambda done: journal.save_interaction(INTERACTION, done))
    assert opened.run(_counts, Lane.READ) == {
        "calls": 1,
        "call_segments": 3,
        "call_lines": 2,
        "interactions": 1,
        "wrap_up_codes": 1,
        "outbox": 1,
        "audit": 1,
        "drafts": 0,
    }
    segments = opened.run(lambda c: c.execute(select(schema.call_segments)).all(), Lane.READ)
    assert [(s.kind, s.duration_s) for s in segments] == [
        ("ring", 5.0),
        ("talk", 60.0),
        ("wrap_up", 15.0),
    ]
    message = opened.run(lambda c: c.execute(select(schema.outbox)).one(), Lane.READ)
    assert (message.state, message.attempts, message.lane) == ("waiting", 0, "M-1003")
    assert len(message.idempotency_key) == 36
    assert json.loads(message.body)["code"] == "refill"
    assert opened.run(audit.verify, Lane.READ).bad_seq == 0
    directory = SqlMemberDirectory(opened.store, "DE")
    card = opened.desk.answer(lambda done: directory.card("M-1003", done))
    assert [(h.code, h.provenance.source) for h in card.history] == [("refill", "this desk")]


def test_a_recording_that_is_sealed_after_the_save_is_found_from_its_row(
    opened: OpenStore,
) -> None:
    journal = _prepared(opened)
    opened.desk.answer(lambda done: journal.save_interaction(INTERACTION, done))
    late = events.RecordingStopped(
        call_id="c1",
        t_mono=90,
        t_wall=T0 + 90,
        manifest="/r/c1/manifest.json",
        recorded_bytes=1,
        duration_s=60.0,
    )
    opened.desk.answer(lambda done: journal.append(late, done))
    call = opened.run(lambda c: c.execute(select(schema.calls)).one(), Lane.READ)
    assert call.recording_manifest == late.manifest
    told = opened.run(lambda c: c.execute(select(schema.outbox)).all(), Lane.READ)
    assert [row.kind for row in told] == ["interaction", "recording"]
    body = json.loads(told[1].body)
    assert (body["manifest"], body["member_id"]) == (late.manifest, "M-1003")
    assert told[1].lane == told[0].lane
    opened.desk.answer(lambda done: journal.append(late, done))
    assert opened.run(_counts, Lane.READ)["outbox"] == 2, "told once"


@pytest.mark.parametrize("table", [t.name for t in WRITTEN])
def test_an_error_at_any_step_leaves_nothing_and_keeps_the_draft(
    opened: OpenStore, table: str
) -> None:
    journal = _prepared(opened)
    before = opened.run(_counts, Lane.READ)
    trigger = (
        f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'injected'); END"
    )
    opened.run(lambda c: c.exec_driver_sql(trigger))
    answers: list[Any] = []
    journal.save_interaction(INTERACTION, answers.append)
    with pytest.raises(Exception, match="injected"):
        opened.desk.wait(lambda: len(answers) > 1)
    assert answers[0].code == "cache_failed"
    assert opened.run(_counts, Lane.READ) == before
    opened.run(lambda c: c.exec_driver_sql("DROP TRIGGER broken"))
    assert opened.desk.answer(lambda d: journal.save_interaction(INTERACTION, d)) is None


@pytest.mark.kills
@pytest.mark.parametrize("after", ["calls", "outbox", "drafts", "commit"])
def test_a_process_killed_in_the_save_leaves_all_or_nothing(tmp_path: Path, after: str) -> None:
    """Really killed, with SIGKILL, right after the statement on the table `after`."""
    path, key = tmp_path / "cache.db", bytes(range(32))
    code = (
        "import os, sys, signal\n"
        "from pathlib import Path\n"
        "from sqlalchemy import event, Engine\n"
        "from ctidesk.crm.database import open_database\n"
        "from ctidesk.crm import journal_sql\n"
        "from ctidesk.calls.ports import WrapUpDraft\n"
        "from tests.support.one_call import INTERACTION, log_of_the_call\n"
        "path, after = Path(sys.argv[1]), sys.argv[2]\n"
        "database = open_database(path, bytes(range(32)))\n"
        "for each in log_of_the_call():\n"
        "    database.write(lambda c: journal_sql.append(c, each, 'b'))\n"
        "draft = WrapUpDraft(call_id='c1', note='x')\n"
        "database.write(lambda c: journal_sql.save_draft(c, draft, 1.0))\n"
        "def die(conn, cursor, statement, *rest):\n"
        "    if after in statement and statement.split()[0] in ('INSERT', 'DELETE'):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "event.listen(Engine, 'after_cursor_execute', die)\n"
        "database.write(lambda c: journal_sql.save_interaction(c, INTERACTION))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(path), after],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    database = open_database(path, key)
    counts = database.read(_counts)
    if after == "commit":
        assert counts["drafts"] == 0
        assert all(counts[t.name] for t in WRITTEN)
    else:
        assert counts == {**dict.fromkeys(counts, 0), "drafts": 1}
        database.write(lambda c: journal_sql.save_interaction(c, INTERACTION))
    assert len(database.read(lambda c: journal_sql.load_since(c, 0.0, "b", 0.0, 0.0))) == 4
    database.close()


def test_events_of_an_earlier_boot_keep_their_durations(opened: OpenStore) -> None:
    before = SqlCallJournal(opened.store, FakeClock(), boot_id="yesterday")
    for event in log_of_the_call():
        opened.desk.answer(lambda done, e=event: before.append(e, done))
    clock = FakeClock(now=100.0, wall_offset=T0 + 1000 - 100)  # 1000 s later, up for 100 s
    journal = SqlCallJournal(opened.store, clock, boot_id="today")
    found = opened.desk.answer(lambda done: journal.load_since(0.0, done))
    assert [e.t_wall for e in found] == [e.t_wall for e in log_of_the_call()]
    assert [e.t_mono - found[0].t_mono for e in found] == [0, 5, 65, 65]
    assert found[-1].t_mono == 100.0 - (1000 - 65)
    same = SqlCallJournal(opened.store, clock, boot_id="yesterday")
    assert list(opened.desk.answer(lambda done: same.load_since(0.0, done))) == log_of_the_call()


def test_events_of_another_version_are_left_out_and_kept(opened: OpenStore) -> None:
    journal = _prepared(opened)
    strange = {"call_id": "c1", "body": "{}", "t_mono": 1.0, "t_wall": T0, "boot_id": "b"}
    opened.run(
        lambda c: c.execute(
            schema.call_events.insert(),
            [
                {**strange, "name": "CallTeleported"},
                {**strange, "name": "CallEnded"},
                {**strange, "name": "CallEnded", "body": "{"},
            ],
        )
    )
    assert len(opened.desk.answer(lambda done: journal.load_since(0.0, done))) == 4
    count = select(func.count()).select_from(schema.call_events)
    assert opened.run(lambda c: c.execute(count).scalar_one(), Lane.READ) == 7


def test_a_second_save_from_another_desk_has_one_effect(opened: OpenStore) -> None:
    journal = _prepared(opened)
    for saved in (INTERACTION, replace(INTERACTION, saved_wall=T0 + 99, wrap_up_s=34.0)):
        assert opened.desk.answer(lambda d, s=saved: journal.save_interaction(s, d)) is None
    assert opened.run(_counts, Lane.READ)["outbox"] == 1


def test_the_boot_has_an_id() -> None:
    assert len(this_boot(FakeClock())) >= 6
