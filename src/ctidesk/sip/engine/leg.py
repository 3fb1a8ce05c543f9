"""One call as the engine holds it: the native call, its media, what is under way on it.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ctidesk.calls.call import DialogId
from ctidesk.calls.commands import StartConsult
from ctidesk.calls.line_quality import LineBook
from ctidesk.sip.engine.dialling import Target
from ctidesk.sip.engine.identity import Headers, name_address
from ctidesk.sip.engine.loop import Timer
from ctidesk.sip.engine.native import (
    CallSeen,
    MediaSeen,
    MediaStatus,
    NativeCall,
    State,
    TransactionSeen,
)
from ctidesk.sip.engine.quality import LineMeter
from ctidesk.sip.engine.stream_figures import StreamFigures

if TYPE_CHECKING:
    from ctidesk.sip.engine.account_line import AccountLine
    from ctidesk.sip.engine.tap import RecorderTap

Settled = Callable[[bool], None]


class LegWatcher(Protocol):
    """Where a leg passes on what its native call told."""

    def leg_state(self, leg: Leg, seen: CallSeen) -> None: ...

    def leg_media(self, leg: Leg) -> None: ...

    def leg_transaction(self, leg: Leg, seen: TransactionSeen) -> None: ...

    def leg_digit(self, leg: Leg, digit: str) -> None: ...

    def leg_transfer(self, leg: Leg, code: int, reason: str, final: bool) -> None: ...

    def leg_replacement(self, leg: Leg) -> NativeCall | None: ...


@dataclass(slots=True)
class HoldWork:
    """A hold or resume under way. `held` is what the peer last confirmed, `wanted` what was last
    asked for, `in_flight` the re-INVITE that has no answer yet ("hold", "resume" or "")."""

    held: bool = False
    wanted: bool = False
    in_flight: str = ""
    tries: int = 0
    timer: Timer | None = None
    waiting: list[tuple[bool, Settled]] = field(default_factory=list)


@dataclass(slots=True)
class TransferWork:
    """A REFER under way. `accepted`: the peer took it and reports by NOTIFY."""

    attended: bool
    consult_id: str = ""
    timer: Timer | None = None
    over: bool = False


class Leg:
    """Implements the sink of its native call. The only owner of that native call."""

    def __init__(self, call_id: str, account: AccountLine, watcher: LegWatcher) -> None:
        self.call_id = call_id
        self.account = account
        self.native: NativeCall | None = None
        self.media = MediaSeen(MediaStatus.NONE)
        self.hold = HoldWork()
        self.transfer: TransferWork | None = None
        self.tap: RecorderTap | None = None
        self.pending_consult: StartConsult | None = None
        self.joins = ""
        """call_id of the leg that it is about to be in a conference with."""
        self.target: Target | None = None
        """Where it was dialled to."""
        self.then: Callable[[], None] | None = None
        """What to do in the turn after its end."""
        self.second_way: Callable[[], None] | None = None
        """What to try when the far end knows no such number (404)."""
        self.recorded = True
        """Whether to ask for a recording when audio first runs; never for consultations."""
        self.recording_paused_s = 0.0
        """Of a call that was brought back: so much longer nothing of it may be kept."""
        self.shown = False
        """True once its first event went to the desk."""
        self.ending_here = False
        self.reclaiming = False
        self.invited_mono = time.monotonic()
        self.silence: Timer | None = None
        self.ringing: Timer | None = None
        self.meter = LineMeter()
        self.line = LineBook()
        self.probe: Timer | None = None
        self.mos: float | None = None
        """As last measured."""
        self.local_tag = ""
        self.remote_tag = ""
        self.contact = ""
        self.sip_call_id = ""
        self.local_uri = ""
        self._watcher = watcher
        self._retired: list[NativeCall] = []

    @property
    def media_runs(self) -> bool:
        """There is a stream, in one direction at least."""
        return self.media.codec != ""

    def dialog(self) -> DialogId | None:
        """Enough to get the call back later; None while it is not known."""
        if not (self.sip_call_id and self.local_tag and self.remote_tag):
            return None
        return DialogId(
            sip_call_id=self.sip_call_id,
            local_tag=self.local_tag,
            remote_tag=self.remote_tag,
            remote_contact=self.contact,
            local_uri=self.local_uri,
        )

    def stop_timers(self) -> None:
        timers = [self.silence, self.ringing, self.probe, self.hold.timer]
        if self.transfer is not None:
            timers.append(self.transfer.timer)
        for timer in timers:
            if timer is not None:
                timer.cancel()

    # -- sink of the native call ------------------------------------------------------------------
    def call_state(self, native: NativeCall, seen: CallSeen) -> None:
        if native is not self.native:
            # the call that was replaced ends after its successor took over
            if seen.state is State.DISCONNECTED:
                self._retired = [each for each in self._retired if each is not native]
            return
        if seen.state is State.DISCONNECTED and self._retired:
            # the successor came to nothing: the call that it wanted to replace goes on
            self.native = self._retired.pop()
            self.media_state(self.native, self.native.media_seen())
            return
        self.sip_call_id = seen.sip_call_id
        self.contact = seen.remote_contact
        self.local_uri = seen.local_uri
        # a forked INVITE rings with other tags than the one that answers
        answered = seen.state is State.CONNECTING
        if seen.message.startswith(b"SIP/") and (answered or not self.remote_tag):
            self._learn_tags(seen.message, ours=True)
        self._watcher.leg_state(self, seen)

    def media_state(self, native: NativeCall, seen: MediaSeen) -> None:
        if native is self.native:
            self.media = seen
            self._watcher.leg_media(self)

    def transaction(self, native: NativeCall, seen: TransactionSeen) -> None:
        if native is not self.native:
            return
        if seen.method == "INVITE" and seen.message and not self.remote_tag:
            self._learn_tags(seen.message, seen.ours)
        self._watcher.leg_transaction(self, seen)

    def digit_received(self, digit: str) -> None:
        self._watcher.leg_digit(self, digit)

    def transfer_status(self, code: int, reason: str, final: bool) -> None:
        self._watcher.leg_transfer(self, code, reason, final)

    def stream_ended(self, figures: StreamFigures) -> None:
        self.meter.restart()

    def transfer_requested(self, target: str) -> tuple[int, NativeCall | None]:
        # the other end must not make this desk call somebody
        return 603, None

    def replacement_wanted(self, request: bytes) -> NativeCall | None:
        source = self.native.request_source if self.native is not None else ""
        return self._watcher.leg_replacement(self) if self.account.trust.accepts(source) else None

    def take_over(self, native: NativeCall) -> None:
        """`native` is the call from now on; the old one ends by itself and is held until then."""
        if self.native is not None:
            self._retired.append(self.native)
        self.native = native
        self.local_tag = self.remote_tag = ""

    def _learn_tags(self, message: bytes, ours: bool) -> None:
        """From a message of the INVITE's transaction, which is `ours` when we sent the INVITE."""
        headers = Headers(message)
        sender = name_address(headers.first("from")).tag
        receiver = name_address(headers.first("to")).tag
        if receiver:
            self.local_tag, self.remote_tag = (sender, receiver) if ours else (receiver, sender)
