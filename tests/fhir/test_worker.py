"""The thread that keeps the cache like the CRM, and what it tells of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support import fhir_proxy as faults
from tests.support.crm_store import OpenStore
from tests.support.fhir_proxy import FaultProxy
from tests.support.fhir_pull import patients
from tests.support.fhir_server import FhirServer

from ctidesk.crm.fhir.connect import CrmPlace, connect
from ctidesk.crm.fhir.progress import PullPhase, PullState
from ctidesk.crm.fhir.worker import CrmWorker


class Running:
    def __init__(self, folder: Path, base: str, **more: object) -> None:
        self.opened = OpenStore(folder / "cache.db")
        self.states: list[PullState] = []
        place = CrmPlace(server=base, source="CRM", region="DE", kinds=("Patient",), page=5, **more)  # type: ignore[arg-type]
        self.worker = CrmWorker(
            lambda progress, stopped: connect(
                place, lambda: "", self.opened.store, progress, stopped
            ),
            interval_s=3600.0,
            deliver=self.opened.desk.deliver,
            on_state=self.states.append,
            pause=lambda seconds: 0.01,
        )
        self.worker.start()

    def wait_for(self, seen: Callable[[PullState], bool]) -> PullState:
        self.opened.desk.wait(lambda: any(map(seen, self.states)))
        return next(filter(seen, self.states))

    def wait_phase(self, phase: PullPhase) -> PullState:
        return self.wait_for(lambda state: state.phase is phase)

    def stop(self) -> None:
        assert self.worker.stop(30)
        self.opened.desk.wait(
            lambda: bool(self.states) and self.states[-1].phase is PullPhase.STOPPED
        )
        self.opened.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    running: list[Running] = []

    def begin(base: str, **more: object) -> Running:
        running.append(Running(tmp_path, base, **more))
        return running[-1]

    yield begin
    for each in running:
        each.stop()


def test_a_first_load_is_told_and_then_current(
    server: FhirServer, proxy: FaultProxy, start: Callable[..., Running]
) -> None:
    server.load(patients(23))
    desk = start(proxy.base)
    reading = desk.wait_for(lambda state: state.phase is PullPhase.READING)
    assert (reading.kind, reading.first) == ("Patient", True)
    current = desk.wait_phase(PullPhase.CURRENT)
    assert current.problem is None
    assert current.current_wall is not None
    server.put({**patients(1)[0], "id": "new"})
    desk.states.clear()
    desk.worker.read_now()
    desk.wait_phase(PullPhase.CURRENT)
    count = desk.opened.run(
        lambda c: c.exec_driver_sql("SELECT count(*) FROM members").scalar_one()
    )
    assert count == 24


def test_an_outage_is_told_with_its_beginning_and_got_over_by_itself(
    server: FhirServer, proxy: FaultProxy, start: Callable[..., Running]
) -> None:
    server.load(patients(3))
    proxy.always = [("", faults.status(503))]
    desk = start(proxy.base)
    desk.opened.desk.wait(lambda: len(desk.states) >= 3)
    failed = [state for state in desk.states if state.phase is PullPhase.FAILED]
    assert {state.problem.code for state in failed if state.problem} == {"crm_server_fault"}
    assert len({state.since_wall for state in failed}) == 1
    assert failed[0].since_wall is not None
    proxy.always = []
    assert desk.wait_phase(PullPhase.CURRENT).problem is None


def test_a_silent_server_does_not_keep_the_desk_from_ending(
    server: FhirServer, proxy: FaultProxy, start: Callable[..., Running]
) -> None:
    proxy.then(faults.SILENT)
    desk = start(proxy.base)
    assert proxy.silent_now.wait(30)
    desk.worker.stop(0.0)  # asked while it hangs: it ends when the answer fails
    proxy.release()


def test_a_wrong_address_and_a_missing_key_are_told(
    server: FhirServer, proxy: FaultProxy, start: Callable[..., Running]
) -> None:
    desk = start(proxy.base, auth="token")
    failed = desk.wait_phase(PullPhase.FAILED)
    assert failed.problem is not None
    assert failed.problem.code == "crm_no_secret"
    assert proxy.seen == []
