"""Saved calls on their way to a real FHIR server, through everything a network does to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import fhir_proxy as faults
from tests.support.fhir_proxy import FaultProxy
from tests.support.fhir_pull import PullRig
from tests.support.fhir_resources import patient
from tests.support.fhir_sending import SEALED, SendRig, call
from tests.support.fhir_server import FhirServer

from ctidesk.crm import outbox


@pytest.fixture
def rig(tmp_path: Path, proxy: FaultProxy) -> Iterator[SendRig]:
    running = SendRig(tmp_path, proxy.base, read_s=2.0)
    yield running
    running.close()


def the_one(server: FhirServer, kind: str) -> dict[str, Any]:
    found = server.get(f"{kind}?_count=10")
    assert found["total"] == 1 if "total" in found else True
    (entry,) = found["entry"]
    return dict(entry["resource"])


def test_a_call_its_follow_up_and_its_recording_arrive_and_refer_to_each_other(
    server: FhirServer, rig: SendRig
) -> None:
    saved = call(
        "c1",
        follow_up="call back on Monday",
        recording_manifest="/home/agent/rec/c1/manifest.json",
        hold_s=7.5,
    )
    rig.save(saved)
    rig.start()
    rig.until_empty()
    sent = the_one(server, "Communication")
    assert sent["identifier"] == [{"system": "urn:ctidesk:call", "value": "c1"}]
    assert sent["status"] == "completed"
    assert sent["sent"] == "2027-01-15T08:00:00.000Z"
    assert sent["subject"]["identifier"]["value"] == "M-1003"
    assert sent["note"][0]["text"] == "asked for the next refill ✓"
    assert sent["reasonCode"][0]["coding"][0]["code"] == "refill"
    details = {each["url"]: each for each in sent["extension"][0]["extension"]}
    assert details["hold-s"]["valueDuration"]["value"] == 7.5
    assert details["verified"]["valueBoolean"] is True
    reference = {"reference": f"Communication/{sent['id']}"}
    task = the_one(server, "Task")
    assert (task["description"], task["status"]) == ("call back on Monday", "requested")
    assert task["focus"] == reference
    document = the_one(server, "DocumentReference")
    (content,) = document["content"]
    assert content["attachment"]["hash"] == SEALED.sha1
    assert document["context"]["related"] == [reference]
    assert "/home/agent" not in str((sent, task, document)), "no path of this computer"
    assert {row.state for row in rig.rows()} == {outbox.SENT}
    assert [row.remote.partition("/")[0] for row in rig.rows()] == [
        "Communication",
        "Task",
        "DocumentReference",
    ]


def test_a_member_of_the_crm_is_named_by_reference_and_after_a_merge_by_the_new_one(
    server: FhirServer, rig: SendRig, tmp_path: Path
) -> None:
    own = PullRig(tmp_path, rig.base, opened=rig.opened)
    server.load([patient("old", "Old"), patient("new", "New")])
    own.pull.round()
    rig.save(call("c1", member_id="old"))
    merged = patient(
        "new", "New", link=[{"type": "replaces", "other": {"reference": "Patient/old"}}]
    )
    merged.pop("meta")
    server.put(merged)
    own.pull.round()
    rig.start()
    rig.until_empty()
    assert the_one(server, "Communication")["subject"] == {"reference": "Patient/new"}
    own.http.close()


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(500),
        faults.status(503, Retry_After="0"),
        faults.status(429, Retry_After="1"),
        faults.LOST,
        faults.cut(20),
        faults.bad_json(),
        faults.html(),
        faults.html(502),
        faults.SILENT,
        faults.skewed(-86_400),
    ],
    ids=lambda fault: fault.name,
)
def test_one_effect_whatever_happened_to_the_answer(
    server: FhirServer, proxy: FaultProxy, rig: SendRig, fault: faults.Fault
) -> None:
    proxy.then(fault, "Communication", times=2)
    rig.save(call("c1"), call("c2", member_id="M-2"))
    rig.start()
    rig.until_empty()
    assert server.count("Communication") == 2
    assert {row.state for row in rig.rows()} == {outbox.SENT}


def test_a_server_that_ignores_the_condition_gets_one_all_the_same(
    server: FhirServer, proxy: FaultProxy, rig: SendRig
) -> None:
    proxy.drops = {"if-none-exist"}
    proxy.then(faults.LOST, "Communication", times=3)
    rig.save(call("c1"))
    rig.start()
    rig.until_empty()
    assert server.count("Communication") == 1


def test_retry_after_is_obeyed(proxy: FaultProxy, rig: SendRig) -> None:
    proxy.then(faults.status(429, Retry_After="3600"), "Communication")
    rig.save(call("c1"), call("c2"))
    rig.start()
    rig.until(lambda: any(state.ready_wall for state in rig.states))
    state = next(state for state in rig.states if state.ready_wall)
    assert state.problem is not None and state.problem.code == "crm_too_many"
    assert state.waiting == 2
    assert rig.rows()[0].next_try_wall - rig.rows()[0].tried_wall > 3500
    before = len(proxy.requests("Communication"))
    rig.sending.wake()  # something else was saved: no reason to go on sooner
    rig.save(call("c3"))
    assert len(proxy.requests("Communication")) == before == 1
    rig.outgoing.try_now()
    rig.until_empty()
    assert len(proxy.requests("Communication")) > before


def test_what_the_crm_refuses_is_kept_for_a_person_and_holds_up_only_what_hangs_on_it(
    server: FhirServer, proxy: FaultProxy, rig: SendRig
) -> None:
    proxy.then(faults.outcome(422, "business-rule", "Jane Canary"), "Communication")
    rig.save(call("c1", follow_up="call back"), call("c2"))
    rig.start()
    rig.until(lambda: bool(rig.states) and rig.states[-1].failed == 1 and _sent(rig) == 1)
    assert rig.states_of_rows() == [
        ("interaction", "dead"),
        ("follow_up", "waiting"),
        ("interaction", "sent"),
    ]
    (failed, behind) = rig.desk.answer(lambda done: rig.outgoing.items(10, done))
    assert (failed.standing.value, failed.kind, failed.behind) == ("dead", "interaction", False)
    assert "422, business-rule" in failed.why and "Canary" not in failed.why + failed.remedy
    assert behind.behind and behind.kind == "follow_up"
    assert server.count("Task") == 0
    rig.desk.answer(lambda done: rig.outgoing.retry(failed.id, "agent7", done))
    rig.until_empty()
    assert (server.count("Communication"), server.count("Task")) == (2, 1)
    assert ("outbox_retried", "agent7", "") in rig.audit()


def test_a_message_behind_an_undecided_one_keeps_nobody_busy(
    proxy: FaultProxy, rig: SendRig
) -> None:
    proxy.then(faults.outcome(422, "invalid"), "Communication")
    rig.save(call("c1", follow_up="call back"))
    rig.start()
    rig.until(lambda: bool(rig.states) and rig.states[-1].failed == 1)
    now = rig.rows()[1].created_wall + 1.0
    assert rig.opened.run(lambda c: outbox.next_due(c, now)) is None
    assert rig.opened.run(lambda c: outbox.claim(c, "another", now)) is None


def test_what_was_refused_is_put_right_and_sent(
    server: FhirServer, proxy: FaultProxy, rig: SendRig
) -> None:
    proxy.then(faults.outcome(400, "code-invalid"), "Communication")
    rig.save(call("c1"))
    rig.start()
    rig.until(lambda: bool(rig.states) and rig.states[-1].failed == 1)
    (item,) = rig.desk.answer(lambda done: rig.outgoing.items(10, done))
    assert {entry.name: entry.value for entry in item.entries}["code"] == "refill"
    better = {"code": "other", "note": "put right"}
    rig.desk.answer(lambda done: rig.outgoing.edit(item.id, better, "agent7", done))
    rig.until_empty()
    sent = the_one(server, "Communication")
    assert sent["reasonCode"][0]["coding"][0]["code"] == "other"
    assert sent["note"][0]["text"] == "put right"
    assert ("outbox_edited", "agent7", "code note") in rig.audit()
    kept = rig.opened.run(lambda c: c.exec_driver_sql("SELECT code, note FROM interactions").one())
    assert tuple(kept) == ("other", "put right")


def test_what_is_discarded_is_never_sent_and_says_who_and_why(
    server: FhirServer, proxy: FaultProxy, rig: SendRig
) -> None:
    proxy.then(faults.outcome(400, "invalid"), "Communication")
    rig.save(call("c1", follow_up="call back"))
    rig.start()
    rig.until(lambda: bool(rig.states) and rig.states[-1].failed == 1)
    (item, _) = rig.desk.answer(lambda done: rig.outgoing.items(10, done))
    rig.desk.answer(lambda done: rig.outgoing.discard(item.id, "a test call", "agent7", done))
    rig.until_empty()
    assert (server.count("Communication"), server.count("Task")) == (0, 1)
    assert "focus" not in the_one(server, "Task")
    assert ("outbox_discarded", "agent7", "a test call") in rig.audit()
    kept = rig.opened.run(lambda c: c.exec_driver_sql("SELECT count(*) FROM calls").scalar_one())
    assert kept == 1, "the call itself stays on this computer"
    moved = rig.desk.answer(lambda done: rig.outgoing.retry(item.id, "agent7", done))
    assert moved.code == "outbox_moved"


def test_one_message_that_the_server_chokes_on_does_not_hold_up_the_rest(
    server: FhirServer, proxy: FaultProxy, rig: SendRig
) -> None:
    proxy.chokes_on = b"poison"
    rig.save(call("bad", member_id="M-bad", note="poison"))
    rig.save(*(call(f"c{n}", member_id=f"M-{n}") for n in range(12)))
    rig.start()
    rig.until(lambda: _sent(rig) == 12)
    assert server.count("Communication") == 12
    for n in range(12, 40):  # it fails again and again while others pass
        rig.save(call(f"c{n}", member_id=f"M-{n}"))
        rig.until(lambda n=n: _sent(rig) == n + 1)
        rig.sending.try_now()
        if rig.states[-1].failed:
            break
    rig.until(lambda: rig.states[-1].failed == 1)
    assert rig.states[-1].waiting == 0


def test_members_order_is_kept_while_other_members_pass(
    server: FhirServer, proxy: FaultProxy, rig: SendRig
) -> None:
    proxy.chokes_on = b"first of M-1"
    rig.save(
        call("a1", member_id="M-1", note="first of M-1"),
        call("a2", member_id="M-1", note="second"),
        call("b1", member_id="M-2", note="other"),
    )
    rig.start()
    rig.until(lambda: _sent(rig) == 1)
    assert [row.state == "sent" for row in rig.rows()] == [False, False, True]
    proxy.chokes_on = b""
    rig.sending.try_now()
    rig.until_empty()
    order = [
        each["resource"]["identifier"][0]["value"]
        for each in server.get("Communication?_sort=_lastUpdated")["entry"]
    ]
    assert order == ["b1", "a1", "a2"]


def test_ten_minutes_without_a_network_in_a_shift_of_100_calls(
    server: FhirServer, proxy: FaultProxy, rig: SendRig
) -> None:
    rig.start()
    rig.save(*(call(f"c{n}", member_id=f"M-{n % 30}") for n in range(40)))
    proxy.always.append(("", faults.Fault("no network", dead=True)))
    rig.save(*(call(f"c{n}", member_id=f"M-{n % 30}") for n in range(40, 80)))
    rig.until(lambda: rig.states[-1].problem is not None)
    assert rig.states[-1].waiting >= 40
    proxy.always.clear()
    rig.save(*(call(f"c{n}", member_id=f"M-{n % 30}") for n in range(80, 100)))
    rig.sending.server_is_back()
    rig.until_empty()
    found = server.get("Communication?_count=200")["entry"]
    calls = [each["resource"]["identifier"][0]["value"] for each in found]
    assert sorted(calls) == sorted(f"c{n}" for n in range(100)), "each once"


def _metadata(change: str) -> faults.Fault:
    def changed(answer: faults.Answer) -> faults.Answer:
        body = answer.body.replace(b'"4.0.1"', change.encode())
        return faults.Answer(answer.status, answer.headers, body)

    return faults.Fault("metadata", change=changed)


@pytest.mark.parametrize(
    ("path", "fault", "code"),
    [
        ("metadata", faults.html(), "crm_not_fhir"),
        ("metadata", _metadata('"5.0.0"'), "crm_wrong_version"),
        ("Communication", faults.redirect("http://127.0.0.2:9/fhir/R4"), "crm_redirected"),
        ("Communication", faults.status(401), "crm_not_signed_in"),
        ("Communication", faults.html(), "crm_not_fhir"),
        ("Communication", faults.huge(6_000_000), "crm_too_big"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_no_usable_server_is_named_and_nothing_is_lost(
    server: FhirServer, proxy: FaultProxy, rig: SendRig, path: str, fault: faults.Fault, code: str
) -> None:
    proxy.always.append((path, fault))
    rig.haste = 1.0
    rig.save(call("c1"))
    rig.start()
    rig.until(lambda: bool(rig.states) and bool(rig.states[-1].problem or rig.states[-1].failed))
    if code == "crm_too_big":
        (item,) = rig.desk.answer(lambda done: rig.outgoing.items(10, done))
        assert "longer than" in item.why
        proxy.calm()
        rig.desk.answer(lambda done: rig.outgoing.retry(item.id, "agent7", done))
    else:
        problem = rig.states[-1].problem
        assert problem is not None and (problem.code, rig.states[-1].waiting) == (code, 1)
        assert problem.remedy
        proxy.calm()
        rig.outgoing.try_now()
    rig.until_empty()
    assert server.count("Communication") == 1


def test_missing_rights_are_named_for_each_message(
    server: FhirServer, proxy: FaultProxy, rig: SendRig
) -> None:
    proxy.always.append(("Task", faults.status(403)))
    rig.save(call("c1", follow_up="call back"))
    rig.start()
    rig.until(lambda: bool(rig.states) and rig.states[-1].failed == 1)
    assert server.count("Communication") == 1
    (item,) = rig.desk.answer(lambda done: rig.outgoing.items(10, done))
    assert item.kind == "follow_up" and "may not use" in item.why


def test_the_head_of_the_audit_trail_goes_out_once_after_all_else(
    server: FhirServer, proxy: FaultProxy, tmp_path: Path
) -> None:
    rig = SendRig(tmp_path, proxy.base, read_s=2.0, checkpoint_s=900.0)
    proxy.then(faults.LOST, "AuditEvent", times=2)
    rig.save(call("c1"))
    rig.start()
    rig.until(lambda: _sent(rig) == 2)
    rig.save(call("c2"))
    rig.until(lambda: _sent(rig) == 3)
    noted = the_one(server, "AuditEvent")
    head = rig.opened.run(
        lambda c: c.exec_driver_sql("SELECT hex(hash) FROM audit WHERE seq = 1").scalar_one()
    )
    (entity,) = noted["entity"]
    assert entity["what"]["identifier"]["value"] == "1"
    assert entity["detail"][0]["valueString"] == head.lower()
    assert "agent7" not in str(noted) and "M-1003" not in str(noted)
    rig.close()


def test_nothing_about_a_patient_is_logged(
    proxy: FaultProxy, rig: SendRig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    proxy.then(faults.outcome(422, "invalid", "Canary"), "Communication")
    proxy.then(faults.status(500), "Communication")
    rig.save(call("Canary-call", note="Canary note", member_id="Canary-M", number="+4930Canary"))
    rig.save(call("Canary-2", note="Canary note", follow_up="Canary"))
    rig.start()
    rig.until(lambda: bool(rig.states) and rig.states[-1].failed == 1 and _sent(rig) == 2)
    assert caplog.records, "the failures are in the log"
    assert "Canary" not in caplog.text


def _sent(rig: SendRig) -> int:
    return rig.states[-1].sent if rig.states else 0
