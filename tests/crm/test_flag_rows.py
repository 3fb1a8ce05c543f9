"""What an emergency leaves in the real cache: log, audit rows, the pin; also after salvage."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from ctidesk.calls import flag_events as fl
from ctidesk.crm import audit, database, flag_sql, journal_sql, schema
from ctidesk.crm.salvage import salvage

KEY = bytes(range(32))
AT = {"call_id": "c1", "t_mono": 5.0, "t_wall": 1_000.0}
LOG = (
    fl.RedFlagRaised(**AT),  # type: ignore[arg-type]
    fl.RecordingPinned(**AT, reason="red_flag"),  # type: ignore[arg-type]
    fl.LocationNoted(**AT, location="Lindenweg 4"),  # type: ignore[arg-type]
    fl.LineTried(**AT, role=fl.LineRole.NURSE, line="Nurse", number="201"),  # type: ignore[arg-type]
    fl.TimeExcused(**AT, reason=fl.Excuse.EMERGENCY, running=True),  # type: ignore[arg-type]
)


def test_each_event_is_in_the_log_and_in_the_audit_trail_and_the_recording_is_pinned(
    tmp_path: Path,
) -> None:
    opened = database.open_database(tmp_path / "cache.db", KEY)
    for event in LOG:
        opened.write(lambda c, event=event: journal_sql.append(c, event, "b", "Agent Seven"))
    found = opened.read(lambda c: journal_sql.load_since(c, 0.0, "b", 5.0, 1_000.0))
    assert found == list(LOG)
    assert "Lindenweg" not in repr(found), "a place stays out of logs"
    trail = opened.read(lambda c: c.execute(select(schema.audit)).all())
    assert [(row.who, row.action, row.purpose, row.subject_id) for row in trail] == [
        ("Agent Seven", "red_flag_raised", "", "c1"),
        ("Agent Seven", "recording_pinned", "red_flag", "c1"),
        ("Agent Seven", "location_noted", "", "c1"),
        ("Agent Seven", "line_tried", "nurse Nurse", "c1"),
        ("Agent Seven", "time_excused", "emergency", "c1"),
    ]
    assert opened.read(audit.verify).bad_seq == 0
    assert opened.read(lambda c: flag_sql.is_pinned(c, "c1"))
    assert not opened.read(lambda c: flag_sql.is_pinned(c, "c2"))
    opened.close()


def test_a_pin_outlives_a_damaged_cache(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    opened = database.open_database(path, KEY)
    opened.write(lambda c: journal_sql.append(c, LOG[1], "b"))
    opened.close()
    saved = salvage(path, KEY)
    assert saved.read(lambda c: flag_sql.is_pinned(c, "c1"))
    saved.close()
