"""Who was erased stays erased however often the real CRM is read, and returns when served again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.support.cache_dump import holds
from tests.support.fhir_pull import PullRig, patients
from tests.support.fhir_resources import coverage
from tests.support.fhir_server import FhirServer

from ctidesk.crm.purge import PurgeReport, purge

KINDS = ("Patient", "Coverage")


def until(days: int) -> dict[str, str]:
    return {"end": (date.today() + timedelta(days=days)).isoformat()}


def run(rig: PullRig) -> PurgeReport:
    answer = rig.opened.desk.answer(lambda done: purge(rig.opened.store, 90, done, wall=time.time))
    assert isinstance(answer, PurgeReport)
    return answer


@pytest.fixture(params=["tells deletions", "reads all again"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[PullRig, FhirServer]]:
    whole = request.param == "reads all again"
    server = request.getfixturevalue("forgetful_server" if whole else "server")
    made = PullRig(tmp_path, server.base, kinds=KINDS, whole_days=0.0 if whole else 7.0)
    yield made, server
    made.close()


def test_erased_for_good_until_the_cover_runs_again(rig: tuple[PullRig, FhirServer]) -> None:
    pull, server = rig
    server.load(patients(8))
    server.load([coverage("c3", "p3", plan="Canaryplan", period=until(-100))])
    server.load([coverage("c4", "p4", period=until(100))])
    pull.round()
    assert "Family3" in pull.families() and "coverages" in holds(pull.opened, "canaryplan")
    assert run(pull).erased == (("cover ended", 1),)
    everybody = {f"Family{n}" for n in range(8)}
    for _ in range(2):  # every round reads all again, or what changed
        assert pull.round().problems == {}
        assert pull.families() == everybody - {"Family3"}
    server.put(patients(8)[3] | {"birthDate": "1961-04-12"})  # the CRM corrects it
    pull.round()
    assert (run(pull).count, pull.families()) == (0, everybody - {"Family3"})
    assert holds(pull.opened, "canaryplan") == [] and holds(pull.opened, "amily3") == []
    assert pull.ids() == {f"p{n}" for n in range(8)}  # known by its version, and nothing else

    server.put(coverage("c5", "p3", plan="Newplan", period=until(200)))
    pull.round()  # the cover tells it, and who it is comes with the next one
    pull.round()
    assert pull.families() == everybody
    assert "coverages" in holds(pull.opened, "newplan")
    assert "coverages" in holds(pull.opened, "canaryplan")  # what was erased was asked for again
    assert run(pull).count == 0
