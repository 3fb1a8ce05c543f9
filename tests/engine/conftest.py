"""Offices for the engine's tests: shared ones for call features, fresh ones on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support import sip_desk
from tests.support.network_space import Cable, can_make
from tests.support.sip_office import Office
from tests.support.sip_sound import write_tone


@pytest.fixture(scope="session")
def shared_office() -> Iterator[Office]:
    office = Office()
    yield office
    assert office.close() == []


@pytest.fixture
def office(shared_office: Office) -> Iterator[Office]:
    yield shared_office
    shared_office.tidy()


@pytest.fixture
def new_office() -> Iterator[Callable[..., Office]]:
    offices: list[Office] = []

    def make(*options: str, **account: object) -> Office:
        offices.append(Office(*options, **account))
        return offices[-1]

    yield make
    faults = [fault for office in offices for fault in office.close()]
    assert faults == []


@pytest.fixture
def brisk_office(
    new_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Office]:
    """Makes offices whose engine waits for a second where the real one waits for many."""
    monkeypatch.setattr(sip_desk, "ENGINE_MODULE", "tests.support.sip_brisk_engine")
    return new_office


@pytest.fixture
def patient_office(
    new_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Office]:
    """Makes offices whose engine does by itself nothing for minutes: what it does at once, it does
    because it noticed something."""
    monkeypatch.setattr(sip_desk, "ENGINE_MODULE", "tests.support.sip_patient_engine")
    return new_office


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tone that stands in for what the agent says."""
    path = tmp_path_factory.mktemp("speech") / "agent.wav"
    write_tone(path, hz=700)
    return path


@pytest.fixture(scope="session")
def shared_talking_office(speech: Path) -> Iterator[Office]:
    office = Office("--mic-file", str(speech))
    yield office
    assert office.close() == []


@pytest.fixture
def talking_office(shared_talking_office: Office) -> Iterator[Office]:
    """An office whose agent speaks without a pause."""
    yield shared_talking_office
    shared_talking_office.tidy()


@pytest.fixture
def cable() -> Iterator[Cable]:
    """An exchange's and a desk's network with a cable between them."""
    if not can_make():
        pytest.skip("no network namespaces here: they need root and iproute2")
    cable = Cable()
    yield cable
    cable.remove()
