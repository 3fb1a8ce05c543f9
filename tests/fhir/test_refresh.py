"""The caller's own records, read anew from a real server while it rings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import fhir_proxy as faults
from tests.support.fhir_proxy import FaultProxy
from tests.support.fhir_pull import PullRig
from tests.support.fhir_resources import concept, coverage, patient, refers, resource
from tests.support.fhir_server import FhirServer

from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.crm.fhir.connect import CrmPlace, connect_refreshing
from ctidesk.crm.fhir.refresher import Refresher, Source


class Fresh:
    """A cache that was filled a while ago, and its refresher."""

    def __init__(self, folder: Path, base: str) -> None:
        self.rig = PullRig(folder, base, kinds=("Patient", "Coverage", "MedicationRequest"))
        self.opened = self.rig.opened
        self.directory = SqlMemberDirectory(self.opened.store, "DE")
        self.told: list[str] = []
        self.place = CrmPlace(server=base, source="CRM", region="DE", silence_s=2.0)
        self.refresher = Refresher(self._connect, self.opened.desk.deliver, self.told.append)

    def pulled(self) -> None:
        self.rig.pull.round()
        # as if that had been two days ago
        for was in (
            "UPDATE members SET read_wall = 1000.0",
            "UPDATE coverages SET read_wall = 1000.0",
            "UPDATE fhir_cursors SET current_wall = 1000.0",
        ):
            self.opened.run(lambda c, was=was: c.exec_driver_sql(was))

    def ask(self, *member_ids: str) -> None:
        self.refresher.ask(member_ids)

    def until(self, true: Callable[[], bool]) -> None:
        self.opened.desk.wait(true)

    def card(self, member_id: str) -> Any:
        return self.opened.desk.answer(lambda done: self.directory.card(member_id, done))

    def close(self) -> None:
        assert self.refresher.stop(20.0)
        self.rig.http.close()
        self.opened.close()

    def _connect(self, stopped: Callable[[], bool]) -> Source:
        return connect_refreshing(self.place, lambda: "", self.opened.store, stopped)


@pytest.fixture
def fresh(tmp_path: Path, server: FhirServer, proxy: FaultProxy) -> Iterator[Fresh]:
    server.load([patient("p1", "Doe"), patient("p2", "Roe"), coverage("c1", "p1")])
    made = Fresh(tmp_path, proxy.base)
    made.pulled()
    made.refresher.start()
    yield made
    made.close()


def test_what_changed_is_on_the_card_and_what_did_not_is_fresh(
    server: FhirServer, fresh: Fresh
) -> None:
    before = fresh.card("p1")
    assert before.coverages[0].provenance.read_wall == 1000.0
    rx = resource(
        "MedicationRequest",
        "m1",
        status="active",
        intent="order",
        subject=refers("Patient", "p1"),
        medicationCodeableConcept=concept("Metformin"),
    )
    rx.pop("meta")
    server.put(rx)
    fresh.ask("p1")
    fresh.until(lambda: len(fresh.told) == 2)
    assert set(fresh.told) == {"p1"}
    card = fresh.card("p1")
    assert [each.drug for each in card.prescriptions] == ["Metformin"]
    assert card.coverages[0].provenance.read_wall > 1_700_000_000.0, "confirmed just now"
    assert card.provenance.read_wall > 1_700_000_000.0


def test_nobody_elses_records_are_taken_where_the_server_ignores_the_patient(
    server: FhirServer, proxy: FaultProxy, fresh: Fresh
) -> None:
    others = coverage("c2", "p2", plan="Plan B")
    others.pop("meta")
    server.put(others)

    def everybodys(bundle: dict[str, Any]) -> None:
        bundle["entry"] = [{"resource": others}]

    proxy.then(faults.of_bundle("ignores", everybodys), "Coverage")
    fresh.ask("p1")
    fresh.until(lambda: len(fresh.told) == 2)
    assert fresh.card("p2").coverages == ()


@pytest.mark.parametrize(
    "fault",
    [faults.status(500), faults.html(), faults.SILENT, faults.LOST, faults.cut(10)],
    ids=lambda fault: fault.name,
)
def test_a_crm_that_fails_leaves_the_card_as_it_is(
    proxy: FaultProxy, fresh: Fresh, fault: faults.Fault
) -> None:
    proxy.then(fault, "Patient/p1")
    fresh.ask("p1")
    _wait_for(lambda: bool(proxy.requests("Patient/p1")))
    fresh.ask("p2")
    assert fresh.card("p1").coverages[0].plan == "Plan A"
    assert fresh.refresher.stop(20.0)
    assert fresh.told == []


def test_one_type_that_may_not_be_read_does_not_hold_up_the_rest(
    proxy: FaultProxy, fresh: Fresh
) -> None:
    proxy.always.append(("MedicationRequest", faults.status(403)))
    fresh.ask("p1")
    fresh.until(lambda: len(fresh.told) == 2)
    assert proxy.requests("Consent")


def test_a_member_is_not_read_again_at_once_nor_one_the_crm_does_not_have(
    proxy: FaultProxy, fresh: Fresh
) -> None:
    fresh.ask("p1")
    fresh.until(lambda: len(fresh.told) == 2)
    seen = len(proxy.seen)
    fresh.ask("p1", "nobody", "")
    assert fresh.refresher.stop(20.0)
    assert len(proxy.seen) == seen


def _wait_for(true: Callable[[], bool]) -> None:
    import time

    ends = time.monotonic() + 20.0
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)
