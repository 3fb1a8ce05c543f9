"""The agent's window with everything in it, made from the running desk.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from ctidesk.calls import events as ev
from ctidesk.calls.agent_events import LogEvent, WrapUpStarted
from ctidesk.calls.desk import Change
from ctidesk.calls.errors import KnownError
from ctidesk.ui import suggestions
from ctidesk.ui.call_bar.compact_view import CompactCallBar
from ctidesk.ui.desk_commands import DeskCommands
from ctidesk.ui.desk_notices import DeskNotices
from ctidesk.ui.desk_orders import SHORTCUTS, Places, register
from ctidesk.ui.desk_overlays import DeskOverlays
from ctidesk.ui.desk_panels import make_panels, name_keys
from ctidesk.ui.desk_presenters import DeskNeeds, DeskPresenters
from ctidesk.ui.desk_toasts import DeskToasts
from ctidesk.ui.live import Live
from ctidesk.ui.quality.advice import LineWarning
from ctidesk.ui.quality.presenter import Quality, quality_of
from ctidesk.ui.shortcuts.keys import ShortcutKeys
from ctidesk.ui.shortcuts.table import Shortcuts
from ctidesk.ui.status_strip.indicator import Indicator
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.theme import Mode, Theme
from ctidesk.ui.widgets.notice import Level, Notice, notice_of
from ctidesk.ui.widgets.timer import SecondTick
from ctidesk.ui.window.closing import CloseQuestion, question_before_closing
from ctidesk.ui.window.compact_bar import CompactBar
from ctidesk.ui.window.layout_memory import ForgetfulLayout, LayoutMemory
from ctidesk.ui.window.main_window import MainWindow, WindowParts
from ctidesk.ui.window.modes import WindowModes

WARM_UP_MS = 100


class DeskWindow(QObject):
    """Window, toasts, keys, palette and compact bar of one desk. Owned by the composition root.

    Call `take_log` with what `recall` returned, `restore` when the journal takes questions.
    """

    def __init__(
        self,
        app: QApplication,
        theme: Theme,
        needs: DeskNeeds,
        memory: LayoutMemory | None = None,
    ) -> None:
        super().__init__(app)
        self._app, self._theme, self._needs = app, theme, needs
        self._memory = memory or ForgetfulLayout()
        self.locked = False
        self._closed = False
        self.tick = SecondTick(self)
        self.around = Surroundings(theme, self.tick, needs.clock)
        self.presenters = DeskPresenters(needs)
        self.shortcuts = Shortcuts(SHORTCUTS)
        self.commands = DeskCommands()
        self.panels = make_panels(self.around, self.presenters, needs.reasons)
        self.window = self._make_window()
        self.modes = WindowModes(self.window, self._make_compact)
        self._make_orders()
        self._make_toasts()
        self.notices = DeskNotices(
            needs.desk,
            self.window.notices,
            self.presenters.consult.resume,
            needs.actions.dial,
            needs.queue_codes,
            self.overlays.sound.open,
        )
        self.line_warning = LineWarning(needs.desk, self.window.notices, needs.link)
        self.presenters.parked.on_parked = self.notices.parked
        self._quality = Live(self._quality_now)
        self._quality.watch(self.panels.quality.show_quality)
        self.tick.ticked.connect(self.presenters.tick)
        needs.desk.subscribe(self._changed)
        self.presenters.in_view.subscribe(self._another_in_view)
        app.aboutToQuit.connect(self.close)
        self._changed(None)

    # ------------------------------------------------------------ what app uses

    def show(self) -> None:
        # else the keyboard begins at the agent's state, where a space opens a menu
        self.panels.dialler.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.window.show()
        self._warm.start()

    def restore(self) -> None:
        """Drafts and the outbox, once the journal takes questions."""
        self.presenters.restore()

    def take_log(self, log: Sequence[LogEvent]) -> None:
        """The whole log, from `recall`."""
        self.presenters.take_log(log)

    def prefill(self, text: str) -> None:
        """A link or a number: in the dial field, never dialled by itself."""
        self.presenters.dialler.prefill(text)
        self._go_dial()

    def set_cache(self, indicator: Indicator) -> None:
        self.presenters.status.set_cache(indicator)

    def set_crm(self, indicator: Indicator) -> None:
        self.presenters.status.set_crm(indicator)

    def set_recording_key(self, indicator: Indicator) -> None:
        self.presenters.status.set_recording_key(indicator)

    def tell(self, error: KnownError, key: str = "") -> None:
        """Show a problem with its remedy; the same key replaces."""
        self.window.notices.show_notice(key or error.code, notice_of(error))

    def untell(self, key: str) -> None:
        """The problem is over."""
        self.window.notices.clear(key)

    def show_aid(self, key: str) -> None:
        """Bring this aid forward, with the keyboard."""
        self.panels.aids.show_aid(key)
        self._go(self.panels.aids, self.panels.aids.take_keyboard)

    def set_locked(self, locked: bool) -> None:
        """A locked desk shows no card, note or caller in a pop; the call goes on."""
        self.locked = locked
        self.window.set_locked(locked)
        self.window.notices.clear(suggestions.KEY)
        self._pops.set_locked(locked)

    def close(self) -> None:
        """Close without asking, toasts and compact bar too; nothing of the desk is shown again.
        Also done when the application ends: widgets that outlive it bring it down."""
        if self._closed:
            return
        self._closed = True
        self.presenters.wrap_up.keep()
        self._warm.stop()
        self.toasts.clear()
        self.modes.end()
        self.keys.deleteLater()
        self.window.close_for_good()
        self.window.deleteLater()

    def _another_in_view(self, call_id: str) -> None:
        if any(call.call_id == call_id for call in self._needs.desk.live):
            self.window.columns.show_caller()

    # -------------------------------------------------------------------- make

    def _make_window(self) -> MainWindow:
        panels = self.panels
        panels.keypad.hide()
        panels.keypad.closed.connect(self._close_keypad)
        self.centre = panels.centre()
        """The column of the card: what asks for the agent's attention may lie over it."""
        parts = WindowParts(
            agent_bar=panels.agent_bar,
            call_bar=panels.call_bar,
            quality=panels.quality,
            work_list=panels.work_list,
            centre=self.centre,
            wrap_up=panels.wrap_up,
            status_strip=panels.status_strip,
            aids=panels.aids if panels.aids.aids else None,
        )
        panels.call_bar.transfer_wanted.connect(self._transfer)
        panels.call_bar.keypad_wanted.connect(self._keypad)
        panels.member_card.facts.guide_wanted.connect(self._open_guide)
        panels.status_strip.explain_wanted.connect(self._explain)
        panels.status_strip.command_wanted.connect(self.commands.perform)
        return MainWindow(self._theme, parts, self._memory, self._before_closing)

    def _make_orders(self) -> None:
        names = [one.name for one in self._needs.colleagues]
        over = self.overlays = DeskOverlays(
            self.around,
            self.window.below,
            self.presenters,
            self.commands,
            self.shortcuts,
            names,
        )
        self.panels.status_strip.figures_wanted.connect(over.figures.toggle)
        self.panels.work_list.work.open_wanted.connect(lambda: over.work().open())
        self.panels.work_list.work.add_wanted.connect(lambda: over.work().open_to_add())
        panes, shown, panels = self.window.panes, self.presenters, self.panels
        places = Places(
            transfer=self._transfer,
            keypad=self._keypad,
            dial=self._go_dial,
            card=lambda: self._go(self.centre, self.panels.member_card.take_keyboard),
            break_glass=lambda: self._go(self.centre, self.panels.member_card.glass.ask),
            work_list=lambda: self._go(self.panels.work_list, self.panels.work_list.take_keyboard),
            wrap_up=lambda: self._go(self.panels.wrap_up, self.panels.wrap_up.take_keyboard),
            palette=over.palette.toggle,
            shortcuts=over.shortcuts.toggle,
            figures=over.figures.toggle,
            sound=over.sound.toggle,
            work=lambda: over.work().toggle(),
            add_work=lambda: over.work().open_to_add(),
            red_flag=lambda: self._open(shown.red_flag.toggle, panels.red_flag.take_keyboard),
            interpreter=lambda: self._open(
                shown.interpreter.toggle, panels.interpreter.take_keyboard
            ),
            help=lambda: self._open(shown.support.toggle_help, panels.support.take_keyboard),
            aid=self.show_aid,
            next_pane=lambda: panes.cycle(1),
            previous_pane=lambda: panes.cycle(-1),
            compact=self.modes.go_compact,
            dark=self._switch_theme,
        )
        register(self.commands, self.presenters, places)
        self.presenters.guide.perform = self._perform
        self.keys = ShortcutKeys(self._app, self.shortcuts, self.commands)
        self.keys.bind_to(self.window)
        self.shortcuts.subscribe(self._name_keys)
        self._name_keys()

    def _make_toasts(self) -> None:
        self._pops = DeskToasts(
            self.around, self._needs, self.presenters, self.shortcuts, self.window
        )
        self.toasts = self._pops.stack
        self._cold = [
            self.toasts.warm_up,
            self.panels.member_card.warm_up,
            self.panels.wrap_up.warm_up,
        ]
        # done while nothing rings, one after the other, once the window is on the screen
        self._warm = QTimer(self)
        self._warm.setSingleShot(True)
        self._warm.setInterval(WARM_UP_MS)
        self._warm.timeout.connect(self._warm_up)

    # ----------------------------------------------------------------- private

    def _warm_up(self) -> None:
        self._cold.pop(0)()
        if self._cold:
            self._warm.start()

    def _changed(self, change: Change) -> None:
        self._quality.refresh()
        if isinstance(change, ev.TELEMETRY):
            return
        self._bring_forward(change)
        if self.presenters.running:
            self.tick.subscribe(self)
        else:
            self.tick.unsubscribe(self)
        current = self._needs.desk.current
        if current is None or not current.connected:
            self.panels.keypad.hide()

    def _bring_forward(self, change: Change) -> None:
        """On a narrow window: the card with an answer, the wrap-up when the talking is over. A
        call that only rings hides nothing that is being typed."""
        if isinstance(change, ev.CallAnswered):
            self.window.show_pane(self.centre)
        elif isinstance(change, WrapUpStarted) and not self._needs.desk.live:
            self.window.show_pane(self.panels.wrap_up)

    def _quality_now(self) -> Quality:
        current = self._needs.desk.current
        measured = self._needs.desk.quality.get(current.call_id) if current else None
        return quality_of(measured, current)

    def _before_closing(self) -> CloseQuestion | None:
        desk = self._needs.desk
        self.presenters.wrap_up.keep()
        return question_before_closing(len(desk.live), len(desk.wrap_ups))

    def _name_keys(self) -> None:
        name_keys(self.panels, self.shortcuts.keys_of)

    def _open_guide(self, guide: str) -> None:
        self.presenters.guide.open(guide)
        self.show_aid("guide")

    def _perform(self, command: str) -> bool:
        """An order that a guide gives, whose file may name one that there is not."""
        return self.commands.has(command) and self.commands.perform(command)

    def _go(self, pane: QWidget, take: object) -> None:
        self.modes.go_large()
        self.window.show_pane(pane)
        if callable(take):
            take()

    def _go_dial(self) -> None:
        self._go(self.panels.work_list, self.panels.dialler.take_keyboard)

    def _transfer(self) -> None:
        self.modes.go_large()
        self.window.show_pane(self.centre)
        self.panels.keypad.hide()
        self.presenters.consult.toggle()
        if self.presenters.consult.live.state.visible:
            self.panels.consult.take_keyboard()

    def _keypad(self) -> None:
        self.modes.go_large()
        if self.panels.keypad.isVisible():
            self._close_keypad()
            return
        self.window.show_pane(self.centre)
        self.panels.keypad.show()
        self.panels.keypad.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _open(self, toggle: Callable[[], None], take: object) -> None:
        """What opens above the card or over it, with the keyboard."""
        toggle()
        self._go(self.centre, take)

    def _close_keypad(self) -> None:
        self.panels.keypad.hide()

    def _explain(self, key: str, text: str, remedy: str) -> None:
        notice = Notice(level=Level.WARNING, text=text, remedy=remedy)
        self.window.notices.show_notice(key, notice)

    def _make_compact(self) -> CompactBar:
        content = CompactCallBar(self.around, self.presenters.call_bar)
        content.transfer_wanted.connect(self._transfer)
        content.keypad_wanted.connect(self._keypad)
        return CompactBar(self._theme, content, self._memory)

    def _switch_theme(self) -> None:
        dark = self._theme.tokens.dark
        self._theme.set_mode(Mode.LIGHT if dark else Mode.DARK)


def build(
    app: QApplication, theme: Theme, needs: DeskNeeds, memory: LayoutMemory | None = None
) -> DeskWindow:
    """The window of a running desk, not shown yet."""
    return DeskWindow(app, theme, needs, memory)
