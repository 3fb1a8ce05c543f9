"""All legs of the engine and what their native calls tell: the place where events are minted.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pjsua2 as pj

from ctidesk.calls import events as ev
from ctidesk.calls.call import Call, Direction, Phase, RemoteParty
from ctidesk.calls.text import plain
from ctidesk.sip.engine.account_line import AccountLine
from ctidesk.sip.engine.audience import rivals, voices
from ctidesk.sip.engine.bridge import Bridge, call_port, wanted_edges
from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.holding import Holding
from ctidesk.sip.engine.identity import Headers, remote_party, routing
from ctidesk.sip.engine.journal import Journal
from ctidesk.sip.engine.leg import Leg
from ctidesk.sip.engine.limits import Outcome
from ctidesk.sip.engine.liveness import Liveness
from ctidesk.sip.engine.native import (
    CallSeen,
    MediaStatus,
    NativeCall,
    State,
    TransactionSeen,
)
from ctidesk.sip.engine.native_account import InviteSeen
from ctidesk.sip.engine.recording import Recording

SILENT_DIAL_S = 8.0
"""No answer at all to an INVITE: nobody is there (pjsip itself would wait for 32 s)."""
SILENT_BYE_S = 3.0
"""A peer that doesn't answer our BYE: the call is over for the agent all the same."""
RING_S = 300.0
"""A caller who vanished without CANCEL must not ring, and hold a line, for ever."""
MAX_DIGITS = 256

LegHook = Callable[[Leg], None]


class Switchboard:
    """Owner of all legs. Features (transfers, consultations) hook in by `on_leg_changed`,
    `on_leg_ended`, `on_transfer`."""

    def __init__(
        self, endpoint: SipEndpoint, journal: Journal, bridge: Bridge, recording: Recording
    ) -> None:
        self.endpoint = endpoint
        self.journal = journal
        self.bridge = bridge
        self.recording = recording
        self.holding = Holding(self)
        self.liveness = Liveness(self)
        self.legs: dict[str, Leg] = {}
        self.taking_calls: Callable[[], bool] = lambda: True
        """False: nobody is there to answer, new calls get 480."""
        self.on_offered: LegHook = lambda _leg: None
        self.on_audio: Callable[[], None] = lambda: None
        """What calls need of the sound may have changed. Also within native callbacks."""
        self.on_leg_ended: LegHook = lambda _leg: None
        self.on_parting: LegHook = lambda _leg: None
        """The leg leaves whatever conference it is in."""
        self.on_transfer: Callable[[Leg, int, str, bool], None] = lambda *_: None
        self._parked: set[Leg] = set()

    # -- asked by the features --------------------------------------------------------------------
    def call(self, leg: Leg) -> Call | None:
        """The call's value, None once it is over or not yet told."""
        call = self.journal.call(leg.call_id)
        return None if call is None or call.ended else call

    def emit(self, kind: Callable[..., Any], leg: Leg, **fields: Any) -> None:
        """Mint an event of `leg` now; then the audio follows the new state."""
        event = kind(call_id=leg.call_id, t_mono=time.monotonic(), t_wall=time.time(), **fields)
        if self.journal.record(event) and not isinstance(event, ev.TELEMETRY):
            self.update_audio()

    def update_audio(self) -> None:
        """Bring the bridge to what the calls' states demand."""
        self.bridge.reconcile(wanted_edges(voices(self)))
        self.on_audio()

    def make_way(self, leg: Leg) -> None:
        """`leg` is about to talk: nobody else hears the agent from now on. Also within native
        callbacks."""
        for other in rivals(self, leg):
            # after an engine's death the desk itself knows which of its calls were on hold
            if not (leg.reclaiming and other.reclaiming):
                self.on_parting(other)
                self.holding.hold_soon(other)

    def room(self) -> bool:
        """Whether the library can take another call."""
        return len(self.legs) + len(self._parked) < self.endpoint.settings.max_calls

    def busy(self, account_id: str) -> bool:
        legs = [*self.legs.values(), *self._parked]
        return any(leg.account.config.account_id == account_id for leg in legs)

    def dial(
        self,
        leg: Leg,
        uri: str,
        remote: RemoteParty,
        consult_of: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Send the INVITE of a new leg; what fails ends the call with an event."""
        self.legs[leg.call_id] = leg
        leg.shown = True
        self.emit(
            ev.CallDialled,
            leg,
            account_id=leg.account.config.account_id,
            remote=remote,
            consult_of=consult_of,
        )
        leg.silence = self.endpoint.call_later(SILENT_DIAL_S, lambda: self._unanswered(leg))
        self.invite(leg, uri, headers)

    def invite(self, leg: Leg, uri: str, headers: dict[str, str] | None) -> None:
        """Send an INVITE of a leg that the desk knows already."""
        if self.call(leg) is None:
            return
        try:
            leg.native = NativeCall(leg.account.native, leg)
            leg.native.invite(uri, headers)
        except pj.Error:
            self.finish(leg, 503, "Not Sent", "failure")

    def hang_up(self, leg: Leg, code: int = 0) -> None:
        """End the leg by BYE, CANCEL or a final response; at the latest after `SILENT_BYE_S`."""
        if leg.native is None:
            self.finish(leg, 487, "Cancelled", "local")
            return
        leg.ending_here = True
        leg.stop_timers()
        self.update_audio()
        leg.silence = self.endpoint.call_later(SILENT_BYE_S, lambda: self._unconfirmed_end(leg))
        try:
            leg.native.end(code)
        except pj.Error:
            self.finish(leg, code or 487, "Ended", "local")

    def lose(self, leg: Leg, reason: str) -> None:
        """The other end has forgotten the call or cannot be reached: it is over for the desk."""
        if leg.call_id in self.legs:
            self._park(leg, 481, reason, "failure")

    def finish(self, leg: Leg, code: int, reason: str, by: str) -> None:
        """The call is over: tell it once, free everything that belonged to it."""
        if self.legs.pop(leg.call_id, None) is None:
            self._parked.discard(leg)
            leg.native = None
            return
        leg.stop_timers()
        if leg.shown:
            text = plain(reason)
            line = leg.line.record()
            self.emit(ev.CallEnded, leg, code=code, reason=text, by=by, mos=leg.mos, line=line)
        self.bridge.detach(call_port(leg.call_id))
        self.recording.end(leg)
        self.holding.ended(leg)
        self.on_leg_ended(leg)
        if leg.then is not None:
            self.endpoint.post(leg.then)
        self.update_audio()
        # dropping a call whose native slot was used again would hang up the new call
        leg.native = None

    # -- told by the accounts ---------------------------------------------------------------------
    def invited(self, account: AccountLine, seen: InviteSeen) -> None:
        """Within a native callback: keep the call, answer it in the next turn."""
        leg = Leg(secrets.token_hex(16), account, self)
        leg.native = NativeCall(account.native, leg, seen.native_id)
        self.legs[leg.call_id] = leg
        self.endpoint.post(lambda: self._offer(leg, seen))

    def _offer(self, leg: Leg, seen: InviteSeen) -> None:
        if leg.native is None:
            return  # cancelled before we could say anything
        accepts = leg.account.trust.accepts(seen.source)
        if self.endpoint.guard.judge_invite(seen.source, accepts) is not Outcome.ACCEPTED:
            self.hang_up(leg, 503 if accepts else 403)
            return
        # before any thought about desks or screens: signalling never waits for them
        leg.native.respond(180)
        headers = Headers(seen.message)
        trusted = leg.account.trust.believes(seen.source)
        leg.shown = True
        self.emit(
            ev.CallOffered,
            leg,
            account_id=leg.account.config.account_id,
            remote=remote_party(headers, trusted),
            routing=routing(headers, trusted, leg.account.config),
            t_invite_mono=leg.invited_mono,
        )
        leg.ringing = self.endpoint.call_later(RING_S, lambda: self._rung_out(leg))
        if not self.taking_calls():
            self.hang_up(leg, 480)
            return
        self.on_offered(leg)

    # -- told by the legs -------------------------------------------------------------------------
    def leg_state(self, leg: Leg, seen: CallSeen) -> None:
        if seen.state is State.DISCONNECTED:
            if seen.code == 404 and leg.second_way is not None and not leg.ending_here:
                again, leg.second_way, leg.native = leg.second_way, None, None
                self.endpoint.post(again)
                return
            # a CANCEL of the caller comes as our own 487
            remote = seen.from_network or seen.code == 487
            by = "local" if leg.ending_here else "remote" if remote else "failure"
            self.finish(leg, seen.code, seen.reason, by)
            return
        call = self.call(leg)
        if call is None:
            return
        if leg.silence is not None and not leg.ending_here and seen.code >= 180:
            leg.silence.cancel()
        if seen.state is State.EARLY and call.direction is Direction.OUTBOUND:
            self._rang(leg, call, seen.code)
        elif seen.state is State.CONFIRMED and not call.connected:
            if not leg.ending_here:
                self.make_way(leg)
            self.emit(ev.CallAnswered, leg, dialog=leg.dialog())
            self._media_follows(leg)

    def leg_media(self, leg: Leg) -> None:
        call = self.call(leg)
        if call is None or leg.native is None:
            return
        if leg.media_runs:
            try:
                audio = leg.native.getAudioMedia(leg.media.index)
            except pj.Error:
                leg.media = replace(leg.media, codec="")
            else:
                self.bridge.attach(call_port(leg.call_id), audio)
        if not leg.media_runs:
            self.bridge.detach(call_port(leg.call_id))
        remote_hold = leg.media.status is MediaStatus.REMOTE_HOLD or (
            leg.media.status is MediaStatus.LOCAL_HOLD and call.remote_hold
        )
        told = (call.codec, call.encrypted, call.remote_hold)
        # without a stream nothing is sent at all: no reason to say "not encrypted"
        encrypted = leg.media.encrypted if leg.media_runs else call.encrypted
        now = (leg.media.codec or call.codec, encrypted, remote_hold)
        if now != told:
            codec, encrypted, held = now
            self.emit(ev.MediaChanged, leg, codec=codec, encrypted=encrypted, remote_hold=held)
        if call.phase is Phase.RINGING and not call.early_media and leg.media_runs:
            self.emit(ev.CallRang, leg, code=183, early_media=True)
        self.holding.observed(leg)
        self._media_follows(leg)

    def leg_transaction(self, leg: Leg, seen: TransactionSeen) -> None:
        if seen.method == "INVITE" and seen.ours and seen.final:
            self.holding.answered(leg, seen.code)

        elif seen.method == "OPTIONS" and seen.ours and seen.final:
            self.liveness.answered(leg, seen)

    def leg_digit(self, leg: Leg, digit: str) -> None:
        if self.call(leg) is not None and digit in "0123456789*#ABCDabcd":
            self.emit(ev.DtmfReceived, leg, digit=digit)

    def leg_transfer(self, leg: Leg, code: int, reason: str, final: bool) -> None:
        # hanging up is the likely consequence, and not allowed inside this callback
        self.endpoint.post(lambda: self.on_transfer(leg, code, plain(reason), final))

    def leg_replacement(self, leg: Leg) -> NativeCall | None:
        if self.call(leg) is None:
            return None
        native = NativeCall(leg.account.native, leg)
        leg.take_over(native)
        return native

    # -- own steps --------------------------------------------------------------------------------
    def _rang(self, leg: Leg, call: Call, code: int) -> None:
        early = leg.media_runs
        if call.phase is Phase.DIALLING or (early and not call.early_media):
            self.emit(ev.CallRang, leg, code=code, early_media=early)

    def _media_follows(self, leg: Leg) -> None:
        call = self.call(leg)
        if call is not None and call.connected and leg.media_runs:
            if leg.recorded and leg.tap is None:
                self.recording.begin(leg)
            self.update_audio()

    def _rung_out(self, leg: Leg) -> None:
        call = self.call(leg)
        if call is not None and call.phase is Phase.OFFERED and not leg.ending_here:
            self.hang_up(leg, 480)

    def _unanswered(self, leg: Leg) -> None:
        if leg.call_id in self.legs:
            self._park(leg, 408, "No Answer From The Network", "failure")

    def _unconfirmed_end(self, leg: Leg) -> None:
        if leg.call_id in self.legs:
            self._park(leg, 408, "No Answer To The Hang-up", "local")

    def _park(self, leg: Leg, code: int, reason: str, by: str) -> None:
        """Over for the desk; the native call stays until pjsip has given up on it."""
        native = leg.native
        self.finish(leg, code, reason, by)
        if native is None:
            return
        leg.native = native
        self._parked.add(leg)
        if not leg.ending_here:
            leg.ending_here = True
            try:
                native.end()
            except pj.Error:
                leg.native = None
                self._parked.discard(leg)
