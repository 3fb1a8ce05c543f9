"""Members whom the centre no longer serves: erased to the last byte, unless they have a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.cache_dump import dump, holds
from tests.support.crm_store import OpenStore
from tests.support.fhir_resources import coverage, patient, resource
from tests.support.fhir_rows import AROUND, put

from ctidesk.crm import audit
from ctidesk.crm.fhir.directory_rows import From
from ctidesk.crm.fhir.resource_rows import ResourceRows
from ctidesk.crm.file_import import import_file
from ctidesk.crm.import_files import preview
from ctidesk.crm.import_plan import ImportReport, plan_of
from ctidesk.crm.jobs import Lane
from ctidesk.crm.purge import PurgeReport, purge
from ctidesk.crm.records import CarerRecord, FactKind, FactRecord, MemberRecord, Phone

NOW = 1_800_000_000.0
DAY = 86_400.0
CANARY = "Zyxcanary"
PHONE = Phone("+4915199887766", "15199887766", "mobile", preferred=True)


def day(days: int) -> str:
    return (date.fromtimestamp(NOW) + timedelta(days=days)).isoformat()


def run(opened: OpenStore, **more: Any) -> PurgeReport:
    keep = more.pop("keep_days", 90)
    wall = more.pop("now", NOW)
    answer = opened.desk.answer(
        lambda done: purge(opened.store, keep, done, wall=lambda: wall, **more)
    )
    assert isinstance(answer, PurgeReport), answer
    return answer


def cover(member_id: str, ends: str | None) -> FactRecord:
    values = {"plan": CANARY, "ends": ends}
    return FactRecord(member_id=member_id, kind=FactKind.COVERAGE, values=values)


def member(member_id: str, **more: Any) -> MemberRecord:
    values: dict[str, Any] = {"given": "Ann", "family": CANARY, "phones": (PHONE,)} | more
    return MemberRecord(member_id=member_id, **values)


def put_old(opened: OpenStore, *records: Any) -> None:
    """As if read half a year before."""
    opened.put(records)
    opened.run(lambda c: c.exec_driver_sql(f"UPDATE members SET read_wall = {NOW - 180 * DAY}"))


def ids(opened: OpenStore) -> set[str]:
    query = "SELECT member_id FROM members"
    return set(opened.run(lambda c: list(c.exec_driver_sql(query).scalars()), Lane.READ))


def trail(opened: OpenStore, action: str) -> list[tuple[Any, ...]]:
    return [row for row in dump(opened)["audit"] if row[3] == action]


def test_nothing_of_an_erased_member_is_left_and_others_stay(opened: OpenStore) -> None:
    stays = [member(f"S-{n}", given="Bob", family="Stayer") for n in range(50)]
    facts = [
        FactRecord(
            member_id="M-1", kind=FactKind.CONTACT, values={"at_wall": 1.0, "summary": CANARY}
        ),
        CarerRecord(member_id="M-1", name=f"Maria {CANARY}", phones=(PHONE,)),
    ]
    gone = member("M-1", address=CANARY, policy_number=CANARY, household=CANARY, flags=(CANARY,))
    put_old(opened, gone, cover("M-1", day(-91)), *facts, *stays)
    lately = {"plan": "P", "ends": day(-89)}
    kept = (FactRecord(member_id=s.member_id, kind=FactKind.COVERAGE, values=lately) for s in stays)
    put_old(opened, *kept)
    # a canary that is not found before would prove nothing
    assert {"members", "coverages", "contacts", "relations"} <= set(holds(opened, CANARY))
    assert "directory_fts_data" in holds(opened, CANARY[1:]) and "numbers" in holds(
        opened, "99887766"
    )
    report = run(opened)
    assert report.erased == (("cover ended", 1),) and report.stayed == ()
    assert holds(opened, CANARY) == [] and holds(opened, CANARY[1:]) == []
    left = [row for row in dump(opened)["numbers"] if row[2] not in _refs(opened)]
    assert left == []
    assert ids(opened) == {s.member_id for s in stays}
    assert run(opened).count == 0  # again: nobody to erase, nothing to say
    (one,) = trail(opened, "member_purged")
    assert one[4] == "M-1" and one[7] == "cover ended"
    (whole,) = trail(opened, "members_purged")
    assert "1 erased (1 cover ended)" in whole[7]
    assert opened.run(audit.verify).problem == ""
    assert opened.run(lambda c: c.exec_driver_sql("PRAGMA secure_delete").scalar()) == 1


def _refs(opened: OpenStore) -> set[int]:
    return {row[0] for row in dump(opened)["members"]}


@pytest.mark.parametrize(
    ("ends", "goes"), [(None, False), (day(-89), False), (day(-91), True), (day(5), False)]
)
def test_a_cover_counts_by_its_end(opened: OpenStore, ends: str | None, goes: bool) -> None:
    put_old(opened, member("M-1"), cover("M-1", day(-400)), cover("M-1", ends))
    assert run(opened).count == int(goes)


def test_who_has_no_cover_at_all_stays(opened: OpenStore) -> None:
    put_old(opened, member("M-1"))
    assert run(opened).count == 0 and ids(opened) == {"M-1"}


def test_whom_a_file_named_lately_stays(opened: OpenStore) -> None:
    opened.put([member("M-1"), cover("M-1", day(-400))])
    opened.run(lambda c: c.exec_driver_sql(f"UPDATE members SET read_wall = {NOW - 80 * DAY}"))
    assert run(opened).count == 0
    assert run(opened, now=NOW + 11 * DAY).count == 1


REASONS = {
    "an appointment to come": "INSERT INTO appointments(member_ref, starts_wall, source, read_wall)"
    f" SELECT id, {NOW + DAY}, 'x', 0 FROM members",
    "a recent call": "INSERT INTO interactions(call_id, member_id, verified, code, saved_wall,"
    f" coded_by) VALUES ('c1', 'M-1', 1, 'x', {NOW - 5 * DAY}, 'agent')",
    "an open wrap-up": "INSERT INTO drafts(call_id, member_id, saved_wall) VALUES ('c1', 'M-1', 0)",
    "a message that waits": "INSERT INTO outbox(idempotency_key, kind, subject_id, lane, body,"
    " state, attempts, created_wall, next_try_wall)"
    " VALUES ('k', 'x', 'c1', 'M-1', '{}', 'dead', 0, 0, 0)",
    "a carer of somebody else": "INSERT INTO relations(member_ref, other_ref, kind, may_speak,"
    " source, read_wall) SELECT b.id, a.id, 'carer', 1, 'x', 0 FROM members a, members b"
    " WHERE a.member_id = 'M-1' AND b.member_id = 'M-2'",
}


@pytest.mark.parametrize("why", REASONS)
def test_who_has_a_reason_to_stay_stays(opened: OpenStore, why: str) -> None:
    put_old(opened, member("M-1"), member("M-2"), cover("M-1", day(-91)))
    opened.run(
        lambda c: c.exec_driver_sql(
            "INSERT INTO calls VALUES ('c1', 'in', '', '', '', 0, NULL, 0, 200, 0, 0, 0, 0, '')"
        )
    )
    opened.run(lambda c: c.exec_driver_sql(REASONS[why]))
    report = run(opened)
    assert (report.erased, report.stayed) == ((), ((why, 1),))
    assert ids(opened) == {"M-1", "M-2"}


def test_whom_a_call_is_about_now_stays(opened: OpenStore) -> None:
    put_old(opened, member("M-1"), cover("M-1", day(-91)))
    assert run(opened, shown=lambda: frozenset({"M-1"})).stayed == (("a call now", 1),)
    assert run(opened).count == 1


def test_a_dry_run_erases_nobody_and_agrees(opened: OpenStore) -> None:
    put_old(opened, member("M-1"), cover("M-1", day(-91)))
    before = dump(opened)
    said = run(opened, dry=True)
    assert dump(opened) == before
    assert replace(said, dry=False) == run(opened)


def test_own_records_stay_under_the_members_id(opened: OpenStore) -> None:
    put_old(opened, member("M-1"), cover("M-1", day(-91)))
    opened.run(
        lambda c: c.exec_driver_sql(
            "INSERT INTO calls VALUES ('c1', 'in', '', '', '', 0, NULL, 0, 200, 0, 0, 0, 0, '')"
        )
    )
    old = REASONS["a recent call"].replace(str(NOW - 5 * DAY), str(NOW - 200 * DAY))
    opened.run(lambda c: c.exec_driver_sql(old))
    assert run(opened).count == 1
    assert [row[2] for row in dump(opened)["interactions"]] == ["M-1"]


# ------------------------------------------------------------------------ files


def bring(opened: OpenStore, path: Path, rows: list[str], ended: float) -> None:
    """Import a file of members, as if that had been at `ended`."""
    path.write_text("\n".join(["member_id,given,family", *rows]))
    plan = plan_of(preview(path), "DE")
    report = opened.desk.answer(lambda done: import_file(opened.store, plan, done))
    assert isinstance(report, ImportReport)
    newest = "(SELECT max(id) FROM imports)"
    opened.run(
        lambda c: c.exec_driver_sql(f"UPDATE imports SET ended_wall = {ended} WHERE id = {newest}")
    )


def test_whom_the_file_lacks_for_long_goes(opened: OpenStore, tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    everybody = [f"M-{n},Ann,Name{n}" for n in range(5)]
    bring(opened, path, everybody, NOW - 200 * DAY)
    bring(opened, path, everybody[1:], NOW - 95 * DAY)
    bring(opened, path, everybody[2:], NOW - 50 * DAY)
    report = run(opened)
    assert report.erased == (("not in the file any more", 1),)
    assert ids(opened) == {"M-1", "M-2", "M-3", "M-4"}  # M-1 is missing for 50 days only
    assert run(opened, now=NOW + 41 * DAY).count == 1
    assert ids(opened) == {"M-2", "M-3", "M-4"}
    bring(opened, path, everybody, NOW)  # the file has them again
    assert len(ids(opened)) == 5 and run(opened, now=NOW + 100 * DAY).count == 0


def test_a_file_that_lacks_most_or_was_not_read_whole_is_no_news(
    opened: OpenStore, tmp_path: Path
) -> None:
    path = tmp_path / "members.csv"
    everybody = [f"M-{n},Ann,Name{n}" for n in range(5)]
    bring(opened, path, everybody, NOW - 200 * DAY)
    bring(opened, path, everybody[:2], NOW - 150 * DAY)  # a part: the new ones only
    report = run(opened)
    assert (report.count, report.parts) == (0, 1) and "taken for a part" in report.sentence
    bring(opened, path, [*everybody[:4], "M-9,,"], NOW - 100 * DAY)  # with a rejected row
    assert run(opened).count == 0
    other = tmp_path / "other.csv"
    bring(opened, other, ["X-1,Tom,Other"], NOW - 100 * DAY)  # says nothing of the first file
    assert len(ids(opened)) == 6 and run(opened).count == 0


# ------------------------------------------------------------------------ the CRM


def take(
    opened: OpenStore, *resources: dict[str, Any], wall: float = NOW - 180 * DAY
) -> list[bool]:
    return put(opened, wall, *resources)


def versioned(one: dict[str, Any], version: str, days: int = -180) -> dict[str, Any]:
    updated = f"{day(days)}T00:00:00Z"
    return {**one, "meta": {"versionId": version, "lastUpdated": updated}}


def person(version: str = "1", *, active: bool = True, days: int = -180) -> dict[str, Any]:
    return versioned(patient("p1", CANARY, "+4915199887766", active=active), version, days)


def covered(version: str, ends: str, ident: str = "c1") -> dict[str, Any]:
    return versioned(coverage(ident, "p1", period={"end": ends}, network=CANARY), version)


DRUG = {"medicationCodeableConcept": {"text": CANARY}, "status": "active", "intent": "order"}


def medicine() -> list[dict[str, Any]]:
    ordered = resource("MedicationRequest", "m1", subject={"reference": "Patient/p1"}, **DRUG)
    handed = resource(
        "MedicationDispense",
        "d1",
        status="completed",
        authorizingPrescription=[{"reference": "MedicationRequest/m1"}],
        medicationCodeableConcept={"text": CANARY},
    )
    return [versioned(ordered, "1"), versioned(handed, "1")]


def texts(opened: OpenStore) -> dict[str, str]:
    query = "SELECT key, body FROM fhir_resources"
    return dict(opened.run(lambda c: [tuple(r) for r in c.exec_driver_sql(query)], Lane.READ))


def cursor_of(opened: OpenStore, kind: str) -> str:
    query = "SELECT after FROM fhir_cursors WHERE kind = ?"
    return str(opened.run(lambda c: c.exec_driver_sql(query, (kind,)).scalar(), Lane.READ))


def with_cursors(opened: OpenStore) -> None:
    for kind in ("Patient", "Coverage", "MedicationRequest", "MedicationDispense", "Task"):
        values = (kind, "http://crm", "2026-01-01T00:00:00Z", "", 0, 0)
        opened.run(
            lambda c, v=values: c.exec_driver_sql(
                "INSERT INTO fhir_cursors(kind, server, after, gone_after, whole, loaded)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                v,
            )
        )


def test_of_a_patient_every_text_goes_and_the_next_readings_change_nothing(
    opened: OpenStore,
) -> None:
    everything = [person(), covered("1", day(-91)), *medicine()]
    take(opened, *everything)
    with_cursors(opened)
    assert "fhir_resources" in holds(opened, CANARY) and ids(opened) == {"p1"}
    assert run(opened).erased == (("cover ended", 1),)
    assert holds(opened, CANARY) == [] and holds(opened, "99887766") == []
    assert set(texts(opened).values()) == {"{}"} and len(texts(opened)) == 4
    # a whole reading finds each version known; the CRM corrects an address of theirs
    assert take(opened, *everything) == [False] * 4
    assert take(opened, person("2", days=0)) == [False]
    assert take(opened, person("2", days=0)) == [False]
    assert (ids(opened), holds(opened, CANARY)) == (set(), [])
    assert run(opened).count == 0  # and the purge has nothing to do any more
    assert cursor_of(opened, "Patient") != ""


@pytest.mark.parametrize(
    "sign",
    [
        covered("2", day(200)),
        covered("1", day(200), "c9"),
        versioned(
            resource("Task", "t1", status="requested", **{"for": {"reference": "Patient/p1"}})
            | {"authoredOn": "2026-01-01T00:00:00Z"},
            "1",
        ),
    ],
    ids=["cover renewed", "another cover", "open task"],
)
def test_who_is_served_again_comes_back_whole(opened: OpenStore, sign: dict[str, Any]) -> None:
    everything = [person(), covered("1", day(-91)), *medicine()]
    take(opened, *everything)
    with_cursors(opened)
    run(opened)
    take(opened, sign)
    assert ids(opened) == set()  # who they are must be asked for
    assert cursor_of(opened, "Patient") == ""  # in the next round, of all
    take(opened, person())
    assert ids(opened) == {"p1"}
    for kind in ("MedicationRequest", "MedicationDispense"):
        assert cursor_of(opened, kind) == ""
    assert take(opened, *medicine()) == [True, True]
    rows = dump(opened)
    assert [row for row in rows["prescriptions"] if CANARY in row]
    assert run(opened).count == 0


def test_what_says_nothing_new_of_one_who_was_erased_goes_with_the_next_run(
    opened: OpenStore,
) -> None:
    take(opened, person(), covered("1", day(-91)))
    with_cursors(opened)
    run(opened)
    take(opened, covered("2", day(-100)))  # corrected, and over all the same
    assert "fhir_resources" in holds(opened, CANARY) and cursor_of(opened, "Patient") != ""
    assert run(opened).count == 1
    assert holds(opened, CANARY) == []
    assert len(trail(opened, "member_purged")) == 1  # no second erasure of the member


def test_who_is_switched_off_in_the_crm_goes_later_and_returns_when_switched_on(
    opened: OpenStore,
) -> None:
    take(opened, person(), covered("1", day(200)), *medicine())
    with_cursors(opened)
    off = person("2", active=False, days=-50)
    take(opened, off)
    assert ids(opened) == set() and CANARY in texts(opened)["Patient/p1"]
    assert run(opened).count == 0
    assert run(opened, now=NOW + 41 * DAY).erased == (("not active in the CRM", 1),)
    assert holds(opened, CANARY) == []
    assert take(opened, off, covered("1", day(200))) == [False, False]
    take(opened, person("3", days=60))
    assert ids(opened) == {"p1"} and cursor_of(opened, "Coverage") == ""
    take(opened, covered("1", day(200)))
    assert len(dump(opened)["coverages"]) == 1


def test_who_was_deleted_in_the_crm_leaves_no_texts_about_them(opened: OpenStore) -> None:
    take(opened, person(), covered("1", day(200)), *medicine())

    def forget(connection: Any) -> None:
        ResourceRows(connection, From("CRM", NOW), AROUND).forget("Patient/p1")

    opened.run(forget)
    assert "fhir_resources" in holds(opened, CANARY)
    assert run(opened).count == 1 and holds(opened, CANARY) == []


def test_a_merged_patients_texts_stay_with_the_one_that_lives(opened: OpenStore) -> None:
    old = versioned(
        patient("p0", CANARY, active=False)
        | {"link": [{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}]},
        "1",
    )
    take(opened, old, person(), covered("1", day(200)))
    assert run(opened).count == 0 and CANARY in texts(opened)["Patient/p0"]
    take(opened, covered("2", day(-91)))
    assert run(opened).count == 1 and holds(opened, CANARY) == []


def test_an_open_task_keeps_a_member_of_the_crm(opened: OpenStore) -> None:
    task = resource("Task", "t1", status="in-progress", **{"for": {"reference": "Patient/p1"}})
    take(opened, person(), covered("1", day(-91)), versioned(task, "1"))
    assert run(opened).stayed == (("an open task or an appointment to come", 1),)
    take(opened, versioned({**task, "status": "completed"}, "2"))
    assert run(opened).count == 1


# ------------------------------------------------------------------------ many


def test_look_ups_go_between_the_steps(opened: OpenStore) -> None:
    many = [member(f"M-{n}", phones=()) for n in range(2_000)]
    put_old(opened, *many, *(cover(m.member_id, day(-91)) for m in many))
    answers: list[Any] = []
    looked: list[int] = []

    def look(_: object = None) -> None:
        if not answers:
            query = "SELECT count(*) FROM members"
            opened.store.submit(
                Lane.POP,
                lambda c: c.exec_driver_sql(query).scalar(),
                lambda count: (looked.append(count), look()),
            )

    purge(opened.store, 90, answers.append, wall=lambda: NOW)
    look()
    opened.desk.wait(lambda: bool(answers))
    assert answers[0].count == 2_000 and ids(opened) == set()
    assert len(set(looked)) > 5  # they saw it shrink: no step held them up to its end
