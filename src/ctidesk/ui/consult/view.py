"""The consult panel: whom to ask, both legs, and the ways out.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ctidesk.ui.consult.presenter import ConsultPresenter
from ctidesk.ui.consult.state import ColleagueLine, ConsultState, Leg, Stage
from ctidesk.ui.directory_search.view import SearchField, SearchResults
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import set_look, set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Target, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import Card, row

_TITLES = {
    Stage.CHOOSE: "Consult or transfer",
    Stage.CONSULTING: "Consultation",
    Stage.MERGED: "Conference of three",
    Stage.TRANSFERRING: "Transfer",
    Stage.CAME_BACK: "Transfer came back",
}


class ConsultPanel(Card):
    """Hidden until it is wanted or needed. Buttons keep their places through all stages."""

    def __init__(self, around: Surroundings, presenter: ConsultPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._around = around
        self.setObjectName("consult_panel")
        self.setAccessibleName(self.tr("Consult and transfer"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._make_head()
        self._make_target()
        self._make_legs()
        self._make_words()
        presenter.live.watch(self._render)

    def _make_head(self) -> None:
        theme = self._around.theme
        self._title = text_label(theme, "", Type.EMPHASIS, SEMIBOLD)
        self._close = IconButton(
            theme, "cross", self.tr("Close this panel"), Variant.QUIET, Target.ROW
        )
        self._close.clicked.connect(self._presenter.close)
        self.body.addLayout(row(self._title, None, self._close))

    def _make_target(self) -> None:
        theme = self._around.theme
        self.field = SearchField(self._around, self.tr("Colleague, number or name"))
        self.field.setObjectName("consult_target")
        self.consult = self._button("consult", self.tr("Consult"), "start", Variant.PRIMARY)
        self.blind = self._button("transfer", self.tr("Blind transfer"), "blind")
        self._results = SearchResults(self._around, self._presenter.search, most=5)
        self._recent = QHBoxLayout()
        self._recent.setSpacing(Space.XS)
        self._recent_shown: tuple[tuple[str, str], ...] = ()
        self._target = QWidget()
        layout = QVBoxLayout(self._target)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        layout.addLayout(row(self.field, self.consult, self.blind))
        layout.addLayout(self._recent)
        self.colleagues = LineList(self._around, self.tr("Colleagues"), fit=True, most=5)
        self.colleagues.setObjectName("consult_colleagues")
        layout.addWidget(self.colleagues)
        layout.addWidget(self._results)
        self.body.addWidget(self._target)
        search = self._presenter.search
        self.field.typed.connect(search.type)
        self.field.returnPressed.connect(self._enter)
        self.field.down.connect(self._down)
        self.field.escaped.connect(self._presenter.close)
        self.consult.clicked.connect(lambda: self._start(self._presenter.consult))
        self.blind.clicked.connect(lambda: self._start(self._presenter.blind))
        self._results.hit_chosen.connect(self._hit)
        self._results.number_chosen.connect(self._fill)
        self.colleagues.picked.connect(self._fill)
        self.colleagues.entered.connect(self._fill)
        self._theme = theme

    def _make_legs(self) -> None:
        self._legs = LineList(self._around, self.tr("The two calls"), fit=True)
        self._legs.setObjectName("consult_legs")
        self._legs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._legs.setSelectionMode(LineList.SelectionMode.NoSelection)
        self.body.addWidget(self._legs)
        self.swap = self._button("swap", self.tr("Swap"), "swap")
        self.merge = self._button("conference", self.tr("Merge"), "merge")
        self.split = self._button("consult", self.tr("Split"), "split")
        self.complete = self._button(
            "transfer", self.tr("Complete transfer"), "complete", Variant.PRIMARY
        )
        self.cancel = self._button("cross", self.tr("Cancel"), "cancel")
        self.swap.clicked.connect(self._presenter.swap)
        self.merge.clicked.connect(self._presenter.merge)
        self.split.clicked.connect(self._presenter.split)
        self.complete.clicked.connect(self._presenter.complete)
        self.cancel.clicked.connect(self._presenter.cancel)
        self._ways = QWidget()
        self._ways.setLayout(
            row(self.swap, self.merge, self.split, None, self.cancel, self.complete)
        )
        self.body.addWidget(self._ways)

    def _make_words(self) -> None:
        theme = self._around.theme
        self._words = text_label(theme, "", Type.BODY)
        self._words.setObjectName("consult_words")
        self._words.setWordWrap(True)
        self.resume = self._button("resume", self.tr("Resume caller"), "resume", Variant.PRIMARY)
        self.resume.clicked.connect(self._presenter.resume)
        words = row(self._words, self.resume)
        words.setStretch(0, 1)
        self.body.addLayout(words)

    def _button(
        self, icon: str, text: str, name: str, variant: Variant = Variant.PLAIN
    ) -> ActionButton:
        button = ActionButton(self._around.theme, icon, text, variant)
        button.setObjectName(f"consult_{name}")
        return button

    # ----------------------------------------------------------------- intents

    def take_keyboard(self) -> None:
        """The panel was opened by the agent: type whom to ask."""
        if self._target.isVisibleTo(self):
            self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.field.selectAll()

    def _down(self) -> None:
        if self.colleagues.lines:
            self.colleagues.select_first()
            self.colleagues.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self._results.take_keyboard()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._presenter.close()
        else:
            super().keyPressEvent(event)

    def _enter(self) -> None:
        """Enter consults, never transfers blindly: it can still be taken back."""
        self.field.settle()
        hits = self._presenter.search.live.state.hits
        if hits and not any(char.isdigit() for char in self.field.text()):
            self._hit(hits[0].key)
        else:
            self._start(self._presenter.consult)

    def _start(self, intent: Callable[[str], None]) -> None:
        self.field.settle()
        intent(self.field.text())

    def _hit(self, key: str) -> None:
        def got(numbers: Sequence[str]) -> None:
            if len(numbers) == 1:
                self._fill(numbers[0])

        self._presenter.search.ask_numbers(key, got)

    def _fill(self, number: str) -> None:
        self.field.setText(number)
        self._presenter.search.clear()
        self.consult.setFocus(Qt.FocusReason.OtherFocusReason)

    # ------------------------------------------------------------------ render

    def _render(self, state: ConsultState) -> None:
        self._title.setText(_TITLES[state.stage])
        choosing = state.stage in (Stage.CHOOSE, Stage.CAME_BACK)
        here: QWidget | None = self.window().focusWidget()
        typed = here is not None and self._target.isAncestorOf(here)
        if not choosing:
            self.field.clear()
            if typed:
                # not to a neighbour of the hidden field: the next key must not start anything
                self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._close.setVisible(state.stage is Stage.CHOOSE)
        self._target.setVisible(choosing)
        self.consult.setEnabled(state.can_start)
        self.blind.setEnabled(state.can_start)
        set_look(self.field, "invalid", state.problem is not None)
        self._render_recent(state)
        self.colleagues.set_lines([_colleague_line(one) for one in state.colleagues])
        self.colleagues.setVisible(bool(state.colleagues))
        asking = state.stage in (Stage.CONSULTING, Stage.MERGED)
        show_legs = asking or state.stage is Stage.TRANSFERRING
        self._legs.set_lines([_leg_line(leg) for leg in state.legs] if show_legs else [])
        self._legs.setVisible(show_legs)
        self._ways.setVisible(asking)
        self.swap.setEnabled(state.can_swap)
        self.merge.setEnabled(state.can_merge)
        # one place for both: what was merged is split there
        merged = state.stage is Stage.MERGED
        self.merge.setVisible(not merged)
        self.split.setVisible(merged)
        self.split.setEnabled(state.can_split)
        self.complete.setEnabled(state.can_complete)
        self.cancel.setEnabled(state.can_cancel)
        self.resume.setVisible(state.stage is Stage.CAME_BACK)
        self.resume.setEnabled(state.can_resume)
        self._render_words(state)
        if not state.visible:
            self.field.clear()
        self.setVisible(state.visible)

    def _render_words(self, state: ConsultState) -> None:
        problem = f"{state.problem.text} {state.problem.remedy}" if state.problem else ""
        words = problem or state.notice or state.progress or state.why_not_complete
        bad = bool(problem) or state.stage is Stage.CAME_BACK
        set_tone(self._words, Role.DANGER if bad else Role.MUTED)
        self._words.setText(words)
        self._words.setVisible(bool(words))

    def _render_recent(self, state: ConsultState) -> None:
        if state.recent == self._recent_shown:
            return
        self._recent_shown = state.recent
        while (item := self._recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for target, shown in state.recent[:4]:
            button = ActionButton(self._theme, "", shown, Variant.PLAIN, Target.ROW)
            button.clicked.connect(lambda _checked=False, number=target: self._fill(number))
            self._recent.addWidget(button)
        self._recent.addStretch(1)


def _colleague_line(one: ColleagueLine) -> Line:
    return Line(
        key=one.number,
        title=one.name,
        detail=one.number,
        icon=one.icon,
        role=one.tone,
        right=one.word,
    )


def _leg_line(leg: Leg) -> Line:
    icons = {"Caller": "user", "Colleague": "headset"}
    return Line(
        key=leg.call_id,
        title=leg.title,
        detail=leg.role,
        icon=icons[leg.role],
        role=leg.tone,
        right=leg.word,
        since_mono=leg.since_mono,
        marked=leg.talking,
    )
