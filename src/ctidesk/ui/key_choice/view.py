"""The panel over the caller's card that asks for the key's place or for the passphrase.

Runs in: desk process, Qt main thread. Covers the centre only: call bar, work list, wrap-up and all
shortcuts stay in reach, so that a ringing call can be answered.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ctidesk.ui.desk_commands import DeskCommand
from ctidesk.ui.key_choice.choices import Choices
from ctidesk.ui.key_choice.passphrase_field import PassphraseField, wrapped_label
from ctidesk.ui.key_choice.presenter import KeyChoicePresenter, KeyChoiceState, KeyQuestion
from ctidesk.ui.theme.scale import SEMIBOLD, TARGET, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.sections import row
from ctidesk.ui.window.question import Overlay

_WIDTH = 560


class KeyChoiceOverlay(Overlay):
    """Shows itself when the presenter wants it. Escape and "not now" put the question off; a click
    beside does nothing, since it could lose a typed passphrase."""

    def __init__(self, theme: Theme, over: QWidget, presenter: KeyChoicePresenter) -> None:
        super().__init__(theme, over)
        self._presenter = presenter
        self._question = KeyQuestion.NOTHING
        self.setObjectName("key_choice")
        self._title = wrapped_label(theme, Type.TITLE, SEMIBOLD)
        self._text = wrapped_label(theme, Type.BODY, tone=Role.MUTED)
        self._problem = wrapped_label(theme, Type.BODY, tone=Role.DANGER)
        self._problem.setObjectName("key_problem")
        self.choices = Choices(theme, presenter)
        self.passphrase = PassphraseField(theme, self.tr("Passphrase"))
        self.passphrase.returnPressed.connect(self._go)
        self.passphrase.textEdited.connect(presenter.typing)
        self.go = ActionButton(theme, "", "-", Variant.PRIMARY)
        self.go.clicked.connect(self._go)
        self.again = ActionButton(theme, "sync", self.tr("Try the key store again"))
        self.again.clicked.connect(presenter.try_again)
        self.later = ActionButton(theme, "", self.tr("Work without for now"))
        self.later.clicked.connect(presenter.put_off)
        self.choices.submitted.connect(self._go)
        self._lay_out()
        presenter.on_clear(self._clear)
        presenter.live.watch(self._render)

    def dismiss(self) -> None:
        """Escape: not now."""
        self._presenter.put_off()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _lay_out(self) -> None:
        self._content = QWidget()
        self._content.setObjectName("scrolled")
        body = QVBoxLayout(self._content)
        body.setContentsMargins(Space.XL, Space.M, Space.XL, 0)
        body.setSpacing(Space.S)
        for widget in (self._title, self._text, self.choices, self.passphrase, self._problem):
            body.addWidget(widget)
        body.addStretch(1)
        # outside of what scrolls: the way on is always in view
        foot = row(None, self.again, self.later, self.go)
        foot.setContentsMargins(Space.XL, Space.S, Space.XL, Space.M)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._content)
        frame = self.frame.layout()
        assert isinstance(frame, QVBoxLayout)
        frame.setContentsMargins(1, 1, 1, 1)
        frame.setSpacing(0)
        frame.addWidget(self._scroll)
        frame.addLayout(foot)

    def _render(self, state: KeyChoiceState) -> None:
        if state.waits:
            self._write(state)
        if not state.open:
            self._question = KeyQuestion.NOTHING
            super().dismiss()
            return
        self._fit()
        if self._question is not state.question:
            self._question = state.question
            self._appear()
        elif state.problem is not None and not state.invalid:
            self._scroll.ensureWidgetVisible(self._problem)
        elif state.invalid:
            self._field(state.invalid).setFocus(Qt.FocusReason.OtherFocusReason)

    def _write(self, state: KeyChoiceState) -> None:
        title, text, button = {
            KeyQuestion.CHOOSE: (
                self.tr("Where to keep the key to the members' data"),
                self.tr(
                    "They are encrypted on this computer, but it has no open key store for their "
                    "key. You choose once. Calls work meanwhile."
                ),
                self.tr("Continue"),
            ),
            KeyQuestion.UNLOCK: (
                self.tr("Unlock the members' data"),
                self.tr("They are locked by your passphrase. Calls work meanwhile."),
                self.tr("Unlock"),
            ),
            KeyQuestion.TRY_AGAIN: (
                self.tr("The key store is locked or missing"),
                self.tr(
                    "The key to the members' data is kept there. Unlock it (sign in again, or open "
                    "your password program), then try again. Calls work meanwhile."
                ),
                "",
            ),
        }[state.question]
        self._title.setText(title)
        self._text.setText(text)
        self.frame.setAccessibleName(f"{title} {text}")
        self.choices.setVisible(state.question is KeyQuestion.CHOOSE)
        self.passphrase.setVisible(state.question is KeyQuestion.UNLOCK)
        self.choices.render_state(state)
        self.passphrase.set_invalid(state.invalid == "passphrase")
        self.passphrase.setReadOnly(state.busy)
        busy = self.tr("Working…")
        self.go.setText(busy if state.busy else button)
        self.go.set_name(busy if state.busy else button)
        self.go.setVisible(bool(button))
        self.go.setEnabled(not state.busy)
        self.again.setVisible(state.can_try_again)
        self.again.setEnabled(not state.busy)
        self.later.setVisible(state.question is not KeyQuestion.CHOOSE)
        beside_fields = state.question is KeyQuestion.CHOOSE and bool(state.invalid)
        shown = None if beside_fields else state.problem
        self._problem.setText(f"{shown.text} {shown.remedy}" if shown else "")
        self._problem.setVisible(shown is not None)

    def _appear(self) -> None:
        """The keyboard is taken only from somebody who isn't typing, a note for instance."""
        focus = QApplication.focusWidget()
        typing = isinstance(focus, QLineEdit | QPlainTextEdit) and not self.isAncestorOf(focus)
        self.open_over(focus if typing and focus is not None else self._first())

    def _first(self) -> QWidget:
        if self._question is KeyQuestion.CHOOSE:
            return self.choices.marked()
        return self.passphrase if self._question is KeyQuestion.UNLOCK else self.again

    def _field(self, name: str) -> QWidget:
        if self._question is KeyQuestion.UNLOCK:
            return self.passphrase
        return self.choices.again if name == "again" else self.choices.passphrase

    def _fit(self) -> None:
        """As high as the text needs at this width, scrolled where the window is low."""
        width = min(_WIDTH, self._over.width() - 2 * Space.L)
        self.frame.setFixedWidth(width)
        layout = self._content.layout()
        assert layout is not None
        layout.activate()
        foot = TARGET + Space.S + Space.M
        wanted = layout.totalHeightForWidth(width - 2) + foot + 2
        room = self._over.height() - Space.XL - Space.L
        bars = Qt.ScrollBarPolicy
        self._scroll.setVerticalScrollBarPolicy(
            bars.ScrollBarAsNeeded if wanted > room else bars.ScrollBarAlwaysOff
        )
        self.frame.setFixedHeight(min(wanted, room))

    def _go(self) -> None:
        if self._question is KeyQuestion.UNLOCK:
            self._presenter.unlock(self.passphrase.text())
        else:
            self._presenter.confirm(self.choices.passphrase.text(), self.choices.again.text())

    def _clear(self) -> None:
        for field in (self.passphrase, self.choices.passphrase, self.choices.again):
            field.forget()


def unlock_command(presenter: KeyChoicePresenter) -> DeskCommand:
    """For the palette: back to a question that was put off."""
    return DeskCommand(
        name="data.unlock",
        title="Unlock the members' data…",
        group="Data",
        run=presenter.show,
        possible=lambda: presenter.live.state.waits,
        icon="unlock",
        words="passphrase key store cache",
    )
