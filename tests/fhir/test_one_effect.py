"""Any interleaving of saves, faults of the network and deaths of the desk: one effect per save."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from sqlalchemy import select
from tests.support import fhir_proxy as faults
from tests.support.crm_python import environment
from tests.support.fhir_mortal_desk import KEY, PATIENT
from tests.support.fhir_proxy import FaultProxy
from tests.support.fhir_server import FhirServer

from ctidesk.crm import schema
from ctidesk.crm.database import open_database

# twelve examples, each with processes that are killed and started anew: a minute and more on two
# slow cores; what may hang has its own limit below
pytestmark = [pytest.mark.kills, pytest.mark.slow, pytest.mark.timeout(300)]

FAULTS = {
    "500": faults.status(500),
    "429": faults.status(429, Retry_After="1"),
    "lost": faults.LOST,
    "cut": faults.cut(15),
    "bad JSON": faults.bad_json(),
    "HTML": faults.html(502),
    "no network": faults.Fault("no network", dead=True),
    "silence": faults.SILENT,
}
LIFE = st.tuples(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["M-1", "M-2", "M-3"]), st.sampled_from(["", "call back"])),
            st.tuples(st.just("p1"), st.just("")),
        ),
        max_size=4,
    ),
    st.integers(1, 150),  # where it dies
    st.lists(st.sampled_from(sorted(FAULTS)), max_size=4),
)


def live(folder: Path, base: str, dies_after: int, calls: list[list[str]]) -> tuple[list[str], int]:
    """(what the desk confirmed, how it ended)."""
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.support.fhir_mortal_desk",
            str(folder),
            base,
            str(dies_after),
            json.dumps(calls),
        ],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode in (0, -signal.SIGKILL), ran.stderr
    return ran.stdout.split(), ran.returncode


def on_server(server: FhirServer, kind: str) -> Counter[str]:
    entries: list[Any] = server.get(f"{kind}?_count=500").get("entry", [])
    return Counter(each["resource"]["identifier"][0]["value"] for each in entries)


@given(lives=st.lists(LIFE, min_size=1, max_size=3))
@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_one_effect_per_save(
    lives: list[Any],
    server: FhirServer,
    proxy: FaultProxy,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    server.clear()
    server.put(PATIENT)
    folder = tmp_path_factory.mktemp("desk")
    confirmed: set[str] = set()
    count = 0
    for calls, dies_after, names in lives:
        named = [
            [f"c{count + n}", member, f"+49 171 {count + n + 1}" if member == "p1" else text]
            for n, (member, text) in enumerate(calls)
        ]
        count += len(named)
        for name in names:
            proxy.then(FAULTS[name])
        told, _ = live(folder, proxy.base, dies_after, named)
        confirmed |= set(told) - {"empty"}
    proxy.calm()
    told, ended = live(folder, proxy.base, 0, [])
    assert (told, ended) == (["empty"], 0)
    opened = open_database(folder / "cache.db", KEY)
    table = schema.interactions
    kept = opened.read(lambda c: {row.call_id: row.follow_up for row in c.execute(select(table))})
    corrected = opened.read(
        lambda c: [
            json.loads(row.body)["changes"][0]["mine"]
            for row in c.execute(select(schema.outbox).order_by(schema.outbox.c.id))
            if row.kind == "change"
        ]
    )
    states = opened.read(lambda c: set(c.execute(select(schema.outbox.c.state)).scalars()))
    opened.close()
    saved = set(kept) | {f"c{int(number.split()[-1]) - 1}" for number in corrected}
    assert confirmed <= saved, "what was confirmed is saved"
    assert states <= {"sent"}
    assert on_server(server, "Communication") == Counter(kept.keys())
    there = server.get("Patient/p1")
    assert there["telecom"][0]["value"] == (corrected[-1] if corrected else "+49 171 0")
    versions = server.get("Patient/p1/_history")["entry"]
    assert len(versions) == 1 + len(corrected), "each correction was written once"
    assert on_server(server, "Task") == Counter(id_ for id_, text in kept.items() if text)
