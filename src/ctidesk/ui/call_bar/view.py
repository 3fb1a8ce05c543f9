"""The call bar: fixed places, so that a hand finds every button without looking.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSpacerItem, QVBoxLayout, QWidget

from ctidesk.ui.call_bar.presenter import CallBarPresenter, CallBarState
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import CALL_TARGET, SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Target, Variant
from ctidesk.ui.widgets.labels import ElidedLabel, IconLabel, text_label
from ctidesk.ui.widgets.sections import row

WORDS_FROM = 760
_FREE = 16_777_215
"""Qt's "no maximum"."""


class CallBar(QWidget):
    """Caller, timer, remarks; Answer, Mute, Hold, Transfer, Keypad; End apart at the right."""

    transfer_wanted = Signal()
    keypad_wanted = Signal()

    def __init__(self, around: Surroundings, presenter: CallBarPresenter) -> None:
        super().__init__()
        self._theme = around.theme
        self._presenter = presenter
        self.setObjectName("call_bar")
        self.setAccessibleName(self.tr("Current call"))
        self._worded: bool | None = None
        self._make_caller(around)
        self._make_buttons()
        caller = QVBoxLayout()
        caller.setSpacing(2)
        caller.addWidget(self._title)
        caller.addLayout(self._second)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.XS)
        layout.addLayout(caller, 1)
        layout.addSpacing(Space.XS)
        layout.addWidget(self._timer)
        layout.addSpacing(Space.XS)
        for button in (self.answer, self.mute, self.hold, self.transfer, self.keypad):
            layout.addWidget(button)
        self._gap = QSpacerItem(Space.XL, 0)
        layout.addItem(self._gap)
        layout.addWidget(self.end)
        presenter.live.watch(self._render)

    def _make_caller(self, around: Surroundings) -> None:
        theme = around.theme
        self._title = ElidedLabel(theme, "", Type.EMPHASIS, SEMIBOLD)
        self._title.setObjectName("caller_title")
        self._timer = around.timer(Type.TITLE, self.tr("Call time"))
        self._phase = text_label(theme, "", Type.CAPTION, SEMIBOLD)
        self._phase.setObjectName("call_phase")
        self._part = around.timer(Type.CAPTION, self.tr("Time on hold"))
        self._lock = IconLabel(theme, "lock", Role.READY, 14)
        self._rec_icon = IconLabel(theme, "record", Role.DANGER, 14)
        self._rec = text_label(theme, "", Type.CAPTION, SEMIBOLD)
        self._rec.setObjectName("recording_word")
        self._detail = ElidedLabel(theme, "", Type.CAPTION, tone=Role.MUTED)
        self._second = row(
            self._phase,
            self._part,
            self._lock,
            self._rec_icon,
            self._rec,
            self._detail,
            None,
            gap=6,
        )

    def _make_buttons(self) -> None:
        make = self._button
        self.answer = make("answer", self.tr("Answer"), "answer", Variant.ANSWER)
        self.mute = make("mute", self.tr("Mute"), "mute")
        self.mute.setCheckable(True)
        self.hold = make("hold", self.tr("Hold"), "hold")
        self.transfer = make("transfer", self.tr("Transfer"), "transfer")
        self.keypad = make("keypad", "", "keypad")
        self.keypad.set_name(self.tr("Keypad"))
        self.end = make("end", self.tr("End"), "end", Variant.DANGER)
        self.answer.clicked.connect(self._presenter.answer)
        self.mute.clicked.connect(self._mute)
        self.hold.clicked.connect(self._presenter.hold)
        self.transfer.clicked.connect(self.transfer_wanted)
        self.keypad.clicked.connect(self.keypad_wanted)
        self.end.clicked.connect(self._presenter.end)

    def _button(
        self, icon: str, text: str, name: str, variant: Variant = Variant.PLAIN
    ) -> ActionButton:
        button = ActionButton(self._theme, icon, text, variant, Target.CALL)
        button.setObjectName(f"call_{name}")
        return button

    def _mute(self) -> None:
        # shown as muted only when the engine says so
        self.mute.setChecked(self._presenter.live.state.muted)
        self._presenter.mute()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On a narrow window the buttons keep their order and lose their words."""
        super().resizeEvent(event)
        worded = self.width() >= WORDS_FROM
        if worded != self._worded:
            self._worded = worded
            self._widen()

    def _widen(self) -> None:
        fixed = CALL_TARGET + 4
        words = {self.answer: "Answer", self.mute: "Mute", self.transfer: "Transfer"}
        for button, word in words.items():
            button.setText(self.tr(word) if self._worded else "")
            button.setMaximumWidth(_FREE if self._worded else fixed)
        self.keypad.setFixedWidth(fixed)
        self._gap.changeSize(Space.XL if self._worded else Space.M, 0)
        widest = _width_with(self.hold, self.tr("Resuming…"))
        self.hold.setFixedWidth(widest if self._worded else fixed)
        self.end.setFixedWidth(_width_with(self.end, self.tr("Decline")))
        self._render(self._presenter.live.state)

    # ------------------------------------------------------------------ render

    def _render(self, state: CallBarState) -> None:
        live = bool(state.call_id)
        self._title.setText(state.title)
        set_tone(self._title, Role.TEXT if live else Role.MUTED)
        self._timer.setVisible(live)
        if state.since_mono is not None:
            self._timer.count_up(state.since_mono)
        else:
            self._timer.show_seconds(0)
        self._phase.setText(state.phase)
        set_tone(self._phase, state.tone)
        self._part.setVisible(state.part_since_mono is not None)
        if state.part_since_mono is not None:
            self._part.count_up(state.part_since_mono)
            set_tone(self._part, state.tone)
        else:
            self._part.show_seconds(0)
        self._render_security(state)
        self._detail.setText(_second_line(state) if live else self.tr("F1 shows all keys"))
        # where there is no room, what says something is shown and what is elsewhere too is not
        says = bool(state.waiting or state.notes or not live)
        alarm = state.recording is not None and not state.recording.lit
        self._detail.setVisible(self._worded is not False or says)
        room = self._worded is not False or not (says or alarm)
        self._phase.setVisible(room and bool(state.phase))
        set_tone(self._detail, Role.RINGING if state.waiting else Role.MUTED)
        self._render_buttons(state)

    def _render_security(self, state: CallBarState) -> None:
        self._lock.setVisible(state.encrypted is not None)
        if state.encrypted is not None:
            words = self.tr("Encrypted") if state.encrypted else self.tr("Not encrypted")
            self._lock.set_icon(
                "lock" if state.encrypted else "unlock",
                Role.READY if state.encrypted else Role.HOLD,
            )
            self._lock.setToolTip(words)
            self._lock.setAccessibleName(words)
        recording = state.recording
        self._rec.setVisible(recording is not None)
        self._rec_icon.setVisible(recording is not None)
        if recording is not None:
            self._rec.setText(recording.word)
            set_tone(self._rec, recording.tone)
            self._rec.setToolTip(recording.detail)
            self._rec.setAccessibleName(f"{recording.word}. {recording.detail}")
            self._rec_icon.set_icon("record" if recording.lit else "warning", recording.tone)

    def _render_buttons(self, state: CallBarState) -> None:
        self.answer.setEnabled(bool(state.answer_id))
        self.mute.setEnabled(state.can_mute)
        self.mute.setChecked(state.muted)
        self.mute.set_icon("mute" if state.muted else "mic")
        self.mute.set_name(self.tr("Unmute") if state.muted else self.tr("Mute"))
        self.hold.setEnabled(state.can_hold)
        self.hold.setText(state.hold_label if self._worded else "")
        self.hold.set_name(state.hold_label)
        self.hold.set_icon("resume" if state.held else "hold")
        self.transfer.setEnabled(state.can_transfer)
        self.keypad.setEnabled(state.can_keypad)
        self.end.setEnabled(state.can_end)
        self.end.setText(state.end_label)
        self.end.set_name(state.end_label)
        self.end.set_icon("decline" if state.end_label == "Decline" else "end")


def _width_with(button: ActionButton, text: str) -> int:
    """What the button needs for its longest word: it must not move with its words."""
    before = button.text()
    button.setText(text)
    button.ensurePolished()
    width = button.sizeHint().width()
    button.setText(before)
    return width


def _second_line(state: CallBarState) -> str:
    """Who waits, else remarks, else where the call came from."""
    if state.waiting:
        first = state.waiting[0]
        more = f" (+{len(state.waiting) - 1})" if len(state.waiting) > 1 else ""
        return f"Waiting: {first.title}{more}"
    return " · ".join((*state.notes, state.detail)) if state.notes else state.detail
