"""The pane beside the card: one tab for each thing that helps with the call.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from ctidesk.ui.theme.scale import Space
from ctidesk.ui.theme.theme import Theme


@dataclass(frozen=True, slots=True)
class Aid:
    """`key`: stable, for `show_aid`. `take_keyboard()`: the typing focus goes where its next step
    is."""

    key: str
    title: str
    icon: str
    widget: QWidget
    take_keyboard: Callable[[], None]


class AidsPane(QWidget):
    """Holds the aids in the order in which they were added; empty and unused without any."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._aids: dict[str, Aid] = {}
        self.setObjectName("aids")
        self.setAccessibleName(self.tr("Guide and knowledge"))
        self._tabs = QTabWidget()
        self._tabs.setObjectName("aid_tabs")
        self._tabs.setDocumentMode(True)
        self._tabs.setUsesScrollButtons(True)
        self._tabs.tabBar().setExpanding(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, Space.XS, 0, 0)
        layout.addWidget(self._tabs)

    @property
    def aids(self) -> tuple[Aid, ...]:
        return tuple(self._aids.values())

    @property
    def shown(self) -> str:
        """The key of the aid in front, "" without any."""
        widget = self._tabs.currentWidget()
        return next((aid.key for aid in self.aids if aid.widget is widget), "")

    def add(self, aid: Aid) -> None:
        self._aids[aid.key] = aid
        self._tabs.addTab(aid.widget, self._theme.icon(aid.icon), aid.title)

    def show_aid(self, key: str) -> None:
        """In front of the others; the keyboard stays where it is."""
        self._tabs.setCurrentWidget(self._aids[key].widget)

    def take_keyboard(self) -> None:
        """To the next step of the aid in front."""
        if self._aids:
            self._aids[self.shown].take_keyboard()
