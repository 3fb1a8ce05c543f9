"""Centres for tests that go through the whole desk, and the keys of their recordings."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest
from tests.support.flow_centre import AGENT_HZ, Centre, seeded_profile
from tests.support.sip_sound import write_tone

from ctidesk.demo.houses import DemoCentre


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seeded_profile(tmp_path_factory.mktemp("seeded") / "profile")


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stands in for what the agent says."""
    path = tmp_path_factory.mktemp("speech") / "agent.wav"
    write_tone(path, hz=AGENT_HZ)
    return path


@pytest.fixture(scope="session")
def compliance() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def centre(seeded: Path, compliance: pyrage.x25519.Identity, speech: Path) -> Iterator[Centre]:
    centre = Centre(seeded, compliance, speech)
    yield centre
    centre.close()


@pytest.fixture
def colleagues() -> Iterator[int]:
    """Those of the demo, on real telephones: their port."""
    ready: queue.Queue[int] = queue.Queue()
    house = DemoCentre("sip:nobody@127.0.0.1:9", lambda job: job(), lambda report: None)
    house.start(ready.put)
    yield ready.get(timeout=30)
    house.close()
