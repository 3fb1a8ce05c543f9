"""Fixtures for the desk's side of the channel."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.telephony_desk import SpyDesk, SystemClock
from tests.support.telephony_fake_engine import FakeEngine

from ctidesk.sip.attachment import Timing
from ctidesk.sip.client import EngineClient


@pytest.fixture
def runtime() -> Iterator[Path]:
    # short: a Unix socket's path has 108 bytes, pytest's own folders may be longer
    with tempfile.TemporaryDirectory(prefix="cti-") as folder:
        yield Path(folder)


@pytest.fixture
def engine(runtime: Path) -> Iterator[FakeEngine]:
    fake = FakeEngine(runtime)
    yield fake
    fake.close()


@pytest.fixture
def desk() -> SpyDesk:
    return SpyDesk()


@pytest.fixture
def client(runtime: Path, desk: SpyDesk) -> Iterator[EngineClient]:
    made = EngineClient(runtime, desk.deliver, SystemClock(), Timing(hello_s=20.0, silence_s=60.0))
    desk.listen_to(made)
    yield made
    made.close()
