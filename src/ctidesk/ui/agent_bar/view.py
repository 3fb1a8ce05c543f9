"""The agent's state pill, its time, and the menu of the next one.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from ctidesk.ui.agent_bar.presenter import AgentBarPresenter, AgentBarState
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import Space, Type
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import IconButton
from ctidesk.ui.widgets.labels import ElidedLabel
from ctidesk.ui.widgets.pill import Status, StatusPill

WIDTH = 204


class AgentBar(QWidget):
    """Pill, time in state, "Next: …", and one button that opens the menu."""

    def __init__(self, around: Surroundings, presenter: AgentBarPresenter) -> None:
        super().__init__()
        self._theme = around.theme
        self._presenter = presenter
        self.setAccessibleName(self.tr("My state"))
        self.setObjectName("agent_bar")
        self._pill = StatusPill(around.theme)
        self._time = around.timer(Type.EMPHASIS, self.tr("Time in state"))
        self._reason = ElidedLabel(around.theme, "", Type.CAPTION, tone=Role.MUTED)
        self._menu = QMenu(self)
        self._menu.setAccessibleName(self.tr("Choose my state"))
        self.button = IconButton(around.theme, "chevron_down", self.tr("Change my state"))
        self.button.setObjectName("agent_state")
        self._fill()
        self._menu.aboutToShow.connect(self._fill)
        self.button.setMenu(self._menu)
        top = QHBoxLayout()
        top.setSpacing(Space.S)
        top.addWidget(self._pill)
        top.addWidget(self._time)
        top.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addStretch(1)
        left.addLayout(top)
        left.addWidget(self._reason)
        left.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        layout.addLayout(left, 1)
        layout.addWidget(self.button)
        self.setFixedWidth(WIDTH)
        presenter.live.watch(self._render)

    def open_menu(self) -> None:
        """For a shortcut: the menu with the keyboard in it."""
        self.button.showMenu()

    def _render(self, state: AgentBarState) -> None:
        self._pill.set_status(Status(state.tone, state.icon, state.word))
        self._time.count_up(state.since_mono)
        said = state.next_text or state.reason
        self._reason.setText(said)
        self._reason.setVisible(bool(said))
        self.button.set_name(
            self.tr("Choose what comes after this") if state.busy else self.tr("Change my state")
        )

    def _fill(self) -> None:
        """Made again when it opens, not at each change: no call has to wait for a menu."""
        self._menu.clear()
        for choice in self._presenter.live.state.choices:
            if choice.key == "logged_out":
                self._menu.addSeparator()
            action = self._menu.addAction(self._theme.icon(choice.icon), choice.label)
            action.setCheckable(True)
            action.setChecked(choice.chosen)
            action.triggered.connect(
                lambda _checked=False, key=choice.key: self._presenter.choose(key)
            )
            if choice.key == "ready":
                self._menu.addSection(self.tr("Not ready"))
