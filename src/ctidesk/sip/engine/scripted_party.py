"""Scripted ends of calls: they phone, answer, speak, follow transfers and hang up by themselves.

Runs in: a process of the demo centre, loop thread. They are real pjsua2 calls with real RTP, and
know nothing of a desk; a listener is told what happens to each of their legs.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any, Protocol

import pjsua2 as pj

from ctidesk.calls.errors import KnownError
from ctidesk.calls.text import plain
from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.faults import guarded
from ctidesk.sip.engine.loop import Timer
from ctidesk.sip.engine.manners import (
    HOST,
    Manner,
    ScriptedParty,
    dialled_user,
    invite_of,
    user_of,
)
from ctidesk.sip.engine.native import (
    CallSeen,
    MediaSeen,
    MediaStatus,
    NativeCall,
    State,
    TransactionSeen,
)
from ctidesk.sip.engine.stream_figures import StreamFigures

SAMPLE_S = 0.2
STILLBORN_S = 5.0
AFTER_TRANSFER_S = 30.0
"""Two scripted parties that were joined would talk for ever."""
SAMPLES_PER_LEVEL = 5
MAX_LEVEL = 255.0


class LegListener(Protocol):
    def told(
        self, what: str, who: str, leg: int, code: int = 0, text: str = "", level: float = 0.0
    ) -> None:
        """`what` happened to leg number `leg` of the party `who`. `what` is one of "placed",
        "called", "ringing", "answered", "held", "resumed", "level" (loudest second heard, 0..1),
        "digit", "transferred" (`text`: the target's user part), "replaced", "ended" (`code`,
        `text`: SIP status and reason)."""
        ...


class ScriptedHouse:
    """One SIP address where the parties live. Owner thread: the one that calls `start`.

    `route` names the party that a dialled user part reaches, None for nobody (404).
    """

    def __init__(
        self,
        endpoint: SipEndpoint,
        listener: LegListener,
        route: Callable[[str], ScriptedParty | None],
    ) -> None:
        self.endpoint = endpoint
        self.listener = listener
        self._route = route
        self._numbers = itertools.count(1)
        self.legs: dict[int, _Leg] = {}
        self.account: Any = None

    def start(self, port: int = 0) -> int:
        """Start the library and listen on loopback UDP `port` (0 takes a free one); returns it.
        Raises `KnownError` `cannot_listen`."""
        try:
            self.endpoint.start()
            listening = self.endpoint.listen("udp", HOST, port)
        except pj.Error:
            raise KnownError(
                "cannot_listen",
                f"The demo centre cannot listen on UDP port {port} of this machine.",
                "Close the program that uses the port, or let the demo choose one.",
            ) from None
        config = pj.AccountConfig()
        config.idUri = f"sip:centre@{HOST}:{listening.port}"
        config.sipConfig.transportId = listening.transport_id
        config.mediaConfig.transportConfig.boundAddress = HOST
        config.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_OPTIONAL
        config.mediaConfig.srtpSecureSignaling = 0
        self.account = _Account(self)
        self.account.create(config)
        self.endpoint.call_later(SAMPLE_S, self._sample)
        return listening.port

    def place(self, party: ScriptedParty, target: str, patience_s: float, talk_s: float) -> None:
        """Phone `target` (a sip: URI) as `party`. It gives up after `patience_s` unanswered and
        hangs up `talk_s` seconds after the answer (0: never). Raises `KnownError` `cannot_call`."""
        leg = self._new_leg(party, talk_s)
        leg.native = NativeCall(self.account, leg)
        self._tell(leg, "placed")
        try:
            leg.native.makeCall(target, invite_of(party))
        except pj.Error:
            self.legs.pop(leg.number)
            leg.release()
            raise KnownError(
                "cannot_call",
                "The demo centre cannot place another call.",
                "End a call first: this build of the telephone carries four at once.",
            ) from None
        leg.later(patience_s, leg.give_up)

    def hang_up(self, key: str) -> int:
        """End every leg of the party `key` ("" = of everybody); returns how many."""
        wanted = [leg for leg in self.legs.values() if key in ("", leg.party.key)]
        for leg in wanted:
            leg.end()
        return len(wanted)

    def incoming(self, native_id: int, request: str) -> None:
        """An INVITE came in; the answer is given in the next turns, never in the callback."""
        party = self._route(dialled_user(request))
        leg = self._new_leg(party or ScriptedParty(key="", number=""), 0.0)
        leg.native = NativeCall(self.account, leg, native_id)
        if party is None:
            leg.later(0, lambda: leg.respond(404))
        elif party.manner is Manner.BUSY:
            leg.later(0, lambda: leg.respond(486))
        else:
            leg.later(0, lambda: leg.respond(180))
            if party.manner is Manner.ANSWERS:
                leg.later(party.answers_after_s, lambda: leg.respond(200))
        self._tell(leg, "called")

    def succeed(self, leg: _Leg) -> NativeCall:
        """A new leg of the same party, for a call that a transfer or a replacement makes."""
        heir = self._new_leg(leg.party, AFTER_TRANSFER_S)
        heir.native = NativeCall(self.account, heir)
        heir.later(STILLBORN_S, lambda: self._forget_stillborn(heir))
        return heir.native

    def gone(self, leg: _Leg, code: int, reason: str) -> None:
        # the last references: a stale Call that dies later hangs up whoever has its slot then
        self.legs.pop(leg.number, None)
        leg.release()
        self._tell(leg, "ended", code=code, text=plain(reason))

    def _forget_stillborn(self, leg: _Leg) -> None:
        """A transfer to a target that cannot be called makes no call, and no event tells so."""
        if leg.native is not None and not leg.native.isActive():
            self.legs.pop(leg.number, None)
            leg.release()

    def _new_leg(self, party: ScriptedParty, talk_s: float) -> _Leg:
        leg = _Leg(self, next(self._numbers), party, talk_s)
        self.legs[leg.number] = leg
        return leg

    def _tell(self, leg: _Leg, what: str, **details: Any) -> None:
        self.listener.told(what, leg.party.key, leg.number, **details)

    def _sample(self) -> None:
        for leg in list(self.legs.values()):
            leg.sample()
        self.endpoint.call_later(SAMPLE_S, self._sample)


class _Account(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    def __init__(self, house: ScriptedHouse) -> None:
        super().__init__()
        self._house = house

    @guarded()
    def onIncomingCall(self, prm: Any) -> None:
        self._house.incoming(int(prm.callId), str(prm.rdata.wholeMsg))


class _Leg:
    """One call of a party; the sink of its native call, which it alone keeps alive."""

    def __init__(
        self, house: ScriptedHouse, number: int, party: ScriptedParty, talk_s: float
    ) -> None:
        self._house = house
        self.number = number
        self.party = party
        self.talk_s = talk_s
        self.native: NativeCall | None = None
        self.answered = False
        self._player: Any = None
        self._media = MediaSeen(MediaStatus.NONE)
        self._timers: list[Timer] = []
        self._levels: list[int] = []

    # -- what the script wants -----------------------------------------------------------------
    def later(self, delay_s: float, job: Callable[[], None]) -> None:
        self._timers.append(self._house.endpoint.call_later(delay_s, job))

    def respond(self, code: int) -> None:
        if self.native is not None and not self.answered:
            with contextlib.suppress(pj.Error):  # the caller may have given up in the meantime
                self.native.respond(code)

    def end(self) -> None:
        if self.native is not None:
            with contextlib.suppress(pj.Error):  # it may be ending already
                self.native.end()

    def give_up(self) -> None:
        if not self.answered:
            self.end()

    def release(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.native = self._player = None

    def sample(self) -> None:
        """Note how loud the other end is; every second, tell the loudest."""
        if self.native is None or self._media.status is not MediaStatus.ACTIVE:
            return
        with contextlib.suppress(pj.Error):
            # pjsua2's Tx is what the stream gives to the bridge: what came from the network
            self._levels.append(int(self.native.getAudioMedia(self._media.index).getTxLevel()))
        if len(self._levels) >= SAMPLES_PER_LEVEL:
            level = max(self._levels) / MAX_LEVEL
            self._levels.clear()
            self._tell("level", level=round(level, 3))

    # -- CallSink ------------------------------------------------------------------------------
    def call_state(self, native: NativeCall, seen: CallSeen) -> None:
        if seen.state is State.EARLY and seen.from_network and seen.code in (180, 183):
            self._tell("ringing", code=seen.code)
        elif seen.state is State.CONFIRMED and not self.answered:
            self.answered = True
            self._tell("answered")
            if self.talk_s > 0:
                self.later(self.talk_s, self.end)
        elif seen.state is State.DISCONNECTED:
            self._house.gone(self, seen.code, seen.reason)

    def media_state(self, native: NativeCall, seen: MediaSeen) -> None:
        before, self._media = self._media.status, seen
        self._levels.clear()
        if seen.status is MediaStatus.ACTIVE:
            self._connect(native.getAudioMedia(seen.index))
        if seen.status is not before and self.answered:
            if seen.status is MediaStatus.REMOTE_HOLD:
                self._tell("held")
            elif before is MediaStatus.REMOTE_HOLD and seen.status is MediaStatus.ACTIVE:
                self._tell("resumed")

    def transaction(self, native: NativeCall, seen: TransactionSeen) -> None:
        return

    def digit_received(self, digit: str) -> None:
        self._tell("digit", text=digit)

    def transfer_status(self, code: int, reason: str, final: bool) -> None:
        return

    def stream_ended(self, figures: StreamFigures) -> None:
        return

    def transfer_requested(self, target: str) -> tuple[int, NativeCall | None]:
        self._tell("transferred", text=user_of(target))
        return 202, self._house.succeed(self)

    def replacement_wanted(self, request: bytes) -> NativeCall | None:
        self._tell("replaced")
        return self._house.succeed(self)

    # -- private -------------------------------------------------------------------------------
    def _connect(self, audio: Any) -> None:
        """(Re)connect voice and ear: every re-INVITE drops the links of the bridge."""
        # the bridge measures only what somebody listens to
        audio.startTransmit(self._house.endpoint.speaker)
        if self.party.voice is None:
            return
        if self._player is None:
            self._player = pj.AudioMediaPlayer()
            self._player.createPlayer(str(self.party.voice), 0)
        self._player.startTransmit(audio)

    def _tell(self, what: str, **details: Any) -> None:
        self._house.listener.told(what, self.party.key, self.number, **details)
