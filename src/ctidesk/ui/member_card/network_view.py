"""The Network tab: her clinics and doctors, and a field to check another one.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ctidesk.ui.directory_search.view import SearchField
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.member_card.network_check import NetworkCheck, NetworkCheckState
from ctidesk.ui.member_card.shown_lines import fact_line
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import Space


class NetworkTab(QWidget):
    """`own`: the list of the member's own clinics and doctors; what is looked for takes its place
    until the field is empty again."""

    def __init__(self, around: Surroundings, check: NetworkCheck, own: LineList) -> None:
        super().__init__()
        self._own = own
        self.field = SearchField(around, self.tr("Check a clinic or doctor against the plan"))
        self.field.setObjectName("network_search")
        self.found = LineList(around, self.tr("Clinics and doctors found"), wrap=True)
        self.found.setObjectName("network_found")
        self.setFocusProxy(self.field)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, Space.S, 0, 0)
        layout.setSpacing(Space.XS)
        layout.addWidget(self.field)
        layout.addWidget(self.found, 1)
        layout.addWidget(own, 1)
        self._check = check
        self.field.typed.connect(check.type)
        self.field.returnPressed.connect(self._entered)
        self.field.down.connect(self._down)
        self.field.escaped.connect(self._leave)
        check.live.watch(self._render)

    def _entered(self) -> None:
        self.field.settle()
        self._down()

    def _down(self) -> None:
        (self.found if self.found.isVisible() else self._own).setFocus()

    def _leave(self) -> None:
        self.field.clear()
        self._check.type("")

    def _render(self, state: NetworkCheckState) -> None:
        if not state.asked and len(self.field.text()) > 1:
            self.field.clear()
        lines = [fact_line(at, one) for at, one in enumerate(state.lines)]
        if state.notice:
            lines = [
                Line(key="notice", title=self.tr("Not known"), detail=state.notice, icon="info")
            ]
        self.found.set_lines(lines)
        self.found.setVisible(state.asked)
        self._own.setVisible(not state.asked)
