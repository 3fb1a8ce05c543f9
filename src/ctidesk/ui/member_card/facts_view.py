"""The card itself: who it is, what stands in the way, the facts in tabs.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ctidesk.care.blockers import Blocker, Weight
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.member_card.facts import TABS, CardFacts, FactLine
from ctidesk.ui.member_card.state import Proof
from ctidesk.ui.member_card.withheld import Withheld
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.masked import MaskedField, MaskedLines
from ctidesk.ui.widgets.pill import Status, StatusPill
from ctidesk.ui.widgets.sections import Card

CAPTIONS = ("Date of birth", "Member ID", "Policy number", "Address", "Language", "Prefers")
_ICONS = {
    "Coverage": "shield",
    "Prescription": "pill",
    "Authorisation": "verified",
    "Appointment": "calendar",
    "Contact": "history",
    "Relation": "users",
}


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

    def _pill_of(self, proof: Proof) -> Status:
        if proof is Proof.GLASS:
            return Status(Role.DANGER, "warning", self.tr("Glass broken"))
        if proof is Proof.VERIFIED:
            return Status(Role.READY, "verified", self.tr("Verified"))
        if proof is Proof.PARTLY:
            return Status(Role.HOLD, "shield", self.tr("Partly verified"))
        return Status(Role.HOLD, "lock", self.tr("Not verified"))


class FactsBlock(QWidget):
    """Blockers first, then the tabs; a tab that is withheld has bars and no list behind them."""

    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self.setObjectName("member_facts")
        self._blockers = LineList(
            around, self.tr("What stands in the way"), fit=True, most=5, wrap=True
        )
        self._blockers.setObjectName("blockers")
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.tabBar().setExpanding(False)
        self.tabs.setMinimumHeight(200)
        self._lists: dict[str, LineList] = {}
        self._bars: dict[str, MaskedLines] = {}
        self._pages: dict[str, QStackedWidget] = {}
        for name in TABS:
            found = self._lists[name] = LineList(around, name, wrap=True)
            bars = self._bars[name] = MaskedLines(around.theme, name)
            page = self._pages[name] = QStackedWidget()
            page.setFocusProxy(found)
            page.addWidget(found)
            page.addWidget(bars)
            self.tabs.addTab(page, name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        layout.addWidget(self._blockers)
        layout.addWidget(self.tabs, 1)

    def show_facts(self, facts: CardFacts | None, withheld: Withheld) -> None:
        if facts is None:
            self._blockers.set_lines(())
            for found in self._lists.values():
                found.set_lines(())
            self.tabs.setCurrentIndex(0)
            return
        self._blockers.set_lines([_blocker(i, one) for i, one in enumerate(facts.blockers)])
        self._blockers.setVisible(bool(facts.blockers))
        for place, (name, lines) in enumerate(facts.tabs.items()):
            hidden = name in withheld.tabs
            shown = [] if hidden else [_fact(i, one) for i, one in enumerate(lines)]
            if name == "Summary" and withheld.words:
                shown.append(_hidden(withheld))
            self._lists[name].set_lines([] if hidden else shown or [_NOTHING])
            self._bars[name].say(withheld.why)
            self._pages[name].setCurrentIndex(1 if hidden else 0)
            count = f" {len(lines)}" if lines and name != "Summary" and not hidden else ""
            self.tabs.setTabText(place, f"{name}{count}")


def _hidden(withheld: Withheld) -> Line:
    return Line(
        key="hidden",
        title=f"Hidden: {withheld.words}",
        detail=withheld.why,
        icon="lock",
        role=Role.MUTED,
    )


_NOTHING = Line(key="nothing", title="Nothing on record", icon="info")


def _blocker(number: int, one: Blocker) -> Line:
    stop = one.weight is Weight.STOP
    return Line(
        key=f"{number}",
        title=one.text,
        detail=one.step,
        icon="error" if stop else "warning",
        role=Role.DANGER if stop else Role.HOLD,
        right="Stop" if stop else "Mind",
    )


def _fact(number: int, one: FactLine) -> Line:
    note = one.source
    if one.stale:
        note = f"Confirm before quoting · {one.source}"
    if one.gone:
        note = f"No longer on record · {one.source}"
    return Line(
        key=f"{number}",
        title=one.title,
        detail=one.detail,
        note=note,
        icon=_ICONS.get(one.kind, "info"),
        role=Role.MUTED,
        right="no longer valid" if one.over and one.kind != "Appointment" else "",
        note_role=Role.HOLD if one.stale else Role.MUTED,
        note_icon="warning" if one.stale else "",
        struck=one.stale,
    )
