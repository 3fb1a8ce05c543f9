"""The two telephonies that the contract is run on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.telephony_lab import Lab, SimulatedLab


@pytest.fixture(params=["simulator"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    yield SimulatedLab()
