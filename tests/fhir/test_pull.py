"""Reading a real server into a real cache: whole, in changes, broken off, through every fault."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import fhir_proxy as faults
from tests.support.fhir_proxy import FaultProxy
from tests.support.fhir_pull import PullRig, patients
from tests.support.fhir_resources import coverage
from tests.support.fhir_server import FhirServer

from ctidesk.crm.fhir import problems
from ctidesk.crm.fhir.scopes import readable
from ctidesk.crm.fhir.tokens import NoToken

Make = Callable[..., PullRig]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[PullRig] = []

    def rig(base: str, **more: Any) -> PullRig:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(PullRig(folder, base, **more))
        return made[-1]

    yield rig
    for each in made:
        each.close()


def everybody(count: int) -> set[str]:
    return {f"p{at}" for at in range(count)}


@pytest.mark.parametrize("ahead_s", [0.0, 5 * 86_400.0, -5 * 86_400.0])
def test_everything_once_then_only_changes(
    server: FhirServer, proxy: FaultProxy, make: Make, ahead_s: float
) -> None:
    server.load(patients(23))
    server.load([coverage("c1", "p3"), coverage("c2", "p4")])
    rig = make(proxy.base, kinds=("Coverage", "Patient"), ahead_s=ahead_s)
    told = rig.round()
    assert (told.problems, told.unreadable) == ({}, 0)
    assert rig.ids() == everybody(23)
    assert rig.ids("Coverage") == {"c1", "c2"}
    totals = {cursor.total for cursor, first in rig.progress if first and cursor.kind == "Patient"}
    assert 23 in totals
    before = len(proxy.requests())
    assert rig.round().read < 6
    assert len(proxy.requests()) - before == 4  # a search and a history for each type
    server.put(patients(1)[0] | {"name": [{"family": "Renamed"}]})
    server.put({**patients(1)[0], "id": "new"})
    server.delete("Patient", "p5")
    server.delete("Coverage", "c1")
    server.delete("Patient", "p6")
    server.put(patients(7)[6])  # deleted, and back
    rig.round()
    assert rig.ids() == everybody(23) - {"p5"} | {"new"}
    assert rig.ids("Coverage") == {"c2"}
    assert "Renamed" in rig.families()
    assert "Family5" not in rig.families()


def test_a_first_load_that_is_broken_off_goes_on_where_it_was(
    server: FhirServer, proxy: FaultProxy, make: Make
) -> None:
    server.load(patients(40))
    rig = make(proxy.base)

    def on_the_fourth(bundle: dict[str, Any]) -> None:
        proxy.then(faults.status(503), "Patient?")

    proxy.then(faults.of_bundle("as it is", lambda bundle: None), "Patient?", times=3)
    proxy.then(faults.of_bundle("and then a fault", on_the_fourth), "Patient?")
    with pytest.raises(problems.CrmProblem, match="crm_server_fault"):
        rig.round()
    half = rig.ids()
    assert 10 <= len(half) < 40
    rig.pull = rig.new_pull()
    told = rig.round()
    assert told.read < 40 - len(half) + 10
    assert rig.ids() == everybody(40)
    last = [cursor for cursor, first in rig.progress if first][-1]
    assert (last.loaded, last.total) == (last.total, last.total)


def test_what_moves_while_the_desk_reads_is_not_missed(
    server: FhirServer, proxy: FaultProxy, make: Make
) -> None:
    server.load(patients(20))
    rig = make(proxy.base)

    def move(bundle: dict[str, Any]) -> None:
        for each in patients(4):
            server.put(each)  # changed now: they go to the end, all others move up

    proxy.then(faults.of_bundle("changes meanwhile", move), "Patient?")
    rig.round()
    assert rig.ids() == everybody(20)
    assert rig.families() == {f"Family{at}" for at in range(20)}


@pytest.mark.parametrize("minutes", [[5] * 18, [1] * 3 + [5] * 12 + [9] * 3])
def test_one_instant_may_fill_more_than_a_page(
    server: FhirServer, make: Make, minutes: list[int]
) -> None:
    server.load(patients(18, minutes))
    rig = make(server.base)
    rig.round()
    assert rig.ids() == everybody(18)
    rig.round()
    assert rig.ids() == everybody(18)


def test_a_server_that_does_not_sort_is_read_by_its_own_pages(
    server: FhirServer, proxy: FaultProxy, make: Make
) -> None:
    server.load(patients(23))
    proxy.always = [("Patient?", faults.reordered())]
    rig = make(proxy.base)
    rig.round()
    assert rig.ids() == everybody(23)
    server.put({**patients(1)[0], "id": "new"})
    rig.round()
    assert rig.ids() == everybody(23) | {"new"}


def test_pages_in_a_circle_end_and_the_rest_is_read(
    server: FhirServer, proxy: FaultProxy, make: Make
) -> None:
    server.load(patients(12, [5] * 12))
    server.load([coverage("c1", "p3")])
    rig = make(proxy.base, kinds=("Patient", "Coverage"))
    proxy.always = [("Patient?", faults.cyclic())]
    told = rig.round()
    assert told.problems["Patient"].code == "crm_cyclic"
    assert rig.ids("Coverage") == {"c1"}
    assert len(rig.ids()) == 5  # what was read is kept
    proxy.always = []
    assert rig.round().problems == {}
    assert rig.ids() == everybody(12)


@pytest.mark.parametrize(
    "fault", [faults.duplicated(), faults.huge(5 * 1024 * 1024)], ids=lambda fault: fault.name
)
def test_doubled_and_too_long_pages_are_got_over(
    server: FhirServer, proxy: FaultProxy, make: Make, fault: faults.Fault
) -> None:
    server.load(patients(12))
    rig = make(proxy.base)
    proxy.then(fault, "Patient?")
    assert rig.round().problems == {}
    assert rig.ids() == everybody(12)


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(429, Retry_After="9"),
        faults.LOST,
        faults.cut(),
        faults.status(401),
        faults.redirect("https://elsewhere.example/"),
    ],
    ids=lambda fault: fault.name,
)
def test_a_fault_of_the_server_ends_the_round_and_the_next_one_is_whole(
    server: FhirServer, proxy: FaultProxy, make: Make, fault: faults.Fault
) -> None:
    server.load(patients(12))
    rig = make(proxy.base)
    proxy.then(faults.of_bundle("as it is", lambda bundle: None), "Patient?")
    proxy.then(fault, "Patient?")
    with pytest.raises(problems.CrmProblem):
        rig.round()
    assert rig.round().problems == {}
    assert rig.ids() == everybody(12)


def test_a_type_that_may_not_be_read_does_not_keep_from_the_others(
    server: FhirServer, proxy: FaultProxy, make: Make
) -> None:
    class Granted(NoToken):
        scopes = frozenset({"system/Patient.rs", "system/Task.read", "system/Consent.c"})

    server.load(patients(3))
    rig = make(proxy.base, kinds=("Coverage", "Patient", "Task", "Consent"))
    proxy.always = [("Task", faults.status(403))]
    rig.tokens = Granted()
    rig.pull = rig.new_pull()
    told = rig.round()
    assert {kind: each.code for kind, each in told.problems.items()} == dict.fromkeys(
        ("Coverage", "Task", "Consent"), "crm_scopes"
    )
    assert "Coverage" in told.problems["Coverage"].text
    assert proxy.requests("Coverage") == []
    assert rig.ids() == everybody(3)
    assert readable("Slot", frozenset({"system/*.*"}))
    assert readable("Slot", frozenset({"user/Slot.cruds?x=1"}))
    assert not readable("Slot", frozenset({"launch", "system/Slot.write", "system/Slots.rs"}))


def test_where_deletions_are_not_told_all_is_read_again(
    forgetful_server: FhirServer, make: Make
) -> None:
    server = forgetful_server
    server.load(patients(30))
    rig = make(server.base, whole_days=0.0)
    rig.round()
    for at in (3, 29):
        server.delete("Patient", f"p{at}")
    rig.round()
    assert rig.ids() == everybody(30) - {"p3", "p29"}
    assert "Family3" not in rig.families()
    server.clear()
    server.load(patients(2))
    told = rig.round()  # too many at once: it may be the server's fault, nothing is removed
    assert told.problems["Patient"].code == "crm_suspicious"
    assert len(rig.ids()) == 28


def test_another_server_is_another_world(
    server: FhirServer, forgetful_server: FhirServer, make: Make
) -> None:
    server.load(patients(25))
    rig = make(server.base)
    rig.round()
    forgetful_server.load(
        [{**patients(1)[0], "name": [{"family": "Somebody"}]}]  # the same id and version
    )
    rig.base = forgetful_server.base
    rig.pull = rig.new_pull()
    rig.round()
    assert rig.families() == {"Somebody"}


def test_odd_resources_are_counted_and_named_without_content(
    server: FhirServer, proxy: FaultProxy, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    server.load(patients(2))

    def spoil(bundle: dict[str, Any]) -> None:
        bundle["entry"] += [7, {}, {"resource": {"resourceType": "Patient", "id": "no/Canary"}}]

    proxy.then(faults.of_bundle("odd entries", spoil), "Patient?")
    rig = make(proxy.base)
    assert rig.round().unreadable == 3
    assert rig.ids() == everybody(2)
    assert "a resource of the CRM cannot be read: Patient " in caplog.text
    assert "Canary" not in caplog.text


def test_callers_are_looked_up_while_pages_are_written(server: FhirServer, make: Make) -> None:
    """The store takes a look-up between two batches, not after the pull."""
    server.load(patients(60))
    rig = make(server.base, page=60)
    found: list[int] = []
    ended = threading.Event()

    def look(connection: Any) -> None:
        query = "SELECT count(*) FROM fhir_resources"
        found.append(int(connection.exec_driver_sql(query).scalar_one()))

    def again() -> None:
        from ctidesk.crm.store import Lane

        while not ended.wait(0.001):
            rig.opened.store.submit(Lane.POP, look)

    asking = threading.Thread(target=again)
    asking.start()
    try:
        rig.round()
    finally:
        ended.set()
        asking.join()
    assert rig.ids() == everybody(60)
    assert len(found) > 2
