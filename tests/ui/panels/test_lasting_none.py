"""PySide6 must not use up the references of `None`: a desk runs for a whole shift."""

from __future__ import annotations

import subprocess
import sys

_SHIFT = """
import ctidesk.ui
from PySide6.QtCore import QObject

it = QObject()
for _ in range(300_000):
    it.setObjectName("x")
print("alive")
"""


def test_a_process_survives_more_calls_than_none_has_references():
    """Without `keep_none_alive`, PySide6 6.12 on Python 3.11 aborts after about 5,000 calls."""
    ran = subprocess.run([sys.executable, "-c", _SHIFT], capture_output=True, text=True, timeout=50)
    assert ran.stdout.strip() == "alive", ran.stderr[-300:]
