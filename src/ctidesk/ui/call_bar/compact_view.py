"""The call bar in 560×56: the same call, the same presenter, icons instead of words.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ctidesk.ui.call_bar.presenter import CallBarPresenter, CallBarState
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme, set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import IconButton, Target, Variant
from ctidesk.ui.widgets.labels import ElidedLabel, IconLabel


class CompactCallBar(QWidget):
    """What needs typing (a target, digits) opens the window."""

    transfer_wanted = Signal()
    keypad_wanted = Signal()

    def __init__(self, around: Surroundings, presenter: CallBarPresenter) -> None:
        super().__init__()
        theme = around.theme
        self.setAccessibleName(self.tr("Current call"))
        self._dot = IconLabel(theme, "phone", Role.MUTED, 16)
        self._title = ElidedLabel(theme, "", Type.BODY, SEMIBOLD)
        self._timer = around.timer(Type.EMPHASIS, self.tr("Call time"))
        self._rec = IconLabel(theme, "record", Role.DANGER, 16)
        self._answer = self._button(theme, "answer", self.tr("Answer"), Variant.ANSWER)
        self._mute = self._button(theme, "mic", self.tr("Mute"))
        self._hold = self._button(theme, "hold", self.tr("Hold"))
        self._transfer = self._button(theme, "transfer", self.tr("Transfer"))
        self._keypad = self._button(theme, "keypad", self.tr("Keypad"))
        self._end = self._button(theme, "end", self.tr("End"), Variant.DANGER)
        self._answer.clicked.connect(presenter.answer)
        self._mute.clicked.connect(presenter.mute)
        self._hold.clicked.connect(presenter.hold)
        self._transfer.clicked.connect(self.transfer_wanted)
        self._keypad.clicked.connect(self.keypad_wanted)
        self._end.clicked.connect(presenter.end)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.XS)
        layout.addWidget(self._dot)
        layout.addWidget(self._title, 1)
        layout.addWidget(self._timer)
        for button in (self._answer, self._mute, self._hold, self._transfer, self._keypad):
            layout.addWidget(button)
        layout.addWidget(self._rec)
        layout.addSpacing(Space.S)
        layout.addWidget(self._end)
        presenter.live.watch(self._render)

    def _button(
        self, theme: Theme, icon: str, name: str, variant: Variant = Variant.PLAIN
    ) -> IconButton:
        return IconButton(theme, icon, name, variant, Target.CALL)

    def _render(self, state: CallBarState) -> None:
        live = bool(state.call_id)
        self._dot.set_icon("hold" if state.held else "phone", state.tone)
        self._dot.setAccessibleName(state.phase)
        waits = self.tr(" · 1 waits") if state.waiting else ""
        self._title.setText(f"{state.title}{waits}")
        set_tone(self._title, Role.TEXT if live else Role.MUTED)
        self._timer.setVisible(live)
        if state.since_mono is not None:
            self._timer.count_up(state.since_mono)
        else:
            self._timer.show_seconds(0)
        self._answer.setVisible(bool(state.answer_id))
        self._mute.setEnabled(state.can_mute)
        self._mute.set_icon("mute" if state.muted else "mic")
        self._mute.set_name(self.tr("Unmute") if state.muted else self.tr("Mute"))
        self._hold.setEnabled(state.can_hold)
        self._hold.set_icon("resume" if state.held else "hold")
        self._hold.set_name(state.hold_label)
        self._transfer.setEnabled(state.can_transfer)
        self._keypad.setEnabled(state.can_keypad)
        self._end.setEnabled(state.can_end)
        self._end.set_name(state.end_label)
        recording = state.recording
        self._rec.setVisible(recording is not None)
        if recording is not None:
            self._rec.set_icon("record" if recording.lit else "warning", recording.tone)
            self._rec.setToolTip(f"{recording.word}. {recording.detail}")
            self._rec.setAccessibleName(recording.word)
