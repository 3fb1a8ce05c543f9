"""The desk with its window: the parts, the panels, and what each tells the other.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

import functools
import gc
import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from ctidesk.calls import numbers
from ctidesk.calls.agent_events import LogEvent
from ctidesk.calls.errors import KnownError
from ctidesk.calls.links import is_link
from ctidesk.care.outgoing import OutgoingState
from ctidesk.config.keys import KeyStore
from ctidesk.config.paths import Profile, resources
from ctidesk.config.settings import Settings
from ctidesk.crm.fhir.progress import PullState
from ctidesk.crm.store import StorePhase, StoreState
from ctidesk.startup import guides_link
from ctidesk.startup.crm_link import crm_indicator
from ctidesk.startup.desk_needs import desk_needs, time_of_day
from ctidesk.startup.guides_link import GuidesLink
from ctidesk.startup.indicators import cache_indicator, recording_indicator
from ctidesk.startup.instance import TOKEN_CHANGED
from ctidesk.startup.knowledge_link import NOTICE as KNOWLEDGE, KnowledgeLink, Outcome, trouble_of
from ctidesk.startup.layout_file import LayoutFile
from ctidesk.startup.parts import Parts
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.qt_bridge import QtBridge
from ctidesk.ui.theme.theme import Mode, Theme
from ctidesk.ui.widgets.focus_ring import FocusRings

if TYPE_CHECKING:
    from ctidesk.startup.data_screens import DataScreens
    from ctidesk.startup.members_file import FileOutcome
    from ctidesk.startup.web_api import WebApiLink

log = logging.getLogger(__name__)


class RunningDesk:
    """Everything of one desk. Made on Qt main; `start` shows the window, `stop` ends it."""

    def __init__(
        self,
        app: QApplication,
        profile: Profile,
        settings: Settings,
        keys: KeyStore,
        theme: str = "",
        engine_words: Sequence[str] = (),
    ) -> None:
        self.app = app
        self.settings = settings
        # the store answers a look-up while this thread paints: it must not wait 5 ms for its turn
        sys.setswitchinterval(0.0005)
        # every list asks for the same few numbers again at each event
        self.shown = functools.lru_cache(maxsize=1024)(functools.partial(_shown, settings))
        """A number as the screen shows it, "" for what is none."""
        self.bridge = QtBridge(on_error=report_bug)
        self.parts = Parts(profile, settings, keys, self.bridge.deliver, engine_words)
        self.parts.start_engine()
        self.theme = Theme(resources(), Mode(theme or settings.appearance.theme))
        self.theme.apply(app)
        self._logged_out = False
        needs, troubles = desk_needs(self.parts, settings, self.shown)
        self.statistics = needs.statistics
        self._data: DataScreens | None = None
        self._web_api: WebApiLink | None = None
        # before the window connects itself: it is gone after that, and what changes is shown
        app.aboutToQuit.connect(self._log_out)
        with self.theme.building():
            self.window = DeskWindow(
                app, self.theme, needs, LayoutFile(profile.root / "layout.json")
            )
        self._knowledge = KnowledgeLink(
            self.parts.store, settings.care.knowledge, self._knowledge_taken
        )
        self._guides = GuidesLink(
            needs.guides,
            settings.care.guides,
            settings.agent.language,
            self.bridge.deliver,
            self._guides_taken,
        )
        for command in (self._knowledge.command(), self._guides.command()):
            self.window.commands.register(command)
        for key, problem in troubles:
            self.window.tell(problem, key)
        self._rings = FocusRings(app, self.theme)
        # a hidden window (compact bar) and a pop that closes are not the end of the desk
        app.setQuitOnLastWindowClosed(False)
        self.window.window.closed.connect(app.quit)
        self.parts.on_recalled = self._recalled
        self.parts.on_cache = self._cache_changed
        self.parts.on_crm = self._crm_changed
        self.parts.on_sending = self._sending_changed
        self.parts.on_recording_key = self._recording_key_changed
        self._recording_key_changed(None)
        self._cache_changed(StoreState(StorePhase.OPENING))

    def start(self) -> None:
        """Show the window; the cache opens behind it."""
        self.window.show()
        self.app.processEvents()
        # after the window is on the screen: nobody waits for these
        from ctidesk.startup.data_screens import DataScreens, Places

        self._data = DataScreens(
            Places(
                self.theme,
                self.window.window,
                self.window.centre,
                self.window.commands,
                self.window.around,
                self._verified_member,
            ),
            self.parts,
            self.bridge.deliver,
        )
        correct = self.window.panels.member_card.correct
        correct.clicked.connect(lambda: self.window.commands.perform("card.correct"))
        self.parts.start_cache()
        self._guides.start()
        if self.settings.web_api.enabled:
            self._serve_web_crms()

    @property
    def members_file(self) -> FileOutcome | None:
        """What came of the settings' file of members, None until then."""
        return None if self._data is None else self._data.file_taken

    def raise_window(self) -> None:
        """A second start asked for it: the one moment when the window may take the keyboard."""
        window = self.window.window
        window.show()
        window.raise_()
        window.activateWindow()

    def message(self, text: str) -> None:
        """What a later start or a command hands over: a link prefills the dialler, all else but
        the news of a token raises."""
        if text == TOKEN_CHANGED:
            if self._web_api is not None:
                self._web_api.token_changed()
            return
        self.raise_window()
        if is_link(text):
            self.window.prefill(text)

    def stop(self) -> None:
        """End the desk; calls and their recordings go on in their own processes."""
        self._log_out()
        if self._web_api is not None:
            self._web_api.stop()
        if self._data is not None:
            self._data.stop()
        self._knowledge.stop()
        self._guides.stop()
        self.window.close()
        self.parts.stop()
        self.bridge.close()

    # ----------------------------------------------------------------- private

    def _serve_web_crms(self) -> None:
        from ctidesk.startup.web_api import WebApiLink

        self._web_api = WebApiLink(self.parts, self.window, self.bridge.deliver, self.raise_window)
        self._web_api.start()

    def _log_out(self) -> None:
        """Once, at the end; an agent with a call or an open wrap-up stays where she is."""
        if self._logged_out:
            return
        self._logged_out = True
        if not self.parts.desk.live and not self.parts.desk.wrap_ups:
            self.parts.actions.log_out()

    def _verified_member(self) -> tuple[str, str]:
        state = self.window.presenters.member_card.live.state
        return state.correctable, state.name if state.correctable else ""

    def _recalled(self, whole: Sequence[LogEvent]) -> None:
        self.window.take_log(whole)

    def _cache_changed(self, state: StoreState) -> None:
        self.window.set_cache(cache_indicator(state))
        self.window.untell("cache")
        asked = False
        if self._data is not None:
            self._data.cache_changed(state)
            asked = self._data.asks_about(state.problem)
        if state.problem is not None and not asked:
            self.window.tell(state.problem, "cache")
        self._knowledge.cache_changed(state)
        if state.phase is StorePhase.OPEN:
            self.window.restore()
            # what is loaded now stays: a collection in the middle of a call would look through
            # all of it while the caller's card waits
            gc.freeze()

    def _crm_changed(self, state: PullState) -> None:
        indicator = crm_indicator(state, self.settings.crm.name, time_of_day)
        self.window.set_crm(indicator)
        if self._data is not None:
            found = [problem for _, problem in state.troubles]
            if state.problem is not None and state.problem not in found:
                found.insert(0, state.problem)
            self._data.sync.read(f"{indicator.word}. {indicator.tip}".strip(), found)

    def _sending_changed(self, state: OutgoingState) -> None:
        self.window.presenters.status.set_sending(state)
        if self._data is not None:
            self._data.sync.told(state)

    def _knowledge_taken(self, outcome: Outcome) -> None:
        self.window.presenters.knowledge.reread()
        self.window.untell(KNOWLEDGE)
        trouble = trouble_of(outcome)
        if trouble is not None:
            self.window.tell(trouble, KNOWLEDGE)

    def _guides_taken(self, problems: Sequence[KnownError]) -> None:
        self.window.untell(guides_link.NOTICE)
        trouble = guides_link.trouble_of(problems)
        if trouble is not None:
            self.window.tell(trouble, guides_link.NOTICE)

    def _recording_key_changed(self, problem: KnownError | None) -> None:
        indicator = recording_indicator(self.settings, problem, self.parts.can_sign)
        self.window.set_recording_key(indicator)


def _shown(settings: Settings, raw: str) -> str:
    return numbers.normalise(raw, settings.data.region).shown


def report_bug(error: Exception) -> None:
    """A mistake of ours in a function that a thread delivered: it goes to the log."""
    log.error("a delivered function failed", exc_info=error)
