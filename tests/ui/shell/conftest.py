"""A dressed application, a clock that stands still, the tick."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from tests.support.fake_clock import FakeClock

from ctidesk.config.paths import resources
from ctidesk.ui.theme.theme import Mode, Theme
from ctidesk.ui.widgets.timer import SecondTick


@pytest.fixture(scope="session")
def dressed(qapp: QApplication) -> Theme:
    theme = Theme(resources(), Mode.LIGHT, qapp)
    theme.apply(qapp)
    return theme


@pytest.fixture
def theme(dressed: Theme) -> Iterator[Theme]:
    yield dressed
    dressed.set_mode(Mode.LIGHT)
    dressed.reduced_motion = False


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def tick(qapp: QApplication) -> SecondTick:
    return SecondTick()
