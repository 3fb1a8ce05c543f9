"""The engine put together: one endpoint, one desk, heartbeat, quality, and its own end.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import gc
import logging
import os
import secrets
import time
from pathlib import Path
from typing import Any, NamedTuple

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase
from ctidesk.calls.codec import MalformedMessage, from_plain, to_plain
from ctidesk.calls.errors import KnownError
from ctidesk.sip.engine.accounts import Accounts
from ctidesk.sip.engine.alsa_config import AlsaConfig
from ctidesk.sip.engine.audience import audible
from ctidesk.sip.engine.bridge import KNOCK, MIC, SILENCE, SPEAKER, Bridge
from ctidesk.sip.engine.codes import Codes
from ctidesk.sip.engine.dispatch import Dispatch
from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.journal import Journal
from ctidesk.sip.engine.lamps import Lamps
from ctidesk.sip.engine.leg import Leg
from ctidesk.sip.engine.limits import AttackWatch
from ctidesk.sip.engine.measuring import Measuring
from ctidesk.sip.engine.memory import give_back_memory
from ctidesk.sip.engine.outside import Outside
from ctidesk.sip.engine.recording import Recording
from ctidesk.sip.engine.server import DeskLine, DeskServer
from ctidesk.sip.engine.sounding import Sounding
from ctidesk.sip.engine.switchboard import Switchboard
from ctidesk.sip.protocol import (
    HEARTBEAT_S,
    VERSION,
    Attach,
    Envelope,
    Heartbeat,
    Hello,
    Kind,
    Refusal,
    command_of,
)

log = logging.getLogger("ctidesk.engine")

UNREGISTER_S = 1.0
COLLECT_S = 2.0
"""Between calls it costs a fifth of a millisecond."""
KEEP_S = 12 * 3600.0
"""How long what happened to calls is kept for a desk that does not come: longer than any shift."""


class EngineSettings(NamedTuple):
    """`grace_s`: how long it lives on without desk and calls; None = for ever."""

    runtime: Path
    grace_s: float | None = 15.0
    mic_file: str = ""
    recorder: str = "ctidesk.recording.recorder"


class Engine:
    """Build it on the thread that runs the loop; `run` returns when the engine has to end."""

    def __init__(self, settings: EngineSettings, endpoint: SipEndpoint) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._id = secrets.token_hex(16)
        self._desk: DeskLine | None = None
        self._attached = False
        self._ending_when_idle = False
        self._over = False
        self._attacks = AttackWatch()
        self._quiet_since = self._collected = time.monotonic()
        self._server = DeskServer(
            settings.runtime,
            connected=lambda line: endpoint.post(lambda: self._connected(line)),
            received=lambda line, envelope: endpoint.post(lambda: self._received(line, envelope)),
            closed=lambda line: endpoint.post(lambda: self._closed(line)),
        )

    def claim(self) -> None:
        """Take the runtime folder before the library starts; raises `KnownError`."""
        self._server.claim()

    def start(self) -> None:
        """Endpoint up, socket open: ready for a desk."""
        endpoint = self._endpoint
        # before the library starts: it lists the sound devices then, and only then
        config = AlsaConfig(self._settings.runtime)
        config.prepare()
        endpoint.start()
        endpoint.guard.install()
        bridge = Bridge()
        self._journal = Journal(self._send_event)
        recording = Recording(endpoint, bridge, self._settings.runtime, self._settings.recorder)
        self._board = Switchboard(endpoint, self._journal, bridge, recording)
        self._board.taking_calls = lambda: self._attached or not self._grace_over()
        self._board.on_offered = self._offered
        recording.emit = self._board.emit
        self._recording = recording
        self._accounts = Accounts(endpoint, self._invited, self._journal_registration)
        self._accounts.in_use = self._board.busy
        self._lamps = Lamps(endpoint, self._accounts, self._journal.record)
        codes = Codes(endpoint, self._journal.record)
        self._sound = Sounding(endpoint, config, self._settings.runtime, self._journal)
        self._sound.calls = lambda: audible(self._board)
        self._board.on_audio = self._sound.follow_soon
        self._dispatch = Dispatch(self._board, self._accounts, self._lamps, codes, self._sound)
        self._outside = Outside(endpoint, self._accounts, self._board)
        bridge.attach(SPEAKER, endpoint.speaker)
        bridge.attach(SILENCE, endpoint.silence())
        knock = endpoint.knock()
        bridge.attach(KNOCK, knock)
        self._sound.desk.on_ring_gain = knock.adjustTxLevel
        mic = self._settings.mic_file
        bridge.attach(MIC, endpoint.player(mic) if mic else endpoint.mic)
        real = endpoint.has_sound and not endpoint.settings.null_audio
        self._measuring = Measuring(self._board, bridge, has_mic=bool(mic) or real)
        self._sound.start()
        self._server.open()
        self._outside.start()
        endpoint.call_later(HEARTBEAT_S, self._beat)
        # what is there now stays: a collection has only what came later to look at
        gc.freeze()

    def run(self) -> None:
        """Turn until it is time to end, then unregister."""
        self._endpoint.loop.run(until=lambda: self._over)
        self._sound.stop()
        self._server.remove()
        for leg in list(self._board.legs.values()):
            self._board.hang_up(leg)
        self._lamps.release()
        pending = [line for line in self._accounts.lines() if line.unregister()]
        until = time.monotonic() + UNREGISTER_S
        while time.monotonic() < until and (
            self._board.legs or any(line.state is not ev.Registration.OFFLINE for line in pending)
        ):
            self._endpoint.loop.turn(20)

    def end(self) -> None:
        """End soon, whatever is going on. Any thread, also a signal handler."""
        self._over = True

    # -- the desk ---------------------------------------------------------------------------------
    def _connected(self, line: DeskLine) -> None:
        hello = Hello(
            engine_id=self._id,
            pid=os.getpid(),
            build=self._endpoint.build,
            has_sound=self._endpoint.has_sound,
            codecs=self._endpoint.codec_ids(),
            max_calls=self._endpoint.settings.max_calls,
        )
        line.send(_envelope(Kind.EVENT, "Hello", to_plain(hello)))

    def _received(self, line: DeskLine, envelope: Envelope) -> None:
        if envelope.kind is not Kind.COMMAND:
            log.warning("not a command, ignored")
            return
        if envelope.name == "Attach":
            self._attach(line, envelope)
            return
        if line is not self._desk:
            self._reply(
                line,
                envelope,
                Refusal(
                    code="not_attached",
                    text="Another desk uses this telephone engine now.",
                    remedy="Close the other desk.",
                ),
            )
            return
        try:
            self._obey(command_of(envelope.name, envelope.body))
            refusal = Refusal()
        except MalformedMessage as fault:
            log.warning("malformed command ignored: %s", fault)
            refusal = Refusal(
                code="malformed",
                text="The telephone engine did not understand the desk.",
                remedy="Update the program; desk and engine do not fit each other.",
            )
        except KnownError as known:
            refusal = Refusal(code=known.code, text=known.text, remedy=known.remedy)
        self._reply(line, envelope, refusal)

    def _obey(self, command: cmd.Command) -> None:
        if isinstance(command, cmd.AcknowledgeEvents):
            self._journal.acknowledge(command.seq)
        elif isinstance(command, cmd.ShutDown):
            self._ending_when_idle = True
            if not command.when_idle:
                self._endpoint.call_later(0.05, self.end)
        else:
            self._dispatch.carry_out(command)

    def _attach(self, line: DeskLine, envelope: Envelope) -> None:
        try:
            attach = from_plain(Attach, envelope.body)
        except MalformedMessage:
            attach = Attach(version=0)
        if attach.version != VERSION:
            refusal = Refusal(
                code="version_mismatch",
                text="The desk and its telephone engine are of different versions.",
                remedy="Close the program, wait for calls to end, and start it again.",
            )
            self._reply(line, envelope, refusal)
            return
        if self._desk is not None and self._desk is not line:
            self._desk.close()
        self._desk = line
        self._attached = True
        snapshot = to_plain(self._journal.snapshot(self._id))
        line.send(_envelope(Kind.REPLY, "Snapshot", snapshot, token=envelope.token))

    def _closed(self, line: DeskLine) -> None:
        if line is self._desk:
            self._desk = None
            self._attached = False
            self._sound.test.end()
            self._quiet_since = time.monotonic()
            grace_s = self._settings.grace_s
            if grace_s is not None:
                self._endpoint.call_later(grace_s, self._decline_unanswerable)

    def _reply(self, line: DeskLine, command: Envelope, refusal: Refusal) -> None:
        line.send(_envelope(Kind.REPLY, "Refusal", to_plain(refusal), token=command.token))

    def _send_event(self, event: ev.EngineEvent, seq: int) -> None:
        if self._desk is None:
            return
        call_id = event.call_id if isinstance(event, ev.CallEvent) else ""
        kind = Kind.TELEMETRY if isinstance(event, ev.TELEMETRY) else Kind.EVENT
        name = type(event).__name__
        self._desk.send(_envelope(kind, name, to_plain(event), seq=seq, call_id=call_id))

    # -- what happens by itself -------------------------------------------------------------------
    def _invited(self, account: Any, seen: Any) -> None:
        self._board.invited(account, seen)

    def _journal_registration(self, event: ev.RegistrationChanged) -> None:
        self._journal.record(event)
        self._lamps.registration(event)

    def _offered(self, leg: Leg) -> None:
        if self._attached or self._settings.grace_s is None:
            return
        left_s = max(0.0, self._quiet_since + self._settings.grace_s - time.monotonic())
        self._endpoint.call_later(left_s, self._decline_unanswerable)

    def _decline_unanswerable(self) -> None:
        """Nobody came back to answer what rings."""
        if self._attached or not self._grace_over():
            return
        for leg in list(self._board.legs.values()):
            call = self._board.call(leg)
            if call is not None and call.phase is Phase.OFFERED and not leg.ending_here:
                self._board.hang_up(leg, 480)

    def _grace_over(self) -> bool:
        grace_s = self._settings.grace_s
        return grace_s is not None and time.monotonic() >= self._quiet_since + grace_s

    def _beat(self) -> None:
        self._endpoint.call_later(HEARTBEAT_S, self._beat)
        self._outside.beat()
        now = time.monotonic()
        if self._desk is not None:
            body = to_plain(Heartbeat(t_mono=now))
            self._desk.send(_envelope(Kind.TELEMETRY, "Heartbeat", body))
        self._measuring.look(now)
        self._dispatch.settle()
        self._watch_for_attacks(now)
        live = self._journal.live_calls()
        if any(call.phase is not Phase.OFFERED for call in live):
            # the grace time counts anew from the end of the last conversation
            self._quiet_since = now
        if not self._board.legs and now >= self._collected + COLLECT_S:
            self._collect()
            self._collected = now
        idle = not self._board.legs and not live
        if idle and self._ending_when_idle:
            self.end()
        elif idle and not self._attached and self._grace_over():
            self._nobody_came()

    def _nobody_came(self) -> None:
        """End; but what no desk has stored yet is kept, deaf to calls, for the next one."""
        if not self._journal.keeps_calls or time.monotonic() > self._quiet_since + KEEP_S:
            self.end()
            return
        self._lamps.release()
        for line in self._accounts.lines():
            self._accounts.remove(line.config.account_id)

    def _watch_for_attacks(self, now: float) -> None:
        count = self._attacks.look(self._endpoint.guard.turned_away(), now)
        if count is not None:
            log.warning("requests turned away in the last minute: %d", count)
            self._journal.record(ev.RequestsRefused(t_mono=now, t_wall=time.time(), count=count))

    def _collect(self) -> None:
        """The cyclic collector is off; it may only run here, and only between calls."""
        gc.collect()
        give_back_memory()


def _envelope(kind: Kind, name: str, body: dict[str, Any], **more: Any) -> Envelope:
    return Envelope(kind=kind, name=name, t_mono=time.monotonic(), body=body, **more)
