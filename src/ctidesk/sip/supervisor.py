"""Keeps an engine behind the desk: attaches, starts, configures, replaces it when it is lost.

Runs in: desk process; a supervisor thread of its own for all that waits, the desk's own thread
(Qt main) for everything that listeners see.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from ctidesk.calls.call import Call
from ctidesk.calls.commands import (
    Command,
    ConfigureAccount,
    ConfigureAudio,
    ConfigureRecording,
    RemoveAccount,
    ShutDown,
    WatchLamps,
)
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import DeskEvent, EngineEvent, EngineLost
from ctidesk.calls.ports import Clock, Done
from ctidesk.sip.attachment import Timing
from ctidesk.sip.channel_errors import SilentEngine
from ctidesk.sip.client import Deliver, EngineClient, First, nobody
from ctidesk.sip.engine_process import ENGINE_COMMAND, EngineProcess, cannot_start
from ctidesk.sip.protocol import Snapshot
from ctidesk.sip.reclaim import Reclaims

log = logging.getLogger(__name__)

BACK_OFF_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0)
START_S = 10.0
"""How long a new engine may take until it accepts us (it needs about 0.1 s)."""
RECLAIM_S = 5.0
ABANDON_S = 10.0
"""Without any engine for so long, calls are over for the desk."""
SETTLED_S = 10.0
"""An engine that lived for so long and is lost is replaced without any back-off."""


class EngineSupervisor:
    """Implements `calls.ports.Telephony` over whichever engine is there. The listeners are those
    of `EngineClient`; set them before `start`. `on_refused` tells of configuration that the
    engine did not take."""

    def __init__(
        self,
        runtime: Path,
        deliver: Deliver,
        clock: Clock,
        *,
        command: Sequence[str] = ENGINE_COMMAND,
        log_file: Path | None = None,
        timing: Timing | None = None,
    ) -> None:
        self.on_event: Callable[[DeskEvent, int], None] = nobody
        self.on_missed: Callable[[Sequence[EngineEvent]], None] = nobody
        self.on_snapshot: Callable[[Snapshot], None] = nobody
        self.on_refused: Callable[[Command, KnownError], None] = nobody
        self._deliver = deliver
        self._clock = clock
        self._client = EngineClient(runtime, deliver, clock, timing)
        self._reclaims = Reclaims(self._client, self._client.mint, clock)
        self._process = EngineProcess(runtime, command, log_file)
        self._lock = threading.Lock()
        self._accounts: dict[str, ConfigureAccount] = {}
        self._recording: ConfigureRecording | None = None
        self._lamps: WatchLamps | None = None
        self._audio: ConfigureAudio | None = None
        self._wishes = 0
        """Counts the changes of what engines are told."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lost_said = False
        self._listen()

    # --- desk thread ---

    def start(self) -> None:
        """Begin to attach or start an engine; returns at once."""
        self._thread = threading.Thread(target=self._run, name="engine-supervisor", daemon=True)
        self._thread.start()

    def configure(
        self,
        accounts: Sequence[ConfigureAccount],
        recording: ConfigureRecording | None = None,
        audio: ConfigureAudio | None = None,
    ) -> None:
        """What every engine is told, now and after each restart. Replaces the former set."""
        with self._lock:
            before = set(self._accounts)
            self._accounts = {account.account_id: account for account in accounts}
            self._recording = recording
            self._audio = audio
            self._wishes += 1
        if not self._client.gone.is_set():
            self._tell(before)  # else the next engine is told when it is there

    def watch(self, lamps: WatchLamps) -> None:
        """The lamps that every engine watches, now and after each restart."""
        with self._lock:
            self._lamps = lamps
            self._wishes += 1
        if not self._client.gone.is_set():
            self._client.send(lamps, functools.partial(self._refused, lamps))

    def send(self, command: Command, done: Done[None] | None = None) -> None:
        self._client.send(command, done)

    def calls(self) -> Sequence[Call]:
        return self._client.calls()

    def acknowledge(self, seq: int) -> None:
        self._client.acknowledge(seq)

    def stop(self, leave_engine: bool, timeout_s: float = 5.0) -> None:
        """Detach, and end the engine unless `leave_engine` (it then ends by itself after its
        last call). Waits at most about `timeout_s` for each of answer, thread and process."""
        self._stopping.set()
        told = not leave_engine and self._client.last_word(ShutDown(when_idle=False), timeout_s)
        self._client.gone.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._client.close()
        if leave_engine:
            self._process.reap()
        else:
            self._process.end(timeout_s if told else 0.0)

    def _tell(self, before: Collection[str]) -> None:
        """All wishes, to an engine that has the accounts `before`."""
        with self._lock:
            gone = set(before) - set(self._accounts)
        for account_id in gone:
            self._client.send(RemoveAccount(account_id=account_id))
        for command, done in self._configuration():
            self._client.send(command, done)

    def _tell_what_changed(self, wishes: int, accounts: Collection[str]) -> None:
        """An engine was told the wishes of that count while it was attached. Whoever changed them
        meanwhile met no engine yet."""
        if wishes != self._wishes and not self._client.gone.is_set():
            self._tell(accounts)

    def _listen(self) -> None:
        client = self._client
        client.translate = self._reclaims.translate
        client.on_orphans = self._reclaims.begin
        client.on_lost = self._say_lost
        client.on_event = self._event
        client.on_missed = self._missed
        client.on_snapshot = self._snapshot

    def _event(self, event: DeskEvent, seq: int) -> None:
        self.on_event(event, seq)

    def _missed(self, events: Sequence[EngineEvent]) -> None:
        self.on_missed(events)

    def _snapshot(self, snapshot: Snapshot) -> None:
        self._lost_said = False
        self._reclaims.new_snapshot(snapshot.registrations)
        self.on_snapshot(snapshot)

    def _say_lost(self, reason: str) -> None:
        if self._lost_said or self._stopping.is_set():
            return
        self._lost_said = True
        log.warning("the engine is lost: %s", reason)
        self._client.mint(
            EngineLost(t_mono=self._clock.mono(), t_wall=self._clock.wall(), reason=reason)
        )

    def _refused(self, command: Command, answer: KnownError | None) -> None:
        if answer is not None and answer.code != "engine_lost":
            log.warning("%s was refused: %s", type(command).__name__, answer.code)
            self.on_refused(command, answer)

    # --- supervisor thread ---

    def _run(self) -> None:
        failures = short_lives = 0
        since = time.monotonic()
        while not self._stopping.wait(_back_off(failures + max(0, short_lives - 1))):
            try:
                self._bring_up()
            except KnownError as error:
                failures += 1
                self._failed(error.code, since)
                continue
            failures = 0
            began = time.monotonic()
            self._watch()
            since = time.monotonic()
            short_lives = 0 if since - began >= SETTLED_S else short_lives + 1

    def _bring_up(self) -> None:
        try:
            self._open()
        except SilentEngine as stuck:
            log.warning("the engine is stuck and is replaced")
            self._process.kill(stuck.pid)
        except KnownError as error:
            if error.code != "engine_absent":
                raise
        else:
            return
        self._process.start()
        self._attach_to_new()

    def _attach_to_new(self) -> None:
        deadline = time.monotonic() + START_S
        while not self._stopping.wait(0.005):
            try:
                self._open()
                return
            except KnownError as error:
                # its key may be rewritten between our look at the key and at the socket
                if error.code not in ("engine_absent", "engine_key"):
                    raise
            if not self._process.running() or time.monotonic() > deadline:
                self._process.end(0.0)
                raise cannot_start()

    def _open(self) -> None:
        with self._lock:
            wishes, accounts = self._wishes, tuple(self._accounts)
        self._client.open(self._configuration())
        self._deliver(lambda: self._tell_what_changed(wishes, accounts))

    def _failed(self, code: str, since: float) -> None:
        self._deliver(lambda: self._say_lost(code))
        if time.monotonic() - since > ABANDON_S:
            self._deliver(self._reclaims.abandon)

    def _watch(self) -> None:
        if not self._client.gone.wait(RECLAIM_S):
            self._deliver(self._reclaims.give_up)
            self._client.gone.wait()

    def _configuration(self) -> list[First]:
        with self._lock:
            commands: list[Command] = list(self._accounts.values())
            if self._recording is not None:
                commands.append(self._recording)
            if self._lamps is not None:
                commands.append(self._lamps)
            if self._audio is not None:
                commands.append(self._audio)
        return [(command, functools.partial(self._refused, command)) for command in commands]


def _back_off(failures: int) -> float:
    return BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
