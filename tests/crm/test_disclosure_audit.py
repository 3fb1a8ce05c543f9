"""What was shown of a member has its rows in the audit trail, in the transaction of the event."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from ctidesk.calls.agent_events import IdentityChecked
from ctidesk.calls.disclosure_events import FactsRevealed, GlassBroken, GlassClosed
from ctidesk.crm import audit, database, journal_sql, schema

KEY = bytes(range(32))
OF = {"call_id": "c1", "t_mono": 1.0, "t_wall": 2.0, "member_id": "M-1"}
REVEALED = FactsRevealed(
    **OF,
    party="member",
    basis="verified",
    fields=("coverage", "history"),
    asked=("birth_date", "postcode"),
    recording_s=12.5,
)


@pytest.fixture
def opened(tmp_path: Path):  # type: ignore[no-untyped-def]
    found = database.open_database(tmp_path / "cache.db", KEY)
    yield found
    found.close()


def rows(opened: database.Database) -> list[tuple[str, ...]]:
    columns = [schema.audit.c[name] for name in ("who", "action", "result", "purpose")]
    return [tuple(row) for row in opened.read(lambda c: c.execute(select(*columns)).all())]


def test_each_group_of_facts_has_its_row_with_questions_and_place(opened) -> None:  # type: ignore[no-untyped-def]
    opened.write(lambda c: journal_sql.append(c, REVEALED, "b", "anna"))
    why = "party member; verified; asked birth_date+postcode; recording at 12.5 s"
    assert rows(opened) == [
        ("anna", "facts_revealed", "coverage", why),
        ("anna", "facts_revealed", "history", why),
    ]
    assert opened.read(audit.verify).bad_seq == 0
    assert opened.read(lambda c: journal_sql.load_since(c, 0.0, "b", 1.0, 2.0)) == [REVEALED]


def test_broken_glass_has_its_reason_and_its_end(opened) -> None:  # type: ignore[no-untyped-def]
    broken = GlassBroken(**OF, reason="caller unconscious", limit_s=900.0)
    closed = GlassClosed(**OF, by="time")
    for event in (broken, closed):
        opened.write(lambda c, e=event: journal_sql.append(c, e, "b", "anna"))
    assert rows(opened) == [
        ("anna", "glass_broken", "done", "caller unconscious; for 15 min; no recording"),
        ("anna", "glass_closed", "done", "by time"),
    ]


def test_a_failed_check_has_a_row_and_a_passed_one_none(opened) -> None:  # type: ignore[no-untyped-def]
    for passed in (True, False):
        event = IdentityChecked(**OF, question="postcode", passed=passed, verified=False)
        opened.write(lambda c, e=event: journal_sql.append(c, e, "b", "anna"))
    assert rows(opened) == [("anna", "identity_check_failed", "postcode", "")]


def test_without_the_audit_row_the_event_is_not_stored_either(opened, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(audit, "record", broken)
    with pytest.raises(RuntimeError):
        opened.write(lambda c: journal_sql.append(c, REVEALED, "b", "anna"))
    assert opened.read(lambda c: c.execute(select(schema.call_events)).all()) == []
