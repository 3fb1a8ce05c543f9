"""The History tab: a choice of channels above one list, newest first.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QListView, QVBoxLayout, QWidget

from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.member_card.fact_lines import FactLine
from ctidesk.ui.member_card.history import History, HistoryState
from ctidesk.ui.member_card.shown_lines import NOTHING, fact_line
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import Space

BATCH = 40
"""Lines that are laid out at once: a screen full; the others follow between events."""


class HistoryTab(QWidget):
    """500 contacts paint as fast as one: only a batch is laid out before the first paint."""

    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self.history = History()
        self.channels = QComboBox()
        self.channels.setObjectName("history_channel")
        self.channels.setAccessibleName(self.tr("Channel of the history"))
        self.list = LineList(around, self.tr("History"), wrap=True)
        self.list.setObjectName("history")
        self.list.setLayoutMode(QListView.LayoutMode.Batched)
        self.list.setBatchSize(BATCH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, Space.XS, 0, 0)
        layout.setSpacing(Space.XS)
        layout.addWidget(self.channels)
        layout.addWidget(self.list, 1)
        self.channels.activated.connect(
            lambda _index: self.history.choose(self.channels.currentData())
        )
        self.history.live.watch(self._render)

    def show_lines(self, lines: tuple[FactLine, ...]) -> None:
        self.history.show(lines)

    def _render(self, state: HistoryState) -> None:
        said = [(f"{word} ({count})", channel) for channel, word, count in state.channels]
        box = self.channels
        if said != [(box.itemText(i), box.itemData(i)) for i in range(box.count())]:
            box.clear()
            for text, channel in said:
                box.addItem(text, channel)
        box.setCurrentIndex([channel for _, channel in said].index(state.chosen))
        box.setVisible(len(said) > 2)
        self.list.set_lines([fact_line(at, one) for at, one in state.lines] or [NOTHING])
