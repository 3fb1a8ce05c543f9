"""A dressed application for the form of details."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from ctidesk.config.paths import resources
from ctidesk.ui.theme.theme import Mode, Theme


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme(resources(), Mode.LIGHT)
    theme.apply(qapp)
    yield theme
    theme.set_mode(Mode.LIGHT)
    theme.deleteLater()
