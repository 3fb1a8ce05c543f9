"""Qt tests run on the `offscreen` platform unless the caller chose another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from ctidesk.config.paths import resources
from ctidesk.ui.theme.theme import Mode, Theme

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# the offscreen platform falls back to one folder of fonts where it finds no fontconfig
_FONTS = Path("/usr/share/fonts/truetype/dejavu")
if os.environ["QT_QPA_PLATFORM"] == "offscreen" and _FONTS.is_dir():
    os.environ.setdefault("QT_QPA_FONTDIR", str(_FONTS))

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # what the offscreen platform can't do (window hints, raising) is no fault of the program;
    # any other warning of Qt fails the test
    limits = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(limits)


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """A dressed application."""
    theme = Theme(resources(), Mode.LIGHT)
    theme.apply(qapp)
    yield theme
    theme.set_mode(Mode.LIGHT)
    theme.deleteLater()
