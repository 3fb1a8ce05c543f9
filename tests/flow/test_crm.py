"""From the ring to the CRM: the whole desk beside a real FHIR server that refuses and is away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support import fhir_proxy as faults
from tests.support.fhir_proxy import FaultProxy
from tests.support.fhir_resources import concept, patient, refers, resource
from tests.support.fhir_server import FhirServer, NoFhirServer
from tests.support.flow_centre import Centre
from tests.support.flow_looks import wrap_up
from tests.support.sip_desk import until

pytestmark = pytest.mark.slow

NUMBER = "+491713920099"
WHERE = {"line": ["Old St 1"], "city": "Berlin", "postalCode": "10115"}


@pytest.fixture
def server() -> Iterator[FhirServer]:
    try:
        running = FhirServer()
    except NoFhirServer as why:
        pytest.skip(f"no FHIR server here: {why}")
    yield running
    running.close()


@pytest.fixture
def proxy(server: FhirServer) -> Iterator[FaultProxy]:
    standing = FaultProxy(f"http://127.0.0.1:{server.port}")
    yield standing
    standing.close()


def test_a_call_is_answered_corrected_refused_and_in_the_crm_at_the_end(
    centre: Centre, server: FhirServer, proxy: FaultProxy
) -> None:
    known = patient("p9", "Crmson", NUMBER, address=[WHERE])
    known.pop("meta")
    server.put(known)
    centre.settle(crm={"server": proxy.base, "name": "Clinic"})
    desk = centre.desk()
    desk.shows("Clinic up to date")
    # while it rings a prescription is written in the CRM: the desk learns it by itself
    rx = resource(
        "MedicationRequest",
        "m1",
        status="active",
        intent="order",
        subject=refers("Patient", "p9"),
        medicationCodeableConcept=concept("Metformin 850"),
    )
    rx.pop("meta")
    server.put(rx)
    leg = centre.talking(desk, NUMBER)
    desk.choose("candidates", "Ann Crmson")
    desk.until_call("the chosen card", member="p9")
    desk.enter("check_answer", "1960-05-04")
    desk.press("check_confirm")
    desk.enter("check_answer", "10115")
    desk.press("check_confirm")
    desk.until_call("verified", verified=True)
    desk.shows("Metformin 850")
    # a detail is put right
    desk.press("correct_details")
    desk.enter("details_street", "New St 2")
    desk.submit("details_street")
    desk.shows("New St 2")
    until(
        lambda: server.get("Patient/p9")["address"][0]["line"] == ["New St 2"],
        "the correction in the CRM",
        30,
    )
    # the wrap-up is refused at first, put right in the sync centre, and arrives
    proxy.then(faults.outcome(422, "code-invalid"), "Communication", method="POST")
    centre.phones[NUMBER]("hangup", leg=leg)
    desk.until(lambda state: bool(state["wrap_ups"]), "wrap-up")
    wrap_up(desk, "refill", "asked about Metformin")
    desk.shows("1 refused by CRM")
    desk.ask("perform", "data.outgoing")
    desk.shows("Going to the CRM", "HTTP 422, code-invalid")
    desk.press("sync_send")
    until(lambda: server.count("Communication") == 1, "the call in the CRM", 30)
    until(lambda: server.count("DocumentReference") == 1, "its recording", 30)
    desk.shows("All sent to CRM")
    (sent,) = server.get("Communication")["entry"]
    assert sent["resource"]["subject"] == {"reference": "Patient/p9"}
    assert sent["resource"]["note"][0]["text"] == "asked about Metformin"
    assert desk.quit() == 0
    assert "Crmson" not in centre.logs() and "Metformin" not in centre.logs()
