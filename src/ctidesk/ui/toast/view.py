"""The pop itself, 360×128, and the stack of them in the corner of the screen.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPoint, QRect, QRectF, Qt, Signal, SignalInstance
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QScreen,
)
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ctidesk.calls.ports import Clock
from ctidesk.ui.theme.scale import RADIUS, SEMIBOLD, TOAST, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.toast.presenter import ToastOffer
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.labels import ElidedLabel
from ctidesk.ui.widgets.pill import Status, StatusPill
from ctidesk.ui.widgets.sections import row
from ctidesk.ui.widgets.timer import SecondTick, TimerLabel

MOST = 3
"""Pops shown at once; further calls wait in the work list, which shows them all."""


@dataclass(frozen=True, slots=True)
class ToastTools:
    """What every pop needs. `answer_keys` and `decline_keys` as shown on the buttons' tool tips."""

    theme: Theme
    tick: SecondTick
    clock: Clock
    answer_keys: str = ""
    decline_keys: str = ""


class Toast(QWidget):
    """One offered call. The kind of window (a tool tip that is shown without activating) leaves
    the typing focus where it is, in this program and in any other."""

    answered = Signal(str)
    declined = Signal(str)

    def __init__(self, tools: ToastTools) -> None:
        super().__init__(
            None,
            Qt.WindowType.ToolTip
            | Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.WindowDoesNotAcceptFocus,
        )
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setFixedSize(*TOAST)
        self._theme = tools.theme
        self._clock = tools.clock
        self._offer: ToastOffer | None = None
        self._pill = StatusPill(self._theme, Status(Role.RINGING, "incoming", self.tr("Ringing")))
        self._queue = ElidedLabel(self._theme, "", Type.CAPTION, tone=Role.MUTED)
        self._wait = TimerLabel(self._theme, tools.tick, tools.clock, Type.BODY, self.tr("Waiting"))
        self._wait.setObjectName("wait")
        self._caller = ElidedLabel(self._theme, "", Type.EMPHASIS, SEMIBOLD)
        self._match = ElidedLabel(self._theme, "", Type.CAPTION, tone=Role.MUTED)
        self._answer = self._button(
            "answer", self.tr("Answer"), Variant.ANSWER, tools.answer_keys, self.answered
        )
        self._decline = self._button(
            "decline", self.tr("Decline"), Variant.DANGER, tools.decline_keys, self.declined
        )
        self._lay_out()
        tools.tick.ticked.connect(self._pulse)
        self._bright = True

    @property
    def offer(self) -> ToastOffer | None:
        return self._offer

    def show_offer(self, offer: ToastOffer) -> None:
        if offer == self._offer:
            return
        self._offer = offer
        self._queue.setText(offer.queue)
        self._caller.setText(" · ".join(part for part in (offer.caller, offer.number) if part))
        self._match.setText(offer.match)
        self._wait.count_up(offer.since_mono)
        self.setAccessibleName(self.tr("Incoming call"))
        said = f"{offer.queue}. {offer.caller}. {offer.match}"
        self.setAccessibleDescription(said)

    def forget(self) -> None:
        """Hide, and keep nothing of the caller."""
        self.hide()
        self._offer = None
        for label in (self._queue, self._caller, self._match):
            label.setText("")
        self._wait.show_seconds(0)
        self.setAccessibleDescription("")

    def announce(self) -> None:
        """Tell a screen reader, which would not notice a window without the keyboard."""
        text = f"{self.accessibleName()}. {self.accessibleDescription()}"
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self._theme.colour(Role.BG))
        painter.setPen(self._theme.colour(Role.BORDER))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour(Role.RINGING, 1.0 if self._bright else 0.45))
        painter.drawRoundedRect(QRectF(5, 6, 4, self.height() - 12), 2, RADIUS / 3)

    def _pulse(self) -> None:
        if self._theme.reduced_motion or not self.isVisible():
            return
        self._bright = not self._bright
        self.update(QRect(0, 0, 12, self.height()))

    def _button(
        self, icon: str, text: str, variant: Variant, keys: str, signal: SignalInstance
    ) -> ActionButton:
        button = ActionButton(self._theme, icon, text, variant)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.set_keys(keys)
        button.clicked.connect(lambda: self._emit(signal))
        return button

    def _emit(self, signal: SignalInstance) -> None:
        if self._offer is not None:
            signal.emit(self._offer.call_id)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L + Space.XS, Space.S, Space.M, Space.S)
        layout.setSpacing(Space.XS)
        layout.addLayout(row(self._pill, self._queue, self._wait))
        layout.addWidget(self._caller)
        layout.addWidget(self._match)
        layout.addStretch(1)
        buttons = row(self._answer, self._decline)
        buttons.setStretch(0, 3)
        buttons.setStretch(1, 2)
        layout.addLayout(buttons)


class ToastStack(QObject):
    """The pops that stand now, the oldest call lowest. Rendered from the offers alone."""

    answered = Signal(str)
    declined = Signal(str)

    def __init__(self, tools: ToastTools, near: QWidget | None = None) -> None:
        """`near`: the pops come up on the screen of this window."""
        super().__init__(near)
        self._tools, self._near = tools, near
        self._toasts: dict[str, Toast] = {}
        self._spare: list[Toast] = []
        app = QGuiApplication.instance()
        if app is not None:
            # a pop has no parent that would take it along
            app.aboutToQuit.connect(self.clear)

    def warm_up(self) -> None:
        """Make the first pop and paint it unseen, so that the first call does not wait for it."""
        toast = self._make()
        toast.ensurePolished()
        toast.grab()
        toast.winId()
        self._spare.append(toast)

    def clear(self) -> None:
        """No call rings, and none will."""
        for call_id in list(self._toasts):
            self._drop(call_id)
        for toast in self._spare:
            toast.deleteLater()
        self._spare.clear()

    @property
    def toasts(self) -> list[Toast]:
        return list(self._toasts.values())

    def show_offers(self, offers: Sequence[ToastOffer]) -> None:
        """Exactly these calls ring; the first `MOST` of them pop."""
        wanted = offers[:MOST]
        stays = {offer.call_id for offer in wanted}
        for call_id in [each for each in self._toasts if each not in stays]:
            self._drop(call_id)
        for offer in wanted:
            toast = self._toasts.get(offer.call_id)
            if toast is None:
                toast = self._spare.pop() if self._spare else self._make()
                self._toasts[offer.call_id] = toast
            toast.show_offer(offer)
        self._place()

    def _make(self) -> Toast:
        toast = Toast(self._tools)
        toast.answered.connect(self.answered)
        toast.declined.connect(self.declined)
        return toast

    def _drop(self, call_id: str) -> None:
        toast = self._toasts.pop(call_id)
        toast.forget()
        self._spare.append(toast)

    def _place(self) -> None:
        area = self._screen().availableGeometry()
        places = stacked(area, len(self._toasts))
        for toast, place in zip(self._toasts.values(), places, strict=True):
            if toast.pos() != place:
                toast.move(place)
            if not toast.isVisible():
                toast.show()
                toast.announce()

    def _screen(self) -> QScreen:
        screen = self._near.screen() if self._near is not None else None
        return screen or QGuiApplication.primaryScreen()


def stacked(area: QRect, count: int) -> list[QPoint]:
    """Top left corners of `count` pops in the lower right corner of `area`, the first lowest."""
    width, height = TOAST
    left = area.right() + 1 - width - Space.L
    return [
        QPoint(left, area.bottom() + 1 - (height + Space.S) * (index + 1) - Space.S)
        for index in range(count)
    ]
