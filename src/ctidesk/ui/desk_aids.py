"""The aids of the desk window, one function for each.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from ctidesk.ui.aids.pane import AidsPane
from ctidesk.ui.surroundings import Surroundings


def make_aids(around: Surroundings) -> AidsPane:
    """In the order of their tabs."""
    return AidsPane(around.theme)
