"""The card itself: who it is, what stands in the way, the facts in tabs.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.member_card.facts import TABS, CardFacts, FactLine
from ctidesk.ui.member_card.history_view import HistoryTab
from ctidesk.ui.member_card.network_check import NetworkCheck
from ctidesk.ui.member_card.network_view import NetworkTab
from ctidesk.ui.member_card.shown_lines import NOTHING, blocker_line, fact_line
from ctidesk.ui.member_card.state import Proof
from ctidesk.ui.member_card.withheld import NOTHING_WITHHELD, Withheld
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.masked import MaskedField, MaskedLines
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

    def show_identity(
        self,
        name: str,
        birth_year: str,
        facts: CardFacts | None,
        withheld: Withheld,
        proof: Proof,
    ) -> None:
        self.name.setText(name)
        told = facts is not None and "Date of birth" not in withheld.captions
        self._born.setText(self.tr("born %s") % birth_year if birth_year and not told else "")
        self.pill.set_status(self._pill_of(proof))
        values = dict(facts.identity) if facts is not None else {}
        for caption, field in self.fields.items():
            if facts is None or caption in withheld.captions:
                field.conceal()
            else:
                field.reveal(values[caption])
        self._flags.setText(" · ".join(facts.flags) if facts is not None else "")
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

    def _pill_of(self, proof: Proof) -> Status:
        if proof is Proof.GLASS:
            return Status(Role.DANGER, "warning", self.tr("Glass broken"))
        if proof is Proof.VERIFIED:
            return Status(Role.READY, "verified", self.tr("Verified"))
        if proof is Proof.PARTLY:
            return Status(Role.HOLD, "shield", self.tr("Partly verified"))
        return Status(Role.HOLD, "lock", self.tr("Not verified"))


class FactsBlock(QWidget):
    """Blockers first, then the tabs; a tab that is withheld has bars and no list behind them. Only
    the tab in front is filled: a long history costs nothing until somebody looks at it. Enter on a
    blocker asks for the guide that goes on from there."""

    guide_wanted = Signal(str)

    def __init__(self, around: Surroundings, check: NetworkCheck) -> None:
        super().__init__()
        self.setObjectName("member_facts")
        self._blockers = LineList(
            around, self.tr("What stands in the way"), fit=True, most=3, wrap=True
        )
        self._blockers.setObjectName("blockers")
        self._guides: tuple[str, ...] = ()
        self._blockers.entered.connect(self._want_guide)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.tabBar().setExpanding(False)
        self.tabs.setMinimumHeight(200)
        self.history = HistoryTab(around)
        self._check = check
        self._lists: dict[str, LineList] = {}
        self._bars: dict[str, MaskedLines] = {}
        self._pages: dict[str, QStackedWidget] = {}
        self._waiting: dict[str, tuple[FactLine, ...]] = {}
        self._withheld = NOTHING_WITHHELD
        for name in TABS:
            shown: QWidget = self.history
            if name != "History":
                found = self._lists[name] = LineList(around, name, wrap=True)
                shown = NetworkTab(around, check, found) if name == "Network" else found
            bars = self._bars[name] = MaskedLines(around.theme, name)
            page = self._pages[name] = QStackedWidget()
            page.addWidget(shown)
            page.addWidget(bars)
            self.tabs.addTab(page, name)
        self.tabs.currentChanged.connect(lambda _index: self._fill())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        layout.addWidget(self._blockers)
        layout.addWidget(self.tabs, 1)

    def show_facts(self, facts: CardFacts | None, withheld: Withheld) -> None:
        if facts is None or withheld != self._withheld:
            self._withheld = withheld
            self._clear()
        if facts is None:
            self.tabs.setCurrentIndex(0)
            return
        self._guides = tuple(one.guide for one in facts.blockers)
        self._blockers.set_lines([blocker_line(i, one) for i, one in enumerate(facts.blockers)])
        self._blockers.setVisible(bool(facts.blockers))
        self._waiting = dict(facts.tabs)
        self._check.of("" if "Network" in withheld.tabs else facts.member_id)
        for place, (name, lines) in enumerate(facts.tabs.items()):
            hidden = name in withheld.tabs
            self._bars[name].say(withheld.why)
            self._pages[name].setCurrentIndex(1 if hidden else 0)
            count = f" {len(lines)}" if lines and name != "Summary" and not hidden else ""
            self.tabs.setTabText(place, f"{name}{count}")
        self._fill()

    def _want_guide(self, key: str) -> None:
        place = int(key)
        if place < len(self._guides) and self._guides[place]:
            self.guide_wanted.emit(self._guides[place])

    def _clear(self) -> None:
        """No list keeps in the background what was shown before."""
        self._waiting.clear()
        self._check.of("")
        self._blockers.set_lines(())
        self.history.show_lines(())
        for found in self._lists.values():
            found.set_lines(())

    def _fill(self) -> None:
        """The tab in front, with what waits for it."""
        name = TABS[self.tabs.currentIndex()]
        lines = self._waiting.pop(name, None)
        if lines is None or name in self._withheld.tabs:
            return
        if name == "History":
            self.history.show_lines(lines)
            return
        shown = [fact_line(at, one) for at, one in enumerate(lines)]
        if name == "Summary" and self._withheld.words:
            shown.append(_hidden(self._withheld))
        self._lists[name].set_lines(shown or [NOTHING])


def _hidden(withheld: Withheld) -> Line:
    return Line(
        key="hidden",
        title=withheld.why,
        detail=f"Hidden: {withheld.words}",
        icon="lock",
        role=Role.MUTED,
    )
