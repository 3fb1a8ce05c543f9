"""The emergency panel: what to say and do next, large and calm, in place of the card.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from ctidesk.care.red_flag_desk import LOCATION_CHARS
from ctidesk.ui.red_flag.presenter import RedFlagPresenter
from ctidesk.ui.red_flag.state import FlagState
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Target, Variant
from ctidesk.ui.widgets.labels import IconLabel, text_label
from ctidesk.ui.widgets.sections import Card, Line, row


class RedFlagPanel(QWidget):
    """Hidden without an emergency. The order never changes while it runs: what was read once is
    found again at the same place."""

    covering = Signal(bool)
    """The panel takes the place of the card, or gives it back."""

    def __init__(self, around: Surroundings, presenter: RedFlagPresenter) -> None:
        super().__init__()
        self._around = around
        self._presenter = presenter
        self._shown: FlagState | None = None
        self.setObjectName("red_flag")
        self.setAccessibleName(self.tr("Red flag: emergency"))
        self.hide()
        page = QWidget()
        page.setObjectName("scrolled")
        self._body = QVBoxLayout(page)
        self._body.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        self._body.setSpacing(Space.S)
        self._make_head()
        self._make_next()
        self._make_location()
        self._make_people()
        self._make_check()
        self._make_end()
        self._body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        presenter.live.watch(self._render)

    def take_keyboard(self) -> None:
        """To the location, or to what is asked for when that is known."""
        reason = Qt.FocusReason.ShortcutFocusReason
        if self._presenter.live.state.can_confirm:
            self.confirm.setFocus(reason)
        else:
            self.location.setFocus(reason)

    # -------------------------------------------------------------------- make

    def _make_head(self) -> None:
        theme = self._around.theme
        title = text_label(theme, self.tr("Emergency"), Type.TITLE, SEMIBOLD)
        self._timer = self._around.timer(Type.TITLE, self.tr("Since the red flag"))
        self.aside = IconButton(
            theme, "cross", self.tr("Lay aside, the emergency goes on"), Variant.QUIET
        )
        self.aside.setObjectName("red_flag_aside")
        self.aside.clicked.connect(self._presenter.toggle)
        flag = IconLabel(theme, "flag", Role.DANGER, 24)
        self._body.addLayout(row(flag, title, self._timer, None, self.aside))
        self._placeholder = self._words(
            self.tr("Sample texts: your centre's clinicians have not written them yet."),
            Type.CAPTION,
            Role.HOLD,
        )
        self._opening = self._words("", Type.BODY, Role.MUTED)

    def _make_next(self) -> None:
        card = Card(Space.L)
        self._say = text_label(self._around.theme, "", Type.TITLE, SEMIBOLD)
        self._do = text_label(self._around.theme, "", Type.EMPHASIS)
        for label in (self._say, self._do):
            label.setWordWrap(True)
            card.body.addWidget(label)
        self._say.setObjectName("red_flag_say")
        self._do.setObjectName("red_flag_do")
        self._body.addWidget(card)

    def _make_location(self) -> None:
        theme = self._around.theme
        self._location_icon = IconLabel(theme, "info", Role.MUTED)
        self._location_word = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        title = text_label(theme, self.tr("Where help is needed"), Type.BODY, SEMIBOLD)
        self._body.addLayout(row(title, None, self._location_icon, self._location_word))
        self.location = QLineEdit()
        self.location.setObjectName("red_flag_location")
        self.location.setAccessibleName(self.tr("Where help is needed"))
        self.location.setPlaceholderText(self.tr("Street, number, floor, name on the door"))
        self.location.setMaxLength(LOCATION_CHARS)
        self.location.setMinimumHeight(40)
        self.location.setFont(theme.font(Type.EMPHASIS))
        self.location.returnPressed.connect(self._noted)
        self.location.editingFinished.connect(self._keep)
        self.confirm = self._button("check", self.tr("Repeated back, right"), "confirm")
        self.confirm.clicked.connect(self._presenter.repeated_back)
        line = row(self.location, self.confirm)
        line.setStretch(0, 1)
        self._body.addLayout(line)

    def _make_people(self) -> None:
        theme = self._around.theme
        presenter = self._presenter
        self._body.addWidget(Line())
        self._nurse_icon = IconLabel(theme, "users", Role.MUTED, 20)
        self._nurse = text_label(theme, "", Type.EMPHASIS, SEMIBOLD)
        self._nurse.setObjectName("red_flag_nurse")
        self._nurse.setWordWrap(True)
        self.stop = self._button("cross", "-", "stop", presenter.stop_calling)
        who = row(self._nurse_icon, self._nurse, self.stop)
        who.setStretch(1, 1)
        self._body.addLayout(who)
        self._tried = self._words("", Type.CAPTION, Role.MUTED)
        self.nurse = self._button("phone", "-", "call_nurse", presenter.call_nurse)
        self.emergency = self._button("warning", "-", "call_emergency", presenter.call_emergency)
        self.lead = self._button("users", "-", "call_lead", presenter.call_lead)
        self._body.addLayout(row(self.nurse, self.emergency, self.lead, None))
        self._alert_icon = IconLabel(theme, "info", Role.HOLD)
        self._alert = text_label(theme, "", Type.BODY)
        self._alert.setObjectName("red_flag_alert")
        self._alert.setWordWrap(True)
        told = row(self._alert_icon, self._alert)
        told.setStretch(1, 1)
        self._body.addLayout(told)

    def _make_check(self) -> None:
        theme = self._around.theme
        self._check_box = QWidget()
        self._check_icon = IconLabel(theme, "clock", Role.MUTED, 20)
        self._check = text_label(theme, "", Type.EMPHASIS)
        self._check.setObjectName("red_flag_check")
        self._check.setWordWrap(True)
        self.still_here = self._button(
            "check", self.tr("Still there"), "still_here", self._presenter.still_here
        )
        self.no_answer = self._button(
            "cross", self.tr("No answer"), "no_answer", self._presenter.no_answer
        )
        line = row(self._check_icon, self._check, self.still_here, self.no_answer)
        line.setStretch(1, 1)
        self._check_box.setLayout(line)
        self._body.addWidget(self._check_box)

    def _make_end(self) -> None:
        theme = self._around.theme
        self._body.addWidget(Line())
        self.back = self._button(
            "callback", self.tr("Call the caller back"), "call_back", self._presenter.call_back
        )
        self._body.addLayout(row(self.back, None))
        title = text_label(theme, self.tr("When it is over"), Type.BODY, SEMIBOLD)
        self._body.addWidget(title)
        self._outcomes = QVBoxLayout()
        self._outcomes.setSpacing(Space.XS)
        self._body.addLayout(self._outcomes)
        self._outcomes_shown: tuple[tuple[str, str], ...] = ()

    def _words(self, text: str, size: Type, tone: Role) -> QLabel:
        label = text_label(self._around.theme, text, size, tone=tone)
        label.setWordWrap(True)
        self._body.addWidget(label)
        return label

    def _button(
        self, icon: str, text: str, name: str, press: Callable[[], None] | None = None
    ) -> ActionButton:
        button = ActionButton(self._around.theme, icon, text, Variant.PLAIN, Target.CALL)
        button.setObjectName(f"red_flag_{name}")
        if press is not None:
            button.clicked.connect(press)
        return button

    # ----------------------------------------------------------------- intents

    def _keep(self) -> None:
        """What is typed counts as soon as the field is left."""
        if self._presenter.live.state.call_id:
            self._presenter.note_location(self.location.text())

    def _noted(self) -> None:
        """Enter: the location stands; Enter once more: the caller confirmed it."""
        self._keep()
        if self._presenter.live.state.can_confirm:
            self.confirm.setFocus(Qt.FocusReason.OtherFocusReason)

    # ------------------------------------------------------------------ render

    def _render(self, state: FlagState) -> None:
        before, self._shown = self._shown, state
        if state.call_id != (before.call_id if before else ""):
            self.location.setText(state.location)
            if state.call_id:
                self._timer.count_up(state.raised_mono)
        if state.call_id:
            self._render_texts(state)
            self._render_people(state)
            self._render_outcomes(state)
            self._announce(before, state)
        if before is None or before.visible != state.visible:
            here: QWidget | None = self.window().focusWidget()
            typing = here is not None and self.isAncestorOf(here)
            self.setVisible(state.visible)
            self.covering.emit(state.visible)
            if typing and not state.visible:
                self.window().setFocus(Qt.FocusReason.OtherFocusReason)

    def _render_texts(self, state: FlagState) -> None:
        self._placeholder.setVisible(state.placeholder)
        self._opening.setText(state.opening)
        self._opening.setVisible(not state.confirmed)
        self._say.setText(f"“{state.next_say}”")
        self._say.setVisible(bool(state.next_say))
        self._do.setText(state.next_do)
        typing = self.location.hasFocus() and bool(self.location.text())
        if not typing and self.location.text() != state.location:
            self.location.setText(state.location)
        self.confirm.setEnabled(state.can_confirm)
        self._location_word.setText(state.location_word)
        done = state.confirmed
        self._location_icon.set_icon(
            "check" if done else "warning", Role.READY if done else Role.HOLD
        )
        set_tone(self._location_word, Role.READY if done else Role.HOLD)

    def _render_people(self, state: FlagState) -> None:
        self._nurse_icon.set_icon(state.nurse_icon, state.nurse_tone)
        self._nurse.setText(state.nurse_word)
        set_tone(self._nurse, state.nurse_tone)
        tried = " · ".join(f"{line}: {outcome}" for line, outcome in state.tried)
        self._tried.setText(tried)
        self._tried.setVisible(bool(tried))
        for button, label, can in (
            (self.nurse, state.nurse_label, state.can_nurse),
            (self.emergency, state.emergency_label, state.can_emergency),
            (self.lead, state.lead_label, state.can_lead),
            (self.stop, state.stop_label, state.can_stop),
        ):
            button.setText(label)
            button.set_name(label)
            button.setVisible(bool(label) and (can or button is not self.stop))
            button.setEnabled(can)
        self.nurse.set_variant(Variant.PLAIN if state.fallback else Variant.PRIMARY)
        self.emergency.set_variant(Variant.PRIMARY if state.fallback else Variant.PLAIN)
        good = state.alert_good
        self._alert_icon.set_icon("check" if good else "warning", Role.READY if good else Role.HOLD)
        self._alert.setText(state.alert_text)
        self._check_box.setVisible(bool(state.check_text))
        self._check.setText(state.check_text)
        tone = Role.HOLD if state.check_due else Role.MUTED
        self._check_icon.set_icon("warning" if state.check_due else "clock", tone)
        set_tone(self._check, Role.TEXT if state.check_due else Role.MUTED)
        self.still_here.setEnabled(state.can_check)
        self.still_here.set_variant(Variant.PRIMARY if state.check_due else Variant.PLAIN)
        self.no_answer.setEnabled(state.can_check)
        self.back.setVisible(state.lost)
        self.back.setEnabled(state.can_call_back)

    def _render_outcomes(self, state: FlagState) -> None:
        if state.outcomes == self._outcomes_shown:
            return
        self._outcomes_shown = state.outcomes
        for at in range(0, len(state.outcomes), 2):
            buttons = [self._outcome(*each) for each in state.outcomes[at : at + 2]]
            line = row(*buttons)
            for place in range(len(buttons)):
                line.setStretch(place, 1)
            self._outcomes.addLayout(line)

    def _outcome(self, key: str, label: str) -> ActionButton:
        return self._button("", label, f"end_{key}", lambda: self._presenter.end(key))

    def _announce(self, before: FlagState | None, state: FlagState) -> None:
        """A screen reader says what is new: what to say, who is there, what is due."""
        texts = []
        if before is None or before.next_say != state.next_say:
            texts.append(state.next_say)
        if before is None or before.nurse_tone is not state.nurse_tone:
            texts.append(state.nurse_word)
        if state.check_due and not (before is not None and before.check_due):
            texts.append(state.check_text)
        if said := " ".join(each for each in texts if each):
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said))
