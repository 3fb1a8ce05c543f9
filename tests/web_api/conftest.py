"""Servers that are closed at the end of their test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.web_api_house import House


@pytest.fixture
def house() -> Iterator[House]:
    house = House().listening()
    yield house
    house.close()
