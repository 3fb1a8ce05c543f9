"""The aids of the desk window, one function for each.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from ctidesk.ui.aids.pane import Aid, AidsPane
from ctidesk.ui.desk_presenters import DeskPresenters
from ctidesk.ui.guide.commands import KEY as GUIDE
from ctidesk.ui.guide.view import GuidePanel
from ctidesk.ui.knowledge.commands import KEY as KNOWLEDGE
from ctidesk.ui.knowledge.view import KnowledgePanel
from ctidesk.ui.surroundings import Surroundings


def make_aids(around: Surroundings, shown: DeskPresenters) -> AidsPane:
    """In the order of their tabs."""
    pane = AidsPane(around.theme)
    pane.add(_guide(around, shown))
    pane.add(_knowledge(around, shown))
    return pane


def _guide(around: Surroundings, shown: DeskPresenters) -> Aid:
    panel = GuidePanel(around, shown.guide)
    return Aid(GUIDE, panel.tr("Guide"), "note", panel, panel.take_keyboard)


def _knowledge(around: Surroundings, shown: DeskPresenters) -> Aid:
    panel = KnowledgePanel(around, shown.knowledge)
    return Aid(KNOWLEDGE, panel.tr("Knowledge"), "search", panel, panel.take_keyboard)
