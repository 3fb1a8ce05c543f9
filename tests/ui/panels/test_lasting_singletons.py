"""PySide6 must not use up the references of `None`, `True` and `False`: a shift is long."""

from __future__ import annotations

import subprocess
import sys

_SHIFT = """
import ctidesk.ui
from PySide6.QtCore import QObject, QPoint

it = QObject()
for _ in range(200_000):
    it.setObjectName("x")
    it.isWidgetType()
    it.blockSignals(True)
    it.blockSignals(False)
    QPoint(0, 0).isNull()
print("alive")
"""


def test_a_process_survives_more_calls_than_the_singletons_have_references():
    """Without the spare references, PySide6 6.12 on Python 3.11 aborts after some 5,000 calls."""
    ran = subprocess.run([sys.executable, "-c", _SHIFT], capture_output=True, text=True, timeout=50)
    assert ran.stdout.strip() == "alive", ran.stderr[-300:]
