"""Records that are changed at the desk while others change them in the CRM: nothing is overwritten
that nobody looked at, and nothing else of a resource changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import fhir_proxy as faults
from tests.support.fhir_proxy import FaultProxy
from tests.support.fhir_pull import PullRig
from tests.support.fhir_resources import concept, coverage, refers, resource
from tests.support.fhir_sending import SendRig
from tests.support.fhir_server import FhirServer

from ctidesk.care.outgoing import Correction, Standing
from ctidesk.care.work import Assigned, Closed, Outcome, WorkItem
from ctidesk.crm import corrections_sql, requests_sql, work_sql
from ctidesk.crm.corrections_sql import Hand
from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.crm.fhir.reading import Surroundings

HAND = Hand("agent7", 1_790_000_000.0, Surroundings("DE"))
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"family": "Doe", "given": ["Jane"]}],
    "birthDate": "1961-04-12",
    "_birthDate": {"extension": [{"url": "urn:x", "valueDecimal": 1.5}]},
    "extension": [{"url": "urn:unknown", "valueString": "kept"}],
    "telecom": [
        {"system": "phone", "use": "mobile", "value": "+49 171 1", "rank": 1},
        {"system": "phone", "use": "home", "value": "+49 30 1"},
        {"system": "fax", "value": "+49 30 9"},
    ],
    "address": [
        {"use": "old", "line": ["Gone 1"], "postalCode": "99999"},
        {"use": "home", "line": ["Main St 1"], "postalCode": "10115", "city": "Berlin"},
    ],
}


class Both:
    """The desk with its cache, sender and sync centre, and the CRM's other users."""

    def __init__(self, folder: Path, server: FhirServer, proxy: FaultProxy) -> None:
        self.server = server
        self.rig = SendRig(folder, proxy.base, read_s=2.0)
        kinds = ("Patient", "Coverage", "Appointment", "MedicationRequest")
        self.pull = PullRig(folder, proxy.base, kinds=kinds, opened=self.rig.opened)
        self.directory = SqlMemberDirectory(self.rig.opened.store, "DE")

    def correct(self, **now: str) -> bool:
        outgoing = self.rig.outgoing
        entries = self.rig.desk.answer(lambda done: outgoing.details("p1", done))
        seen = {entry.name: entry.value for entry in entries}
        correction = Correction(member_id="p1", seen=seen, now={**seen, **now})
        answer: bool = self.rig.desk.answer(
            lambda done: outgoing.correct(correction, "agent7", done)
        )
        return answer

    def others(self, **elements: Any) -> None:
        now = self.there()
        now.pop("meta")
        self.server.put({**now, **elements})

    def there(self) -> dict[str, Any]:
        return self.server.get("Patient/p1")

    def card(self) -> Any:
        return self.rig.desk.answer(lambda done: self.directory.card("p1", done))

    def items(self) -> Any:
        return self.rig.desk.answer(lambda done: self.rig.outgoing.items(10, done))

    def close(self) -> None:
        self.pull.http.close()
        self.rig.close()


@pytest.fixture
def both(tmp_path: Path, server: FhirServer, proxy: FaultProxy) -> Iterator[Both]:
    server.put(PATIENT)
    made = Both(tmp_path, server, proxy)
    made.pull.pull.round()
    yield made
    made.close()


def mobiles(patient: dict[str, Any]) -> list[str]:
    return [each["value"] for each in patient["telecom"] if each.get("use") == "mobile"]


def test_a_correction_is_shown_at_once_and_changes_nothing_else(both: Both) -> None:
    assert both.correct(mobile="+49 171 2", street="Side St 2; Flat 4", language="pl")
    assert both.card().address == "Side St 2, Flat 4, Berlin"
    both.rig.start()
    both.rig.until_empty()
    there = both.there()
    assert mobiles(there) == ["+49 171 2"]
    assert there["telecom"][0]["rank"] == 1, "the entry was changed, not replaced"
    assert there["address"][1]["line"] == ["Side St 2", "Flat 4"]
    assert there["address"][0] == PATIENT["address"][0]
    assert there["communication"][0]["language"]["coding"][0]["code"] == "pl"
    for name in ("extension", "_birthDate", "name", "birthDate"):
        assert there[name] == PATIENT[name]
    assert [each["value"] for each in there["telecom"][1:]] == ["+49 30 1", "+49 30 9"]
    assert both.card().provenance.source == "CRM"


def test_nothing_is_sent_when_nothing_differs(both: Both) -> None:
    assert both.correct(mobile=" +49  171 1 ") is False
    assert both.rig.rows() == []


def test_a_change_of_another_field_is_kept_and_nobody_is_asked(both: Both) -> None:
    both.correct(mobile="+49 171 2")
    both.others(maritalStatus={"text": "married"}, birthDate="1961-04-13")
    both.rig.start()
    both.rig.until_empty()
    there = both.there()
    assert (mobiles(there), there["birthDate"]) == (["+49 171 2"], "1961-04-13")
    assert there["maritalStatus"] == {"text": "married"}


def test_both_changed_the_same_field_a_person_decides_and_the_rest_goes_with_it(
    both: Both,
) -> None:
    both.correct(mobile="+49 171 2", postcode="10117")
    theirs = [{**PATIENT["telecom"][0], "value": "+49 171 3"}, *PATIENT["telecom"][1:]]
    both.others(telecom=theirs)
    both.rig.start()
    both.rig.until(lambda: bool(both.rig.states) and both.rig.states[-1].conflicts == 1)
    assert mobiles(both.there()) == ["+49 171 3"], "nothing is overwritten"
    assert both.there()["address"][1]["postalCode"] == "10115", "all of it or nothing"
    (item,) = both.items()
    assert item.standing is Standing.CONFLICT
    by_name = {entry.name: entry for entry in item.entries}
    assert (by_name["mobile"].value, by_name["mobile"].theirs) == ("+49 171 2", "+49 171 3")
    assert by_name["postcode"].theirs is None
    decision = {"mobile": "+49 171 3; +49 171 2"}
    both.rig.desk.answer(lambda done: both.rig.outgoing.decide(item.id, decision, "agent7", done))
    both.rig.until_empty()
    there = both.there()
    assert mobiles(there) == ["+49 171 3", "+49 171 2"]
    assert there["address"][1]["postalCode"] == "10117"
    assert ("conflict_decided", "agent7", "mobile") in both.rig.audit()


def test_theirs_is_chosen_the_desk_shows_it_and_nothing_is_sent(
    both: Both, proxy: FaultProxy
) -> None:
    both.correct(city="Bonn")
    both.others(address=[{"use": "home", "line": ["Main St 1"], "city": "Cologne"}])
    both.rig.start()
    both.rig.until(lambda: bool(both.rig.states) and both.rig.states[-1].conflicts == 1)
    assert "Bonn" in both.card().address
    (item,) = both.items()
    chosen = {"city": "Cologne"}
    both.rig.desk.answer(lambda done: both.rig.outgoing.decide(item.id, chosen, "agent7", done))
    assert both.rig.rows()[0].state == "discarded"
    assert "Cologne" in both.card().address
    assert not [each for each in proxy.seen if each.method == "PUT"]


def test_a_discarded_correction_is_taken_back_on_the_card(both: Both, proxy: FaultProxy) -> None:
    both.correct(city="Bonn")
    proxy.then(faults.outcome(422, "invalid"), "Patient/p1")
    both.rig.start()
    both.rig.until(lambda: bool(both.rig.states) and both.rig.states[-1].failed == 1)
    (item,) = both.items()
    both.rig.desk.answer(
        lambda done: both.rig.outgoing.discard(item.id, "wrong member", "agent7", done)
    )
    assert "Berlin" in both.card().address
    assert both.there()["address"][1]["city"] == "Berlin"


@pytest.mark.parametrize("fault", [faults.LOST, faults.cut(5), faults.status(500)])
def test_an_update_whose_answer_was_lost_is_no_conflict(
    both: Both, proxy: FaultProxy, fault: faults.Fault
) -> None:
    both.correct(mobile="+49 171 2")
    proxy.then(faults.Fault("pass"), "Patient/p1")  # the reading before it
    proxy.then(fault, "Patient/p1")
    both.rig.start()
    both.rig.until_empty()
    assert mobiles(both.there()) == ["+49 171 2"]
    assert both.rig.rows()[0].state == "sent"


def test_somebody_is_quicker_between_reading_and_writing(both: Both, proxy: FaultProxy) -> None:
    both.correct(mobile="+49 171 2")

    def quicker(answer: faults.Answer) -> faults.Answer:
        both.others(gender="female")
        return answer

    proxy.then(faults.Fault("quicker", change=quicker), "Patient/p1")
    both.rig.start()
    both.rig.until_empty()
    there = both.there()
    assert (mobiles(there), there["gender"]) == (["+49 171 2"], "female")
    assert len([each for each in proxy.seen if each.method == "PUT"]) == 2


def test_a_deleted_record_is_told_and_kept_for_a_person(both: Both) -> None:
    both.correct(mobile="+49 171 2")
    both.server.delete("Patient", "p1")
    both.rig.start()
    both.rig.until(lambda: bool(both.rig.states) and both.rig.states[-1].failed == 1)
    (item,) = both.items()
    assert "does not have this" in item.why


def test_appointments_and_covers_are_changed_the_same_way(both: Both) -> None:
    visit = resource(
        "Appointment",
        "a1",
        status="booked",
        start="2026-12-01T09:00:00Z",
        end="2026-12-01T09:30:00Z",
        participant=[{"actor": refers("Patient", "p1"), "status": "accepted"}],
    )
    cover = coverage("c1", "p1", costToBeneficiary=[{"valueMoney": {"value": 1.10}}])
    for each in (visit, cover):
        each.pop("meta")
        both.server.put(each)
    both.pull.pull.round()

    def work(c: Any) -> None:
        seen = {"status": "booked"}
        corrections_sql.change(c, "Appointment/a1", "p1", seen, {"status": "cancelled"}, HAND)
        ends = {"ends": "2026-12-31"}
        corrections_sql.change(c, "Coverage/c1", "p1", {"ends": ""}, ends, HAND)

    both.rig.opened.run(work)
    assert [each.status for each in both.card().appointments] == ["cancelled"]
    both.rig.start()
    both.rig.until_empty()
    assert both.server.get("Appointment/a1")["status"] == "cancelled"
    there = both.server.get("Coverage/c1")
    assert there["period"] == {"end": "2026-12-31"}
    assert there["costToBeneficiary"] == cover["costToBeneficiary"]


def test_a_refill_and_supplies_are_proposed_once(both: Both, proxy: FaultProxy) -> None:
    rx = resource(
        "MedicationRequest",
        "m1",
        status="active",
        intent="order",
        subject=refers("Patient", "p1"),
        medicationCodeableConcept=concept("Metformin"),
    )
    rx.pop("meta")
    both.server.put(rx)
    both.pull.pull.round()
    proxy.then(faults.LOST, "MedicationRequest")

    def work(c: Any) -> None:
        requests_sql.ask_refill(c, "MedicationRequest/m1", "p1", HAND)
        requests_sql.ask_supply(c, "Test strips", 50, "p1", HAND)

    both.rig.opened.run(work)
    both.rig.start()
    both.rig.until_empty()
    found = both.server.get("MedicationRequest?intent=proposal")["entry"]
    (asked,) = [each["resource"] for each in found]
    assert asked["priorPrescription"] == {"reference": "MedicationRequest/m1"}
    assert asked["medicationCodeableConcept"]["text"] == "Metformin"
    assert asked["subject"] == {"reference": "Patient/p1"}
    supply = both.server.get("SupplyRequest")["entry"][0]["resource"]
    assert (supply["quantity"]["value"], supply["itemCodeableConcept"]["text"]) == (
        50,
        "Test strips",
    )


def test_work_that_is_done_closes_the_task_that_it_is(both: Both) -> None:
    task = resource(
        "Task", "t1", status="requested", intent="order", description="Call about the result"
    )
    task.pop("meta")
    both.server.put(task)
    item = WorkItem(title="Call about the result", remote="Task/t1")
    by = work_sql.Worker("agent7", 1_790_000_000.0)
    item_id = both.rig.opened.run(lambda c: work_sql.add(c, item, by))
    taken, done = Assigned(owner="agent7"), Closed(outcome=Outcome.DONE)
    both.rig.start()
    for step, status in ((taken, "in-progress"), (done, "completed")):
        both.rig.opened.run(lambda c, step=step: work_sql.act(c, item_id, step, by))
        both.rig.sending.wake()
        both.rig.until_empty()
        assert both.server.get("Task/t1")["status"] == status
    assert both.server.get("Task/t1")["description"] == "Call about the result"
