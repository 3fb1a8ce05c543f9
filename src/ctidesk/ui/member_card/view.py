"""The centre of the desk: who may be calling, the identity check, the card.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from ctidesk.care.member import CALLING_PARTIES, Party
from ctidesk.ui.directory_search.view import SearchField, SearchResults
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.member_card.check_view import CheckPanel
from ctidesk.ui.member_card.facts_view import FactsBlock, IdentityBlock
from ctidesk.ui.member_card.glass_view import GlassPanel, RecordNoticePanel
from ctidesk.ui.member_card.presenter import MemberCardPresenter
from ctidesk.ui.member_card.state import (
    CandidateLine,
    CardStage,
    MemberCardState,
)
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Target, Variant
from ctidesk.ui.widgets.labels import ElidedLabel, text_label
from ctidesk.ui.widgets.sections import Card, EmptyState, column, row
from ctidesk.ui.words import PARTY_ICONS, PARTY_WORDS


class MemberCardView(QWidget):
    """Before verification no widget in here holds more than name and birth year."""

    def __init__(self, around: Surroundings, presenter: MemberCardPresenter) -> None:
        super().__init__()
        self._around = around
        self._presenter = presenter
        self._shown: MemberCardState | None = None
        self.setObjectName("member_card")
        self.setAccessibleName(self.tr("Member card"))
        self._pages = QStackedLayout(self)
        self._pages.setContentsMargins(0, 0, 0, 0)
        empty = EmptyState(
            around.theme,
            "headset",
            self.tr("No call"),
            self.tr("The caller's card opens here while it rings."),
        )
        page = self._page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(Space.M, Space.M, Space.M, Space.M)
        layout.setSpacing(Space.S)
        self._make_caller(layout)
        self._make_matches(layout)
        self._make_card(layout)
        page.setObjectName("scrolled")
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._pages.addWidget(empty)
        whole = QWidget()
        above = column(self._above_all(), scroll, gap=0)
        above.setStretch(1, 1)
        whole.setLayout(above)
        self._pages.addWidget(whole)
        presenter.live.watch(self._render)

    # -------------------------------------------------------------------- make

    def _make_caller(self, layout: QVBoxLayout) -> None:
        theme = self._around.theme
        self._caller = ElidedLabel(theme, "", Type.EMPHASIS, SEMIBOLD)
        self._caller.setObjectName("card_caller")
        self._detail = ElidedLabel(theme, "", Type.BODY, tone=Role.MUTED)
        self._caller.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        layout.addLayout(row(self._caller, self._detail))
        chips = QHBoxLayout()
        chips.setSpacing(Space.XS)
        chips.addWidget(
            text_label(theme, self.tr("Who calls, Alt+1–5"), Type.CAPTION, tone=Role.MUTED)
        )
        chips.addSpacing(Space.XS)
        self.chips: dict[Party, ActionButton] = {}
        for party in CALLING_PARTIES:
            chip = ActionButton(
                theme, PARTY_ICONS[party], PARTY_WORDS[party], Variant.PLAIN, Target.ROW
            )
            chip.setCheckable(True)
            chip.setObjectName(f"party_{party.value}")
            chip.clicked.connect(lambda _checked=False, p=party: self._set_party(p))
            chips.addWidget(chip)
            self.chips[party] = chip
        chips.addStretch(1)
        layout.addLayout(chips)

    def _above_all(self) -> QWidget:
        """What no scrolling takes away: that the glass is broken."""
        self.glass = GlassPanel(self._around, self._presenter)
        return self.glass

    def _make_matches(self, layout: QVBoxLayout) -> None:
        theme = self._around.theme
        self._matches = Card()
        self._match = text_label(theme, "", Type.BODY, SEMIBOLD)
        self._match.setObjectName("match_words")
        self._match.setWordWrap(True)
        self._problem = text_label(theme, "", Type.BODY, tone=Role.DANGER)
        self._problem.setObjectName("card_problem")
        self._problem.setWordWrap(True)
        self.candidates = LineList(self._around, self.tr("Who may be calling"), fit=True, most=6)
        self.candidates.setObjectName("candidates")
        self.candidates.picked.connect(self._presenter.open_candidate)
        self.candidates.entered.connect(self._presenter.open_candidate)
        self.search = SearchField(self._around, self.tr("Search a member"))
        self.search.setObjectName("member_search")
        self._results = SearchResults(self._around, self._presenter.search)
        self.search.typed.connect(self._presenter.search.type)
        self.search.down.connect(self._results.take_keyboard)
        self.search.returnPressed.connect(self._search_entered)
        self._results.hit_chosen.connect(self._presenter.open_found)
        for widget in (self._match, self._problem, self.candidates, self.search, self._results):
            self._matches.body.addWidget(widget)
        layout.addWidget(self._matches)

    def _make_card(self, layout: QVBoxLayout) -> None:
        self.change = ActionButton(
            self._around.theme, "search", self.tr("Another member"), Variant.QUIET, Target.ROW
        )
        self.change.setObjectName("another_member")
        self.change.clicked.connect(self._presenter.close_card)
        self.page = ActionButton(
            self._around.theme, "expand", self.tr("Page"), Variant.QUIET, Target.ROW
        )
        self.page.setObjectName("patient_page")
        self.page.clicked.connect(self._presenter.open_page)
        # its words would not fit beside the others in the smallest window
        self.correct = IconButton(
            self._around.theme,
            "note",
            self.tr("Correct the member's details"),
            Variant.QUIET,
            Target.ROW,
        )
        self.correct.setObjectName("correct_details")
        self.identity = IdentityBlock(self._around, self.correct, self.page, self.change)
        self.notice = RecordNoticePanel(self._around, self._presenter)
        self.authority = text_label(self._around.theme, "", Type.BODY, SEMIBOLD)
        self.authority.setObjectName("authority_words")
        self.authority.setWordWrap(True)
        self.check = CheckPanel(self._around, self._presenter)
        self.facts = FactsBlock(self._around, self._presenter.network_check)
        for widget in (self.notice, self.identity, self.authority, self.check):
            layout.addWidget(widget)
        layout.addWidget(self.facts, 1)
        self._rest = layout
        layout.addStretch(0)

    def warm_up(self) -> None:
        """Lay out and paint the card unseen, so that the first call does not wait for it."""
        self._page.resize(self.size())
        self._page.grab()

    # ----------------------------------------------------------------- intents

    def take_keyboard(self) -> None:
        """For a shortcut: where the next step is typed."""
        if self.check.isVisible() and self.check.field.isVisible():
            self.check.take_keyboard()
        elif self.candidates.isVisible() and self.candidates.lines:
            self.candidates.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif self.search.isVisible():
            self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.facts.tabs.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _set_party(self, party: Party) -> None:
        state = self._presenter.live.state
        for chip in state.parties:
            self.chips[chip.party].setChecked(chip.chosen)
        self._presenter.set_party(party)

    def _search_entered(self) -> None:
        """Enter goes to the results; which of them, the agent says."""
        self.search.settle()
        self._results.take_keyboard()

    # ------------------------------------------------------------------ render

    def _render(self, state: MemberCardState) -> None:
        before, self._shown = self._shown, state
        had_keyboard = self._has_keyboard()
        self._pages.setCurrentIndex(0 if state.stage is CardStage.NO_CALL else 1)
        self._caller.setText(state.caller)
        self._detail.setText(
            self.tr("Call ended · %s") % state.detail if state.ended else state.detail
        )
        for chip in state.parties:
            self.chips[chip.party].setChecked(chip.chosen)
        self._render_matches(state, before)
        open_card = state.stage in (CardStage.MASKED, CardStage.VERIFIED)
        verified = state.stage is CardStage.VERIFIED
        hidden = state.facts is None or state.withheld.all_tabs
        if before is None or _card_parts(before) != _card_parts(state):
            self.identity.show_identity(
                state.name, state.birth_year, state.facts, state.withheld, state.proof
            )
            self.facts.show_facts(None if hidden else state.facts, state.withheld)
        self.notice.show_notice(state.notice)
        self.glass.show_glass(state)
        self.authority.setText(
            self.tr("Speaks for the member: %s") % state.authority if state.authority else ""
        )
        self.authority.setVisible(open_card and bool(state.authority))
        self.identity.setVisible(open_card)
        if before is None or before.page != state.page:
            self.page.setText(state.page)
            self.page.set_name(self.tr("Open this member in %s") % state.page)
        self.page.setVisible(open_card and bool(state.page))
        self.correct.setVisible(bool(state.correctable))
        if state.check is not None:
            self.check.show_check(state.check)
        self.check.setVisible(open_card and not verified and _is_to_check(state))
        self.facts.setVisible(open_card and not hidden)
        self._rest.setStretch(self._rest.count() - 1, 1 if hidden else 0)
        if had_keyboard and before is not None and before.stage is not state.stage:
            self._follow_keyboard(state.stage)

    def _render_matches(self, state: MemberCardState, before: MemberCardState | None) -> None:
        open_card = state.stage in (CardStage.MASKED, CardStage.VERIFIED)
        self._match.setText(
            self.tr("%s calls. Search the patient that they ask about.") % state.facility
            if state.facility
            else self.tr("Opening the card…")
            if state.stage is CardStage.LOADING
            else state.match
        )
        problem = f"{state.problem.text} {state.problem.remedy}" if state.problem else ""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self.candidates.set_lines([_candidate(one) for one in state.candidates])
        self.candidates.setVisible(bool(state.candidates))
        if before is not None and before.call_id != state.call_id:
            self.search.clear()
        if open_card and before is not None and before.stage is not state.stage:
            self.search.clear()
        self._matches.setVisible(not open_card or bool(problem))
        for widget in (self._match, self.candidates, self.search):
            if open_card:
                widget.setVisible(False)
            elif widget is not self.candidates:
                widget.setVisible(True)
        set_tone(self._match, Role.TEXT)

    def _has_keyboard(self) -> bool:
        """In the match area or the check, whose widgets come and go."""
        here: QWidget | None = self.window().focusWidget()
        if here is None:
            return False
        return self._matches.isAncestorOf(here) or self.check.isAncestorOf(here)

    def _follow_keyboard(self, stage: CardStage) -> None:
        """What had the keyboard is gone: it goes where the next step is, not to a neighbour."""
        if stage is CardStage.MASKED:
            self.check.take_keyboard()
        elif stage is CardStage.VERIFIED:
            self.facts.tabs.setFocus(Qt.FocusReason.OtherFocusReason)


def _is_to_check(state: MemberCardState) -> bool:
    """Not while the glass is broken, nor where the record's notice says already why not."""
    check, notice = state.check, state.notice
    says_the_same = check is not None and notice is not None and notice.text in check.notice
    return state.glass is None and not says_the_same


def _card_parts(state: MemberCardState) -> tuple[object, ...]:
    of_card = (state.call_id, state.name, state.birth_year, state.facts)
    return (*of_card, state.withheld, state.proof)


def _candidate(one: CandidateLine) -> Line:
    return Line(
        key=one.key,
        title=one.title,
        detail=one.detail,
        icon=one.icon,
        role=Role.ACCENT,
        right="Open",
        marked=one.opened,
    )
