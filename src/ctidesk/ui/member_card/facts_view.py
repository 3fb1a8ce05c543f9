"""The card itself: who it is, what stands in the way, the facts in tabs.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.member_card.facts import TABS, CardFacts, FactLine
from ctidesk.ui.member_card.history_view import HistoryTab
from ctidesk.ui.member_card.shown_lines import NOTHING, blocker_line, fact_line
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.masked import MaskedField
from ctidesk.ui.widgets.pill import Status, StatusPill
from ctidesk.ui.widgets.sections import Card

CAPTIONS = ("Date of birth", "Member ID", "Policy number", "Address", "Language", "Prefers")


class IdentityBlock(Card):
    """Name and birth year; the rest of the identity is blurred until verified."""

    def __init__(self, around: Surroundings, *buttons: QWidget) -> None:
        super().__init__()
        theme = around.theme
        self._theme = theme
        self.name = text_label(theme, "", Type.TITLE, SEMIBOLD)
        self.name.setObjectName("member_name")
        self._born = text_label(theme, "", Type.BODY, tone=Role.MUTED)
        self.pill = StatusPill(theme)
        self.pill.setObjectName("verified_pill")
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        for widget in (self.name, self._born, self.pill):
            head.addWidget(widget)
        head.addStretch(1)
        for button in buttons:
            head.addWidget(button)
        self.body.addLayout(head)
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.L)
        grid.setVerticalSpacing(Space.S)
        self.fields = {caption: MaskedField(theme, caption) for caption in CAPTIONS}
        for place, field in enumerate(self.fields.values()):
            grid.addWidget(field, place // 3, place % 3)
        for column in range(3):
            grid.setColumnStretch(column, 1)
        self.body.addLayout(grid)
        self._flags = text_label(theme, "", Type.BODY, SEMIBOLD, Role.HOLD)
        self._flags.setObjectName("member_flags")
        self._flags.setWordWrap(True)
        self.body.addWidget(self._flags)
        self._source = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        self._source.setObjectName("identity_source")
        self.body.addWidget(self._source)

    def show_identity(self, name: str, birth_year: str, facts: CardFacts | None) -> None:
        self.name.setText(name)
        self._born.setText(self.tr("born %s") % birth_year if birth_year and not facts else "")
        if facts is None:
            self.pill.set_status(Status(Role.HOLD, "lock", self.tr("Not verified")))
            for field in self.fields.values():
                field.conceal()
            self._flags.setText("")
        else:
            self.pill.set_status(Status(Role.READY, "verified", self.tr("Verified")))
            for caption, value in facts.identity:
                self.fields[caption].reveal(value)
            self._flags.setText(" · ".join(facts.flags))
        self._flags.setVisible(bool(self._flags.text()))
        self._show_source(facts)

    def _show_source(self, facts: CardFacts | None) -> None:
        """Where all of the above comes from, and whether it may be quoted."""
        said = ""
        if facts is not None:
            said = facts.identity_source
            if facts.identity_stale:
                said = self.tr("Confirm before quoting · %s") % said
        self._source.setText(said)
        stale = facts is not None and facts.identity_stale
        set_tone(self._source, Role.HOLD if stale else Role.MUTED)
        self._source.setVisible(bool(said))


class FactsBlock(QWidget):
    """Blockers first, then the tabs. Empty while nothing is verified. Only the tab in front is
    filled: a long history costs nothing until somebody looks at it."""

    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self.setObjectName("member_facts")
        self._blockers = LineList(
            around, self.tr("What stands in the way"), fit=True, most=3, wrap=True
        )
        self._blockers.setObjectName("blockers")
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.tabBar().setExpanding(False)
        self.tabs.setMinimumHeight(200)
        self.history = HistoryTab(around)
        self._lists: dict[str, LineList] = {}
        self._waiting: dict[str, tuple[FactLine, ...]] = {}
        for name in TABS:
            if name == "History":
                self.tabs.addTab(self.history, name)
                continue
            found = self._lists[name] = LineList(around, name, wrap=True)
            self.tabs.addTab(found, name)
        self.tabs.currentChanged.connect(lambda _index: self._fill())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        layout.addWidget(self._blockers)
        layout.addWidget(self.tabs, 1)

    def show_facts(self, facts: CardFacts | None) -> None:
        if facts is None:
            self._waiting.clear()
            self._blockers.set_lines(())
            self.history.show_lines(())
            for found in self._lists.values():
                found.set_lines(())
            self.tabs.setCurrentIndex(0)
            return
        self._blockers.set_lines([blocker_line(i, one) for i, one in enumerate(facts.blockers)])
        self._blockers.setVisible(bool(facts.blockers))
        self._waiting = dict(facts.tabs)
        for place, (name, lines) in enumerate(facts.tabs.items()):
            count = f" {len(lines)}" if lines and name != "Summary" else ""
            self.tabs.setTabText(place, f"{name}{count}")
        self._fill()

    def _fill(self) -> None:
        """The tab in front, with what waits for it."""
        name = TABS[self.tabs.currentIndex()]
        lines = self._waiting.pop(name, None)
        if lines is None:
            return
        if name == "History":
            self.history.show_lines(lines)
        else:
            shown = [fact_line(at, one) for at, one in enumerate(lines)]
            self._lists[name].set_lines(shown or [NOTHING])
