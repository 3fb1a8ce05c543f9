"""The two telephonies that the contract is run on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.telephony_lab import Lab, SimulatedLab
from tests.support.telephony_real_lab import RealLab, RealTelephony


@pytest.fixture(scope="module")
def real() -> Iterator[RealTelephony]:
    # short: a Unix socket's path has 108 bytes, pytest's own folders may be longer
    with tempfile.TemporaryDirectory(prefix="cti-") as folder:
        telephony = RealTelephony(Path(folder))
        yield telephony
        telephony.close()


@pytest.fixture(params=["simulator", "engine"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    if request.param == "simulator":
        yield SimulatedLab()
        return
    made = RealLab(request.getfixturevalue("real"))
    yield made
    made.end()
