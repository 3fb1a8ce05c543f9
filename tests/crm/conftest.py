"""A real store thread on a real encrypted file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.crm_store import OpenStore


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenStore]:
    store = OpenStore(tmp_path / "cache.db")
    yield store
    store.close()
