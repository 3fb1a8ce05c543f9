"""Everything of the desk but its screen, built and connected.

Runs in: desk process; built on the thread that `deliver` delivers to (Qt main).
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Sequence

from ctidesk.calls import numbers
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.agent_events import LogEvent
from ctidesk.calls.desk import CallDesk
from ctidesk.calls.errors import KnownError
from ctidesk.calls.queue_codes import QueueFollower
from ctidesk.care.outgoing import OutgoingState
from ctidesk.care.pop import ScreenPop
from ctidesk.care.work_rules import WorkPolicy
from ctidesk.config.keys import KeyStore
from ctidesk.config.paths import Profile
from ctidesk.config.settings import Settings
from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.care_orders import SqlCareOrders
from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.crm.fhir.progress import PullState
from ctidesk.crm.journal import SqlCallJournal
from ctidesk.crm.store import StorePhase, StoreState, StoreThread
from ctidesk.crm.work_items import SqlWorkItems
from ctidesk.sip.engine_process import ENGINE_COMMAND
from ctidesk.sip.supervisor import EngineSupervisor
from ctidesk.startup.card_refresh import CardRefresh
from ctidesk.startup.clock import SystemClock
from ctidesk.startup.crm_link import CrmLink, CrmTold
from ctidesk.startup.engine_orders import (
    ACCOUNT_ID,
    account_order,
    audio_order,
    lamps_order,
    queue_codes,
    recording_order,
)
from ctidesk.startup.plumbing import Plumbing
from ctidesk.startup.sound_file import SoundFile

log = logging.getLogger(__name__)

Deliver = Callable[[Callable[[], None]], None]


class Parts:
    """The running desk without a window.

    `start` begins everything and returns at once. Listeners to set before it: `on_recalled(log)`,
    `on_cache(state)`, `on_crm(state)`, `on_sending(state)`, `on_recording_key(problem)` (None:
    they can be signed).
    `engine_words`: further words of the engine's command line.
    """

    def __init__(
        self,
        profile: Profile,
        settings: Settings,
        keys: KeyStore,
        deliver: Deliver,
        engine_words: Sequence[str] = (),
    ) -> None:
        self.profile = profile
        self.settings = settings
        self.keys = keys
        self.clock = SystemClock()
        self.on_recalled: Callable[[Sequence[LogEvent]], None] = _ignore
        self.on_cache: Callable[[StoreState], None] = _ignore
        self.on_crm: Callable[[PullState], None] = _ignore
        self.on_sending: Callable[[OutgoingState], None] = _ignore
        self.on_recording_key: Callable[[KnownError | None], None] = _ignore
        self._deliver = deliver
        self.store = StoreThread(
            SqlCipherCache(profile.database, keys.database_key), deliver, self._cache_changed
        )
        self.directory = SqlMemberDirectory(self.store, settings.data.region)
        told = CrmTold(self._crm_told, self._sending_told, self._fresh)
        self.crm = CrmLink(settings, self.store, deliver, told)
        self.journal = SqlCallJournal(
            self.store,
            self.clock,
            on_queued=self.crm.wake,
            who=settings.agent.name or settings.account.user,
        )
        self.work_items = SqlWorkItems(
            self.store, self.clock, work_policy(settings), on_queued=self.crm.wake
        )
        self.orders = SqlCareOrders(self.store, self.clock, self.crm.sends, self.crm.wake)
        self.supervisor = EngineSupervisor(
            profile.runtime,
            deliver,
            self.clock,
            command=[*ENGINE_COMMAND, *engine_words],
            log_file=profile.logs / "engine.log",
        )
        self.desk = CallDesk(self.clock, self.journal)
        self.actions = DeskActions(
            self.desk,
            self.supervisor,
            self.clock,
            ACCOUNT_ID,
            functools.partial(numbers.dialable, region=settings.data.region),
        )
        self.actions.pause_limit_s = float(settings.recording.pause_seconds)
        self.queue_follower = QueueFollower(
            self.desk, queue_codes(settings), self.actions.dial_code
        )
        self.pop = ScreenPop(self.desk, self.actions, self.directory)
        self.card_refresh = CardRefresh(self.desk, self.pop, self.crm.refresh)
        self.plumbing = Plumbing(
            self.supervisor, self.desk, self.journal, self.clock, self._recalled
        )
        self.sound = SoundFile(
            profile.root / "sound.json", audio_order(settings.audio), self._sound_chosen
        )
        self._device_key: bytes | None = None
        self.can_sign = False
        """Recordings can be signed: the device's key is there."""

    def start_engine(self) -> None:
        """First of all: the engine starts in its own process while the window is built."""
        self._order()
        if self.settings.colleagues.list or self.settings.parking.places:
            self.supervisor.watch(lamps_order(self.settings))
        self.supervisor.start()

    def start_cache(self) -> None:
        self.store.start()
        self.directory.warm_up()
        self.plumbing.load_log()

    def open_cache_again(self) -> None:
        """The key is there now (a choice was made, a passphrase typed)."""
        self.store.open_again()

    def stop(self) -> None:
        """End the desk. Calls go on in the engine, which ends by itself after the last one."""
        self.supervisor.stop(leave_engine=bool(self.desk.live))
        self.crm.stop()
        self.store.close()
        self.keys.drop()

    # ----------------------------------------------------------------- private

    def _order(self) -> None:
        settings, recording = self.settings, None
        # an engine that an earlier desk left behind can sign already and goes on recording until
        # our key is there; only a call that must be recorded may not be answered in between
        if self._device_key is not None or settings.recording.policy != "allowed":
            recording = recording_order(settings, self.profile.spool, self._device_key)
        self.supervisor.configure([account_order(settings.account)], recording, self.sound.order)

    def _sound_chosen(self) -> None:
        self._order()

    def _recalled(self, whole: Sequence[LogEvent]) -> None:
        self.pop.resume()
        self.on_recalled(whole)

    def _cache_changed(self, state: StoreState) -> None:
        if state.phase is StorePhase.FAILED:
            self.plumbing.go_without_log()
            self.on_recording_key(state.problem)
        elif state.phase is StorePhase.OPEN and self._device_key is None:
            self.crm.start()
            threading.Thread(target=self._fetch_device_key, name="device-key", daemon=True).start()
        self.on_cache(state)

    def _crm_told(self, state: PullState) -> None:
        self.on_crm(state)

    def _sending_told(self, state: OutgoingState) -> None:
        self.on_sending(state)

    def _fresh(self, member_id: str) -> None:
        self.pop.reload(member_id)

    def _fetch_device_key(self) -> None:
        """Own thread: the key store may ask its user, and open recordings are closed by reading
        them."""
        try:
            key = self.keys.device_key()
        except KnownError as error:
            problem = error
            self._deliver(lambda: self.on_recording_key(problem))
            return
        self._deliver(lambda: self._device_key_there(key))
        # not at the top: cryptography and libsndfile would keep the window waiting
        from ctidesk.recording.salvage import closed_recordings, seal_orphans

        for recording in seal_orphans(self.profile.spool, key):
            log.info("a recording left open: closed=%s %s", recording.closed, recording.problem)
        found = closed_recordings(self.profile.spool)
        self._deliver(lambda: self.journal.recordings_are(found))

    def _device_key_there(self, key: bytes) -> None:
        self._device_key = key
        self.can_sign = True
        self._order()
        self.on_recording_key(None)


def work_policy(settings: Settings) -> WorkPolicy:
    work = settings.work
    return WorkPolicy(work.tries, work.retry_minutes * 60.0, work.callback_minutes * 60.0)


def _ignore(_: object) -> None:
    """Listener that nobody has set."""
