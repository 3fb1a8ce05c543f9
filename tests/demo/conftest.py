"""The demo centre's houses and an agent's telephone, each in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.demo_houses import AgentPhone, Centre

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _importable_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}:{ROOT}")


@pytest.fixture
def agent(_importable_children: None) -> Iterator[AgentPhone]:
    phone = AgentPhone()
    yield phone
    phone.close()


@pytest.fixture
def centre(agent: AgentPhone) -> Iterator[Centre]:
    house = Centre(f"sip:agent@127.0.0.1:{agent.port}")
    yield house
    house.demo.close()
